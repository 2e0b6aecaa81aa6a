/**
 * How children of node:child_process end: "then", while every object has a `then`; "faked", while mocks of node:test
 * stop the timers, which were there before register is loaded.
 */
import process from "node:process";

const [, , what, entry = ""] = process.argv;
if (what === "faked") {
  const { mock } = await import("node:test");
  mock.timers.enable();
}
if (entry !== "") await import(entry);
const { default: childProcess } = await import("node:child_process");
const evil = { value: (resolve?: (value: unknown) => void) => resolve?.("evil"), configurable: true };
if (what === "then") Object.defineProperty(Object.prototype, "then", evil);

const seen: string[] = [];
const scripts = ["exit 3", "kill -9 $$", "echo out"];
let left = scripts.length;
for (const [at, script] of scripts.entries()) {
  const child = childProcess.spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.on("data", (chunk) => seen.push(`${at} data ${String(chunk)}`));
  child.on("exit", (code, signal) => seen.push(`${at} exit ${code} ${signal}`));
  child.on("close", (code, signal) => {
    seen.push(`${at} close ${code} ${signal}`);
    left--;
    if (left > 0) return;
    Reflect.deleteProperty(Object.prototype, "then");
    console.log(JSON.stringify(seen.sort()));
  });
}
