// Results, errors, lines, pipes between programs, stdin, and Node programs.
import spawn, { SubprocessError } from "nano-spawn";

console.log((await spawn("echo", ["one", "two words"])).output);
console.log((await spawn("sh", ["-c", "echo out; echo err >&2"])).stderr);
console.log((await spawn("printf", ["b\na\n"]).pipe("sort").pipe("cat", ["-n"])).stdout);
console.log((await spawn("cat", { stdin: { string: "given" } })).stdout);
for await (const line of spawn("seq", ["3"])) console.log("line", line);
for await (const line of spawn("sh", ["-c", "echo err >&2"]).stderr) console.log("line", line);
console.log((await spawn("node", ["-p", "1 + 1"])).stdout);
console.log((await spawn("echo $((1 + 2))", { shell: true })).stdout);
console.log((await spawn("sh", ["-c", 'echo "$GIVEN in $PWD"'], { env: { GIVEN: "given" }, cwd: "/" })).stdout);
const failures = [
  () => spawn("sh", ["-c", "echo some; exit 7"]),
  () => spawn("sh", ["-c", "kill -9 $$"]),
  () => spawn("no-such-program"),
  () => spawn("sleep", ["60"], { timeout: 100 }),
  () => spawn("seq", ["3"]).pipe("false"),
];
for (const failure of failures) {
  const error = await failure().catch((thrown) => thrown);
  console.log(error instanceof SubprocessError, error.exitCode, error.signalName, error.stdout, error.cause?.code);
}
const running = spawn("cat");
const child = await running.nodeChildProcess;
child.stdin.end("by hand");
console.log((await running).stdout);
