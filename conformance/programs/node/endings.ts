/**
 * Ends environments, in the way that it is told, at the moments when their children end: workers many times over, or
 * itself ("main"). It prints the engines that ran the children.
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { spawn, spawnSync } from "ringspawn";
import type { EngineName } from "ringspawn";
import { assert, children, delay, until, volume } from "../../tools.ts";

interface Task {
  readonly engine: EngineName;
  readonly witness: string;
  readonly how: string;
  /** The worker ends this many milliseconds after it started its children. */
  readonly after: number;
}

/** The exit code of a worker that ended so. */
const CODES: Record<string, number> = { terminate: 1, busy: 1, exit: 3, throw: 1, unref: 0 };

/** Starts children that end one after the other, from the first moment on. Returns the engines that ran them. */
function bear({ engine, witness, how }: Task, count: number): EngineName[] {
  return Array.from({ length: count }, (_, i) => {
    const child = spawn([witness, "sleep", String(i)], { engine, stdin: "ignore", stdout: "ignore" });
    if (how === "unref" || how === "main") child.unref();
    return child.engine;
  });
}

async function work(task: Task): Promise<void> {
  parentPort?.postMessage(bear(task, 12));
  // Ended inside a call of the engine, or between two.
  while (task.how === "busy") spawnSync([task.witness, "exit", "0"], { engine: task.engine });
  await delay(task.after);
  if (task.how === "exit") process.exit(CODES["exit"]);
  if (task.how === "throw") throw new Error("of the worker");
  // It would last as long as its children.
  if (task.how === "terminate") await delay(60_000);
}

/** Starts a worker and sees it end. Returns the engines that ran its children. */
async function end(task: Task): Promise<EngineName[]> {
  const worker = new Worker(new URL(import.meta.url), { workerData: task });
  const errors: string[] = [];
  worker.on("error", (error: Error) => errors.push(error.message));
  const ended = new Promise((resolve) => worker.on("exit", resolve));
  const engines = await new Promise<EngineName[]>((resolve) => worker.on("message", resolve));
  if (task.how === "terminate" || task.how === "busy") {
    await delay(task.after);
    void worker.terminate();
  }
  assert.equal(await ended, CODES[task.how]);
  assert.deepEqual(errors, task.how === "throw" ? ["of the worker"] : []);
  return engines;
}

async function main(): Promise<void> {
  const [engine, witness, how] = process.argv.slice(2) as [EngineName, string, string];
  const task = { engine, witness, how, after: 0 };
  const engines = new Set<EngineName>();
  if (how === "main") {
    for (const name of bear(task, 40)) engines.add(name);
    console.log([...engines].join());
    await delay(Number(process.argv[5]));
    return;
  }
  for (let round = 0; round < volume(10); round++) {
    const ended = await Promise.all([0, 1, 2].map((i) => end({ ...task, after: (round + 4 * i) % 12 })));
    for (const name of ended.flat()) engines.add(name);
  }
  // No code waits for the children of an ended worker: the next spawns reap them.
  await until("the orphans are reaped", () => {
    assert.equal(spawnSync([witness, "exit", "9"], { engine }).exitCode, 9);
    return children().size === 0;
  });
  console.log([...engines].join());
}

if (isMainThread) await main();
else await work(workerData as Task);
