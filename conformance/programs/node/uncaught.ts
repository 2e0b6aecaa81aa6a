/** Throws when a child has ended, out of the call by which the engine says so, and then waits for another child. */
import { spawn } from "ringspawn";
import type { EngineName } from "ringspawn";

const [engine, witness] = process.argv.slice(2) as [EngineName, string];
const seen: string[] = [];
process.on("uncaughtException", (error) => seen.push(error.message));
let last = "";
for (let i = 0; i < 4; i++) {
  const child = spawn([witness, "sleep", "10"], { engine, stdin: "ignore", stdout: "ignore" });
  await child.exited;
  last = child.engine;
  if (i < 3) {
    process.nextTick(() => {
      throw new Error("of a tick");
    });
  }
}
console.log([...seen, last].join());
