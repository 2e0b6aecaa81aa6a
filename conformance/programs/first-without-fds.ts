/** The first spawns of this program meet EMFILE, or find a few fds only. Prints what came of each, then of one more. */
import process, { argv } from "node:process";
import { spawn } from "ringspawn";
import type { EngineName } from "ringspawn";
import { fs } from "../tools.ts";

const [engine, witness] = argv.slice(2) as [EngineName, string];

async function outcome(): Promise<string> {
  try {
    // Nothing is piped, so that the engine itself is what needs fds.
    const options = { engine, stdin: "inherit", stdout: "ignore", stderr: "ignore" } as const;
    return `${await spawn([witness, "exit", "3"], options).exited}`;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

// Deno takes fds for the signals of its program when it first needs them, and panics where there are none.
const ignore = (): void => {};
process.on("SIGUSR2", ignore);
process.off("SIGUSR2", ignore);

const taken: number[] = [];
try {
  for (;;) taken.push(fs.openSync("/dev/null", "r"));
} catch {
  // No fd is left.
}
const outcomes: string[] = [];
for (let spare = 0; spare <= 8; spare++) {
  outcomes.push(await outcome());
  fs.closeSync(taken.pop() as number);
}
for (const fd of taken) fs.closeSync(fd);
console.log(JSON.stringify([...outcomes, await outcome()]));
