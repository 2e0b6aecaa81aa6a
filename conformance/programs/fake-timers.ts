/** Stops the clocks and timers as a test framework does, and tells whether children still end. */
import { argv } from "node:process";
import { spawn, spawnSync, start } from "ringspawn";

const engine = argv[2] as "vfork";
const witness = argv[3] as string;
const never = (): number => 0;
const frozen = performance.now();
for (const name of ["setTimeout", "setInterval", "setImmediate", "queueMicrotask"]) {
  Object.defineProperty(globalThis, name, { value: never });
}
performance.now = () => frozen;
// Two in a row: the end of the first shows that it was noticed, that of the second that anything still is.
for (let i = 0; i < 2; i++) {
  const child = spawn([witness, "exit", "3"], { engine, stdout: "ignore" });
  console.log(`spawn ${await child.exited} ${child.engine}`);
}
const child = start(witness, { args: ["exit", "4"], engine, stdout: "null" });
console.log(`start ${(await child.status).code} ${child.engine}`);
const killed = spawnSync([witness, "sleep", "20000"], { engine, timeout: 200 });
console.log(`spawnSync ${killed.exitedDueToTimeout} ${killed.engine}`);
