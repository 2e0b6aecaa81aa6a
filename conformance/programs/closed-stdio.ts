/**
 * A parent without 0, 1 and 2: what the engine opens first gets those very numbers. Tells in a file whether they were
 * closed, what came through a pair of pipes, and what stayed open; the children write reports of their own.
 *
 * Until the end this program opens nothing itself: a file of its own would take one of the numbers, and not every
 * runtime gives such a number back.
 */
import { spawn } from "ringspawn";
import type { EngineName } from "ringspawn";
import { bytesOf } from "../harness.ts";
import { closeFds } from "../libc.ts";
import { delay, fs, parent, path, patience } from "../tools.ts";

const [engine, witness, dir] = parent.argv.slice(2) as [EngineName, string, string];
const report = (name: string): string[] => [witness, "report", path.join(dir, `${name}.json`)];
const nothing = { engine, stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
const pipes = { engine, stdin: "pipe", stdout: "pipe", stderr: "pipe" } as const;

/** The fds of this program that are open, found without opening one. */
function open(limit: number): string[] {
  const found: string[] = [];
  for (let fd = 0; fd < limit; fd++) {
    try {
      found.push(`${fd} -> ${fs.readlinkSync(`/proc/self/fd/${fd}`)}`);
    } catch {
      // It is not open.
    }
  }
  return found;
}

await closeFds([0, 1, 2]);
const result: Record<string, unknown> = { open: open(3) };
try {
  // The first spawn lets runtime and engine open what they keep.
  await spawn([witness, "exit", "0"], nothing).exited;
  // Some runtimes open a pair of sockets of their own half a second after their start.
  await delay(500 + patience(100));
  const before = open(256);
  const cat = spawn([witness, "cat"], pipes);
  void cat.stdin.write("sent through");
  void cat.stdin.end();
  result["round"] = new TextDecoder().decode(await bytesOf(cat.stdout));
  await bytesOf(cat.stderr);
  await cat.exited;

  const piped = spawn(report("pipes"), pipes);
  void piped.stdin.end();
  await Promise.all([bytesOf(piped.stdout), bytesOf(piped.stderr)]);
  await piped.exited;
  await spawn(report("nothing"), nothing).exited;
  await delay(20);
  result["left"] = open(256).filter((entry) => !before.includes(entry));
} catch (error) {
  result["error"] = String(error);
}
fs.writeFileSync(path.join(dir, "result.json"), JSON.stringify(result));
