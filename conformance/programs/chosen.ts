/** Tells which engine is chosen by default, what engines() says, and how a spawn on the engine asked for failed. */
import { engines, spawn } from "ringspawn";
import type { EngineName, EngineReport } from "ringspawn";
import { parent } from "../tools.ts";

export interface Chosen {
  readonly engine: EngineName;
  readonly exit: number;
  readonly engines: readonly EngineReport[];
  /** The error of a spawn on the engine asked for; undefined when it ran. */
  readonly refused: { readonly code: string; readonly message: string } | undefined;
}

const [asked, witness] = parent.argv.slice(2) as [EngineName, string];
const run = (engine?: EngineName): ReturnType<typeof spawn> =>
  spawn([witness, "exit", "7"], { stdin: "ignore", stdout: "ignore", stderr: "ignore", ...(engine && { engine }) });

let refused: Chosen["refused"];
try {
  await run(asked).exited;
} catch (error) {
  const { code, message } = error as { code: string; message: string };
  refused = { code, message };
}
const child = run();
const chosen: Chosen = { engine: child.engine, exit: await child.exited, engines: engines(), refused };
console.log(JSON.stringify(chosen));
