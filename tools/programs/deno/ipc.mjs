// A forked child by Deno's node:child_process, with messages both ways, beside children of Deno.Command.
import { fork, spawn } from "node:child_process";
import { once } from "node:events";

Deno.writeTextFileSync(
  "child.cjs",
  "process.on('message', (m) => (m === 'end' ? process.disconnect() : process.send({ got: m })));",
);
const child = fork("child.cjs");
const next = async () => (await once(child, "message"))[0];
for (const message of ["text", { nested: [1, { a: "ü" }] }, "x".repeat(100_000)]) {
  const answer = next();
  child.send(message);
  const { got } = await answer;
  console.log(typeof got === "string" ? got.length : got);
}
const meanwhile = await new Deno.Command("echo", { args: ["meanwhile"] }).output();
console.log(new TextDecoder().decode(meanwhile.stdout));
child.send("end");
console.log(await once(child, "exit"));
const piped = spawn("sort", { stdio: ["pipe", "pipe", "inherit"] });
piped.stdin.end("b\na\n");
const [chunk] = await once(piped.stdout, "data");
console.log(String(chunk), await once(piped, "close"));
