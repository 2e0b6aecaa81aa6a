// How children end: codes, signals, timeouts, aborts, limits, callbacks; errors of a start; and disposal.
const sleep = (options = {}) => Bun.spawn(["sleep", "60"], options);
const show = async (name, child) => {
  console.log(name, await child.exited, child.exitCode, child.signalCode, child.killed);
};

await show("code", Bun.spawn(["sh", "-c", "exit 7"]));
const terminated = sleep();
terminated.kill();
await show("kill", terminated);
for (const signal of ["SIGINT", 9, "SIGUSR1"]) {
  const child = sleep();
  child.kill(signal);
  await show(`kill ${signal}`, child);
}
await show("real time", Bun.spawn(["sh", "-c", "kill -34 $$"]));
await show("timeout", sleep({ timeout: 100 }));
await show("timeout with a signal", sleep({ timeout: 100, killSignal: "SIGKILL" }));
const abort = new AbortController();
const aborted = sleep({ signal: abort.signal });
abort.abort();
await show("abort", aborted);
await show("maxBuffer", Bun.spawn(["sh", "-c", "while seq 9; do sleep 0.02; done"], { maxBuffer: 10 }));
const called = Promise.withResolvers();
Bun.spawn(["sh", "-c", "exit 4"], { onExit: (child, ...rest) => called.resolve([child.pid > 0, ...rest]) });
console.log(await called.promise);
const ignoring = Bun.spawn(["sh", "-c", "trap 'echo caught; exit 5' TERM; echo up; while :; do sleep 0.05; done"]);
const reader = ignoring.stdout.getReader();
await reader.read();
ignoring.kill();
console.log(new TextDecoder().decode((await reader.read()).value), await ignoring.exited);
{
  await using child = sleep();
  console.log(child.killed);
}
const detached = Bun.spawn(["sh", "-c", "cut -d ' ' -f 6 /proc/$$/stat"], { detached: true });
console.log((await detached.stdout.text()).trim() === String(detached.pid));

const failures = [
  ["name", () => Bun.spawn(["no-such-program"])],
  ["path", () => Bun.spawn(["/no/such/program"])],
  ["directory", () => Bun.spawn(["/etc"])],
  ["cwd", () => Bun.spawn(["true"], { cwd: "/no/such" })],
  ["aborted", () => sleep({ signal: AbortSignal.abort() })],
  ["signal", () => sleep({ killSignal: "SIGNONE" })],
  ["timeout", () => sleep({ timeout: -1 })],
  ["fd", () => Bun.spawn(["true"], { stdout: -1 })],
];
for (const [name, start] of failures) {
  try {
    console.log(name, start());
  } catch (error) {
    const { name: kind, code, message } = error;
    console.log(name, kind, code, message);
  }
}
const usage = Bun.spawn(["true"]);
await usage.exited;
console.log((usage.resourceUsage()?.maxRSS ?? 0) > 0, usage.resourceUsage()?.cpuTime.total !== undefined);
const children = Array.from({ length: 60 }, (_, n) => Bun.spawn(["sh", "-c", `exit ${n}`]));
console.log((await Promise.all(children.map((child) => child.exited))).join(" "));
// It must not keep this program.
Bun.spawn(["sleep", "5"], { stdio: ["ignore", "ignore", "ignore"] }).unref();
