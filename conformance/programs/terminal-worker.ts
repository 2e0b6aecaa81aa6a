/** Ends a worker that has two terminals, and prints what is left of them: fds of this program, and a child. */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { spawn, Terminal } from "ringspawn";
import type { EngineName } from "ringspawn";
import { alive, openFds, parent, until } from "../tools.ts";

const [engine, witness] = parent.argv.slice(2) as [EngineName, string];
const terminals = (): number => [...openFds().values()].filter((link) => /ptmx|\/pts\//.test(link)).length;

async function main(): Promise<void> {
  const before = terminals();
  const worker = new Worker(new URL(import.meta.url), { argv: [engine, witness] });
  const pid = await new Promise<number>((resolve) => worker.once("message", resolve));
  console.log(`open ${terminals() > before}`);
  await worker.terminate();
  await until("no fd stays", () => terminals() === before);
  await until("the child was hung up", () => !alive(pid));
  console.log("over");
}

function work(): void {
  const kept = new Terminal({ engine });
  const child = spawn([witness, "sleep", "60000"], { engine, terminal: {} });
  kept.ref();
  parentPort?.postMessage(child.pid);
}

if (isMainThread) await main();
else work();
