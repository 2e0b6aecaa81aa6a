/** The first spawn of this program, when it may have no more threads and processes; then one when it may again. */
import { spawn as spawnHelper } from "node:child_process";
import { once } from "node:events";
import { spawn } from "ringspawn";
import type { EngineName } from "ringspawn";
import { parent } from "../tools.ts";

const [engine, witness] = parent.argv.slice(2) as [EngineName, string];

async function outcome(): Promise<string> {
  try {
    return `${await spawn([witness, "exit", "3"], { engine, stdout: "ignore", stderr: "ignore" }).exited}`;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

const helper = spawnHelper(witness, ["nproc", String(parent.pid)], { stdio: ["pipe", "pipe", "inherit"] });
await once(helper.stdout, "data");
const without = await outcome();
helper.stdin.end();
await once(helper, "exit");
console.log(JSON.stringify([without, await outcome()]));
