/**
 * Closes some of 0, 1 and 2, and starts the first child of this program: what runtime and engine then open for
 * themselves may get those very numbers. The child writes its own report; this program tells the child's end in a file.
 */
import { spawn } from "ringspawn";
import type { EngineName } from "ringspawn";
import { closeFds } from "../libc.ts";
import { fs, parent, path } from "../tools.ts";

const [engine, witness, dir, closed, word] = parent.argv.slice(2) as [EngineName, string, string, string, string];

const fds = closed.split("").map(Number);
await closeFds(fds);
const stdio = word as "pipe" | "ignore";
const result: Record<string, unknown> = { open: fds.filter((fd) => fs.existsSync(`/proc/self/fd/${fd}`)) };
try {
  const command = [witness, "report", path.join(dir, "report.json")];
  const child = spawn(command, { engine, stdin: stdio, stdout: stdio, stderr: stdio });
  result["engine"] = child.engine;
  result["exit"] = await child.exited;
} catch (error) {
  result["error"] = String(error);
}
fs.writeFileSync(path.join(dir, "result.json"), JSON.stringify(result));
