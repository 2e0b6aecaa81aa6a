/** Starts four workers that spawn at the same time as the main thread, then ends two while their children run. */
import { closeSync } from "node:fs";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { spawn, spawnSync } from "ringspawn";
import type { EngineName } from "ringspawn";
import { alive, assert, children, openFds, until, volume } from "../../tools.ts";

interface Task {
  readonly engine: EngineName;
  readonly witness: string;
  readonly count: number;
  readonly kind: "finish" | "linger";
}

/** How many children each thread starts, ten at once. */
const COUNT = 10 * volume(10);

async function work({ engine, witness, count }: Task): Promise<number> {
  let right = 0;
  const one = async (i: number): Promise<void> => {
    const child = spawn([witness, "cat"], { engine, stdin: "pipe", stdout: "pipe", stderr: "ignore" });
    void child.stdin.write(`number ${i}`);
    void child.stdin.end();
    assert.equal(await child.stdout.text(), `number ${i}`);
    assert.equal(await child.exited, 0);
    right++;
  };
  for (let i = 0; i < count; i += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, j) => one(i + j)));
    assert.equal(spawnSync([witness, "exit", "9"], { engine }).exitCode, 9);
  }
  return right;
}

function start(task: Task, env?: NodeJS.ProcessEnv): Worker {
  return new Worker(new URL(import.meta.url), { workerData: task, ...(env && { env }) });
}

function message(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}

async function main(): Promise<void> {
  const [engine, witness] = process.argv.slice(2) as [EngineName, string];
  const task: Task = { engine, witness, count: COUNT, kind: "finish" };
  await work({ ...task, count: 10 });
  await start({ ...task, count: 10 })
    .once("message", () => {})
    .terminate();
  const known = openFds();
  const fds = known.size;
  const closed = (): string => {
    const more = [...openFds()].filter(([fd]) => !known.has(fd)).map((entry) => entry.join(" -> "));
    return `the workers' fds are closed; more than before: ${more.join(", ")}`;
  };

  const workers = Array.from({ length: 4 }, () => start(task, { ...process.env, ONLY_HERE: "yes" }));
  const results = await Promise.all([work(task), ...workers.map(message)]);
  assert.deepEqual(results, [COUNT, COUNT, COUNT, COUNT, COUNT]);
  await Promise.all(workers.map((worker) => worker.terminate()));
  await until(closed, () => openFds().size <= fds);
  assert.equal(children().size, 0);

  // Two workers are ended: their children live on, one pidfd stays open for each, and the main thread can spawn.
  const lingering = [start({ ...task, kind: "linger" }), start({ ...task, kind: "linger" })];
  const born = (await Promise.all(lingering.map(message))) as { pid: number; raw: number | undefined }[];
  const pids = born.map(({ pid }) => pid);
  await Promise.all(lingering.map((worker) => worker.terminate()));
  for (const pid of pids) assert.ok(alive(pid), "a worker's end is not its children's");
  for (const { raw } of born) {
    if (raw === undefined) continue;
    assert.match(openFds().get(raw) ?? "", /^socket:/, "what a worker asked for is the program's own");
    closeSync(raw);
  }
  await until(closed, () => openFds().size <= fds + pids.length);
  assert.equal(await work({ ...task, count: 20 }), 20);
  for (const pid of pids) process.kill(pid, "SIGKILL");
  // No thread waits for them any more. The next spawn reaps them; Node's own spawn leaves them zombies.
  if (engine === "runtime") return console.log("well");
  await until("the lingering children are reaped", () => {
    assert.equal(spawnSync([witness, "exit", "9"], { engine }).exitCode, 9);
    return children().size === 0;
  });
  assert.ok(openFds().size <= fds, "the pidfds are closed with them");
  console.log("well");
}

if (isMainThread) {
  await main();
} else {
  const task = workerData as Task;
  if (task.kind === "finish") {
    // A worker's environment is its own copy.
    if (process.env["ONLY_HERE"] === "yes") {
      const child = spawn([task.witness], { engine: task.engine, stdin: "ignore", stdout: "pipe" });
      const { env } = (await child.stdout.json()) as { env: string[] };
      assert.ok(env.includes("ONLY_HERE=yes"), "the worker's own variable is missing in its child");
      await child.exited;
    }
    parentPort?.postMessage(await work(task));
  } else {
    const { engine } = task;
    // The raw one is the program's, the others are this worker's.
    const fds = { 3: { pipe: "both", raw: true }, 4: { pty: true }, 5: { pipe: "both" } } as const;
    const child = spawn([task.witness, "sleep", "20000"], {
      engine,
      stdin: "pipe",
      stdout: "pipe",
      ...(engine !== "runtime" && { setup: { fds } }),
    });
    void child.stdout.text();
    parentPort?.postMessage({ pid: child.pid, raw: child.fds[3] });
    await child.exited;
  }
}
