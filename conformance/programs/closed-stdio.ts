/** A parent without 0, 1 and 2: whatever the engine opens first gets those very numbers. */
import { spawn } from "ringspawn";
import type { EngineName } from "ringspawn";
import { bytesOf } from "../harness.ts";
import type { Report } from "../report.ts";
import { delay, fs, openFds, parent, path, patience } from "../tools.ts";

const [engine, witness, dir, out] = parent.argv.slice(2) as [EngineName, string, string, string];
for (const fd of [0, 1, 2]) fs.closeSync(fd);
const result: Record<string, unknown> = {};
try {
  // The first spawn lets runtime and engine open what they keep.
  await spawn([witness, "exit", "0"], { engine, stdin: "ignore", stdout: "ignore", stderr: "ignore" }).exited;
  // Some runtimes open a pair of sockets of their own half a second after their start.
  await delay(500 + patience(100));
  const before = openFds();
  const cat = spawn([witness, "cat"], { engine, stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  const sink = cat.stdin;
  void sink.write("sent through");
  void sink.end();
  result["round"] = new TextDecoder().decode(await bytesOf(cat.stdout));
  await bytesOf(cat.stderr);
  await cat.exited;

  const file = path.join(dir, "pipes.json");
  const pipes = spawn([witness, "report", file], { engine, stdin: "pipe", stdout: "pipe", stderr: "pipe" });
  void pipes.stdin.end();
  await Promise.all([bytesOf(pipes.stdout), bytesOf(pipes.stderr)]);
  await pipes.exited;
  const report = JSON.parse(fs.readFileSync(file, "utf8")) as Report;
  result["kinds"] = report.fds.map(({ kind }) => kind);
  result["count"] = report.fds.length;

  const nothing = path.join(dir, "nothing.json");
  await spawn([witness, "report", nothing], { engine, stdin: "ignore", stdout: "ignore", stderr: "ignore" }).exited;
  const second = JSON.parse(fs.readFileSync(nothing, "utf8")) as Report;
  result["none"] = second.fds.filter(({ target }) => target === "/dev/null").map(({ fd }) => fd);
  await delay(20);
  result["left"] = [...openFds()].filter(([fd, link]) => before.get(fd) !== link && !link.startsWith("/proc/"));
} catch (error) {
  result["error"] = String(error);
}
fs.writeFileSync(out, JSON.stringify(result));
