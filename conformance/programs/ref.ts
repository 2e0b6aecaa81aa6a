/** Starts a child that sleeps, and waits for nothing: ref and unref decide when this program ends. */
import { spawn } from "ringspawn";
import type { EngineName } from "ringspawn";
import { parent } from "../tools.ts";

const [engine, witness, how, ms] = parent.argv.slice(2) as [EngineName, string, string, string];
const stdio = how === "unref-pipes" || how === "unref-reading" ? "pipe" : "ignore";
const child = spawn([witness, "sleep", ms], { engine, stdin: stdio, stdout: stdio, stderr: stdio });
if (how.startsWith("unref")) child.unref();
if (how === "unref-reading") void (child.stdout as ReadableStream<Uint8Array>).getReader().read();
if (how === "unref-ref") child.ref();
if (how === "grandchild") {
  const script = "sleep 600 & echo $! >&2; echo unread; exit 0";
  spawn(["/bin/sh", "-c", script], { engine, stdin: "ignore", stdout: "pipe", stderr: "inherit", lazy: true });
}
if (how === "input") {
  const script = "exec 3<&0; sleep 600 >/dev/null 2>&1 & echo $! >&2; wait";
  const stdin = new Uint8Array(1024 * 1024);
  const timeout = Number(ms);
  spawn(["/bin/sh", "-c", script], { engine, stdin, stdout: "ignore", stderr: "inherit", timeout });
}
console.log(`started ${child.pid}`);
