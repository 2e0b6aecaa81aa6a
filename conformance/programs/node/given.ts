/** Workers give fds to children and end: their numbers, which are other files' by then, stay open. */
import { closeSync, fstatSync, openSync } from "node:fs";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { spawn, spawnSync, start } from "ringspawn";
import type { EngineName } from "ringspawn";
import { assert } from "../../tools.ts";

interface Task {
  readonly engine: EngineName;
  readonly witness: string;
  readonly isWaitedFor: boolean;
}

const QUIET = ["ignore", "ignore", "inherit"] as const;

/** Gives away what node:fs has opened, and an fd that it knows nothing of. Returns the number of the first. */
async function give({ engine, witness, isWaitedFor }: Task): Promise<number> {
  const fd = openSync("/etc/passwd", "r");
  const raw = await rawEnd(engine, witness);
  const setup = { fds: { 4: { give: fd }, ...(raw !== undefined && { 5: { give: raw } }) } };
  if (isWaitedFor) {
    const child = spawn([witness, "exit", "3"], { engine, stdio: QUIET, setup });
    assert.deepEqual([child.engine, await child.exited], [engine, 3]);
  } else {
    const child = start(witness, { engine, args: ["exit", "3"], stdout: "null", setup });
    await child.started;
    assert.deepEqual([child.engine, (await child.status).code], [engine, 3]);
  }
  for (const given of [fd, raw]) if (given !== undefined) assert.throws(() => fstatSync(given), { code: "EBADF" });
  const again = { engine, setup: { fds: { 4: { give: fd } } } };
  assert.throws(() => spawnSync([witness, "exit", "3"], again), { code: "EBADF" });
  return fd;
}

/** An fd that an engine has opened; the runtime's own spawn has none. */
async function rawEnd(engine: EngineName, witness: string): Promise<number | undefined> {
  if (engine === "runtime") return undefined;
  const child = spawn([witness, "exit", "0"], {
    engine,
    stdio: QUIET,
    setup: { fds: { 3: { pipe: "out", raw: true } } },
  });
  await child.exited;
  const raw = child.fds[3];
  assert.ok(typeof raw === "number");
  return raw;
}

async function main(): Promise<void> {
  const [engine, witness] = process.argv.slice(2) as [EngineName, string];
  for (const isWaitedFor of [true, false]) {
    const task: Task = { engine, witness, isWaitedFor };
    const worker = new Worker(new URL(import.meta.url), { workerData: task });
    const given = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    const fds = [openSync("/dev/null", "r")];
    while (fds.at(-1) !== given) fds.push(openSync("/dev/null", "r"));
    worker.postMessage("end");
    await new Promise((resolve) => worker.once("exit", resolve));
    for (const fd of fds) {
      assert.ok(fstatSync(fd).isCharacterDevice(), "the worker's end closed another file");
      closeSync(fd);
    }
  }
  console.log("well");
}

if (isMainThread) {
  await main();
} else {
  const warnings: Error[] = [];
  process.on("warning", (warning) => warnings.push(warning));
  const fd = await give(workerData as Task);
  // A warning is told in a later turn.
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(warnings, []);
  parentPort?.once("message", () => parentPort?.close());
  parentPort?.postMessage(fd);
}
