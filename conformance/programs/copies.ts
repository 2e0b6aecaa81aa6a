/**
 * Evaluates the package several times in one process, as test frameworks and reloading servers do, and bundles beside
 * node_modules: three copies, two of which have the same native files. All start children at the same time, here and
 * in a worker that is ended with children of its own.
 */
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import type * as Package from "ringspawn";
import type { EngineName } from "ringspawn";
import { alive, assert, fs, openFds, parent, path, pathToFileURL, tmpdir, until } from "../tools.ts";

type Copy = typeof Package;

const WORKERS = 4;

interface Task {
  readonly engine: EngineName;
  readonly witness: string;
  readonly entries: readonly string[];
}

/** The workspace's packages, as a program has them that installed them: `native` says how it has the native files. */
function install(folder: string, native: "linked" | "copied"): string {
  const packages = path.join(path.dirname(fileURLToPath(import.meta.resolve("ringspawn"))), "..", "..");
  const modules = path.join(folder, "node_modules");
  for (const name of ["ringspawn", "core", "native-linux", "adapter-node", "adapter-bun", "adapter-deno"]) {
    const from = path.join(packages, name);
    const to = path.join(modules, name === "ringspawn" ? name : `@ringspawn/${name}`);
    for (const part of ["dist", "package.json"])
      fs.cpSync(path.join(from, part), path.join(to, part), { recursive: true });
    if (name !== "native-linux") continue;
    if (native === "copied") fs.cpSync(path.join(from, "prebuilds"), path.join(to, "prebuilds"), { recursive: true });
    else fs.symlinkSync(path.join(from, "prebuilds"), path.join(to, "prebuilds"));
  }
  return path.join(modules, "ringspawn", "dist", "index.js");
}

function load(entries: readonly string[]): Promise<Copy[]> {
  return Promise.all(entries.map((entry) => import(pathToFileURL(entry).href) as Promise<Copy>));
}

/** In turns, so that each copy has children while the others start theirs. */
async function work(copies: readonly Copy[], { engine, witness }: Task): Promise<void> {
  for (let round = 0; round < 5; round++) {
    const children = copies.map(({ spawn }) => {
      const child = spawn([witness, "cat"], { engine, stdin: "pipe", stdout: "pipe", stderr: "ignore" });
      assert.equal(child.engine, engine);
      return child;
    });
    for (const [i, { spawnSync }] of copies.entries()) {
      assert.equal(spawnSync([witness, "exit", String(i)], { engine }).exitCode, i);
    }
    for (const [i, child] of children.entries()) {
      void child.stdin.write(`copy ${i}`);
      void child.stdin.end();
    }
    assert.deepEqual(
      await Promise.all(children.map(({ stdout }) => stdout.text())),
      copies.map((_, i) => `copy ${i}`),
    );
    assert.deepEqual(
      await Promise.all(children.map(({ exited }) => exited)),
      copies.map(() => 0),
    );
  }
}

async function endWorker(task: Task): Promise<void> {
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  const pids = await new Promise<number[]>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
  });
  await worker.terminate();
  // Their input has ended with the worker.
  await until("the worker's children end", () => !pids.some(alive));
}

async function endWorkers(copies: readonly Copy[], task: Task): Promise<void> {
  await endWorker(task);
  const before = openFds().size;
  for (let i = 0; i < WORKERS; i++) await endWorker(task);
  const more = (): number => {
    // A child that outlived its environment is reaped by a later spawn of its native library.
    for (const { spawnSync } of copies) spawnSync([task.witness, "exit", "0"], { engine: task.engine });
    return openFds().size - before;
  };
  // A runtime may have opened something of its own meanwhile.
  await until(
    () => `the workers' fds are closed; there are ${more()} more than before`,
    () => more() < WORKERS,
  );
}

async function main(): Promise<void> {
  const [engine, witness] = parent.argv.slice(2) as [EngineName, string];
  const folder = fs.mkdtempSync(path.join(tmpdir(), "ringspawn-copies-"));
  try {
    const entries = (["linked", "linked", "copied"] as const).map((native, i) =>
      install(path.join(folder, String(i)), native),
    );
    const task = { engine, witness, entries };
    const copies = await load(entries);
    assert.equal(new Set(copies.map(({ Command }) => Command)).size, copies.length, "each is evaluated anew");
    await work(copies, task);
    // What the runtime's own spawn leaves in a worker is the runtime's.
    if (engine !== "runtime") await endWorkers(copies, task);
    await work(copies, task);
    console.log(`${copies.length} copies ${engine}`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

if (isMainThread) {
  await main();
} else {
  const task = workerData as Task;
  const copies = await load(task.entries);
  await work(copies, task);
  const left = copies.map(({ spawn }) => spawn([task.witness, "cat"], { engine: task.engine, stdin: "pipe" }));
  parentPort?.postMessage(left.map(({ pid }) => pid));
}
