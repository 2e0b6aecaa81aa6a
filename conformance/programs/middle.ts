/** Starts a child that sleeps, with a given setup; prints its pid, and waits to be killed. */
import { spawn } from "ringspawn";
import type { EngineName, ProcessSetup } from "ringspawn";
import { parent } from "../tools.ts";

const [engine, witness, setup] = parent.argv.slice(2) as [EngineName, string, string];
const child = spawn([witness, "sleep", "20000"], {
  engine,
  stdin: "ignore",
  stdout: "ignore",
  stderr: "ignore",
  setup: JSON.parse(setup) as ProcessSetup,
});
console.log(`started ${child.pid}`);
