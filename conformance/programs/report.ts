/** Starts the witness with given options and prints its report: for states that the runner cannot be in. */
import { spawn } from "ringspawn";
import type { EngineName, SpawnOptions } from "ringspawn";
import { parent, status } from "../tools.ts";

const [engine, witness, options] = parent.argv.slice(2) as [EngineName, string, string];
const child = spawn([witness], {
  stdin: "ignore",
  stdout: "pipe",
  stderr: "inherit",
  engine,
  ...(JSON.parse(options) as SpawnOptions<"ignore", "pipe", "inherit">),
});
const report = JSON.parse(await child.stdout.text()) as unknown;
await child.exited;
console.log(JSON.stringify({ engine: child.engine, report, ignored: status("SigIgn") }));
