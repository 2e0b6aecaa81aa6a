/** The first spawn of this program, when it may have no more threads and processes; then one when it may again. */
import { spawn as spawnHelper } from "node:child_process";
import { once } from "node:events";
import { spawn, spawnSync } from "ringspawn";
import type { EngineName } from "ringspawn";
import { collectOnce, parent } from "../tools.ts";

const [engine, witness] = parent.argv.slice(2) as [EngineName, string];

const command = [witness, "exit", "3"];
const options = { engine, stdout: "ignore", stderr: "ignore" } as const;

async function outcome(start: () => unknown): Promise<string> {
  try {
    return String(await start());
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** What each face comes to. */
async function outcomes(): Promise<string[]> {
  return [
    await outcome(() => spawn(command, options).exited),
    await outcome(() => spawnSync(command, { ...options, timeout: 20_000 }).exitCode),
  ];
}

collectOnce();
const helper = spawnHelper(witness, ["nproc", String(parent.pid)], { stdio: ["pipe", "pipe", "inherit"] });
await once(helper.stdout, "data");
const without = await outcomes();
helper.stdin.end();
await once(helper, "exit");
console.log(JSON.stringify([without, await outcomes()]));
