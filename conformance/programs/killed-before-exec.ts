/** Starts children in each way, in a filter that kills who changes its directory, and prints how they ended. */
import { Command, spawn, spawnSync } from "ringspawn";
import type { EngineName } from "ringspawn";
import { fs, parent } from "../tools.ts";

const [engine, witness] = parent.argv.slice(2) as [EngineName, string];
const options = { engine, cwd: "/", stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;

try {
  const child = spawn([witness, "exit", "3"], options);
  const exited = await child.exited;
  const command = await new Command(witness, { args: ["exit", "3"], engine, cwd: "/" }).output();
  const sync = spawnSync([witness, "exit", "3"], options);
  const told = {
    engines: [...new Set([child.engine, command.engine, sync.engine])],
    ends: [exited, child.signalCode, command.code, command.signal, sync.exitCode, sync.signalCode],
    left: fs.readFileSync(`/proc/self/task/${parent.pid}/children`, "utf8"),
  };
  console.log(JSON.stringify(told));
} catch (error) {
  console.log(JSON.stringify({ code: (error as { code: string }).code }));
}
