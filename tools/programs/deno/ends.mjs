// How children end: codes, signals, aborts, disposal; what may be done then; errors of a start.
const sleep = (options = {}) => new Deno.Command("sleep", { args: ["60"], ...options }).spawn();
const sh = (script, options = {}) => new Deno.Command("sh", { args: ["-c", script], ...options });
/** As it is compared, not as it is printed: docs/compat.md has the prototype of a status. */
const plain = (status) => ({ ...status });
const failure = (run) => {
  try {
    return run();
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
};

console.log(plain(await sh("exit 7").spawn().status));
for (const signal of [undefined, "SIGINT", "SIGKILL", "SIGUSR1"]) {
  const child = sleep();
  child.kill(signal);
  console.log(plain(await child.status));
  console.log(failure(() => child.kill()));
}
const abort = new AbortController();
const aborted = sleep({ signal: abort.signal });
abort.abort();
console.log(plain(await aborted.status));
console.log((await sh("exec sleep 60", { signal: AbortSignal.timeout(100) }).spawn().status).signal);
{
  await using child = sleep();
  console.log(child.pid > 0);
}
const stubborn = sh("trap 'echo caught; exit 5' TERM; echo up; while :; do sleep 0.05; done", {
  stdout: "piped",
}).spawn();
const reader = stubborn.stdout.getReader();
await reader.read();
stubborn.kill();
console.log(new TextDecoder().decode((await reader.read()).value), plain(await stubborn.status));
const { stdout } = await sh("echo out; kill -TERM $$").output();
console.log(new TextDecoder().decode(stdout));
console.log(
  failure(() => sleep({ cwd: "/no/such" })),
  failure(() => new Deno.Command("no-such-program").spawn()),
);
console.log(
  failure(() => new Deno.Command("/etc").spawn()),
  failure(() => new Deno.Command("").spawn()),
);
console.log(
  failure(() => sh("", { stdin: "sideways" }).spawn()),
  failure(() => sh("a\0b").spawn()),
);
const checked = sleep();
// docs/compat.md has the words.
console.log(failure(() => checked.kill("SIGNONE")).startsWith("TypeError: "));
checked.kill("SIGKILL");
await checked.status;
const detached = sh("cut -d ' ' -f 6 /proc/$$/stat", { detached: true, stdout: "piped" }).spawn();
console.log((await detached.stdout.text()).trim() === String(detached.pid));
const collected = sh("echo x", { stdout: "piped" }).spawn();
await collected.stdout.text();
console.log(await collected.output().catch((error) => error.message));
await collected.status;
const children = Array.from({ length: 60 }, (_, n) => sh(`exit ${n}`).spawn().status);
console.log((await Promise.all(children)).map(({ code }) => code).join(" "));
console.log((await Deno.spawn("sh", ["-c", "exit 3"]).status).code);
// It must not keep this program.
new Deno.Command("sleep", { args: ["5"], stdin: "null", stdout: "null", stderr: "null" }).spawn().unref();
