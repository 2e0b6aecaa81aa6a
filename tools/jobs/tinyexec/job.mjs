// What build tools use it for: output, exit codes, lines, pipes, stdin, timeouts, kills, and the sync form.
import { x, xSync } from "tinyexec";

const show = ({ stdout, stderr, exitCode }) => console.log(exitCode, JSON.stringify(stdout), JSON.stringify(stderr));
show(await x("echo", ["one", "two words"]));
show(await x("sh", ["-c", "echo out; echo err >&2; exit 3"]));
show(await x("seq", ["9"]).pipe("tail", ["-2"]));
for await (const line of x("sh", ["-c", "echo first; sleep 0.05; echo second"])) console.log("line", line);
show(await x("node", ["-p", "process.env.GIVEN"], { nodeOptions: { env: { GIVEN: "given" } } }));
const failed = (error) => console.log(error.name, error.code, error.exitCode, error.message);
await x("false", [], { throwOnError: true }).then(show, failed);
await x("no-such-program").then(show, failed);
const child = x("sleep", ["60"]);
child.kill("SIGINT");
await child;
console.log(child.killed, child.exitCode, child.process?.signalCode);
const late = x("sleep", ["60"], { timeout: 100 });
await late.then(show, failed);
console.log(late.aborted, late.killed);
const stopped = new AbortController();
const aborted = x("sleep", ["60"], { signal: stopped.signal });
stopped.abort();
await aborted.then(show, failed);
show(xSync("sh", ["-c", "echo at once; exit 4"]));
