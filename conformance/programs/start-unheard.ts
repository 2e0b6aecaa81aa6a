/** Starts missing commands, listens to their handles in different ways, and prints the unhandled rejections. */
import { start } from "ringspawn";
import type { EngineName, StartedProcess } from "ringspawn";
import { delay, parent } from "../tools.ts";

const [engine] = parent.argv.slice(2) as [EngineName];

const LOOKS: { readonly [how: string]: (child: StartedProcess) => unknown } = {
  "at nothing": () => {},
  "at every promise, and waits for none": (child) => [child.started, child.status, child.output()],
  "only at its disposal": (child) => child[Symbol.asyncDispose](),
  "only at what it writes": (child) => child.stdout.text(),
  "waits for started": (child) => [child.status, child.output(), child.started.catch(() => {})],
  "waits for status": (child) => [child.started, child.output(), child.status.catch(() => {})],
  "waits for output": (child) => [child.started, child.status, child.output().catch(() => {})],
  "waits for all": (child) => Promise.allSettled([child.started, child.status, child.output()]),
};

const missing = (how: string): StartedProcess =>
  start(`/nope/${how}`, { engine, stdin: "null", stdout: "piped", stderr: "piped" });

// By the path of each command: the time of an unhandled rejection does not tell whose it is.
const found: Record<string, unknown[]> = Object.fromEntries(Object.keys(LOOKS).map((how) => [`/nope/${how}`, []]));
parent.on("unhandledRejection", (error) => {
  const { path, code } = error as { path: string; code: unknown };
  (found[path] ??= []).push(code);
});
for (const [how, look] of Object.entries(LOOKS)) await look(missing(how));
await missing("last").started.catch(() => {});
await delay(100);
console.log(JSON.stringify(Object.fromEntries(Object.keys(LOOKS).map((how) => [how, found[`/nope/${how}`]]))));
