// Pipes between programs, lines, every kind of input, IPC with a Node child, cancellation, timeouts and errors.
import { readFileSync } from "node:fs";

const { $, execa, execaNode, execaSync } = await import(process.env.TOOL);

const { stdout } = await execa("echo", ["one", "two words"]);
console.log(stdout);
console.log((await $`printf ${"a\nb\nc\n"}`.pipe`sort -r`.pipe`head -2`).stdout);
console.log((await execa({ input: "given" })`cat`).stdout, (await execa({ inputFile: "job.mjs" })`wc -c`).stdout > 0);

const both = await execa({ all: true, lines: true, reject: false, shell: true })("echo out; echo err >&2; exit 3");
console.log(both.exitCode, both.failed, both.stdout, both.stderr, both.all.toSorted());
for await (const line of execa`seq 5`) console.log("line", line);

await execa({ stdout: { file: "out.txt" } })`echo to a file`;
console.log(readFileSync("out.txt", "utf8"));
const extra = await execa({ stdio: ["ignore", "pipe", "pipe", "pipe", ["pipe", new Uint8Array([104, 105])]] })("sh", [
  "-c",
  "echo three >&3; cat <&4",
]);
console.log(extra.stdio[3], extra.stdout);
console.log((await execa({ encoding: "buffer" })`head -c 100000 /dev/zero`).stdout.length);

const child = execaNode("ipc-child.mjs", { ipc: true });
await child.sendMessage({ hello: [1, 2, 3] });
console.log(await child.getOneMessage());
await child.sendMessage("end");
console.log((await child).ipcOutput);

const cancel = new AbortController();
const sleeping = execa({ cancelSignal: cancel.signal, reject: false })`sleep 60`;
cancel.abort();
const cancelled = await sleeping;
console.log(cancelled.isCanceled, cancelled.isTerminated, cancelled.signal);
const late = await execa({ timeout: 100, reject: false })`sleep 60`;
console.log(late.timedOut, late.signal, late.exitCode);
const stubborn = execa({ forceKillAfterDelay: 100, reject: false, shell: true })(
  "trap '' TERM; echo up; while :; do sleep 0.1; done",
);
await stubborn.iterable().next();
stubborn.kill();
const killed = await stubborn;
console.log(killed.isForcefullyTerminated, killed.signal);

console.log((await execa({ reject: false, maxBuffer: 10 })`seq 1000`).isMaxBuffer);
for (const [file, options] of [["no-such-program"], ["/etc/hostname"], ["echo", { cwd: "/no/such" }]]) {
  const { code, originalMessage } = await execa(file, options).catch((error) => error);
  console.log(code, originalMessage);
}
const sync = execaSync("cat", { input: "at once" });
console.log(sync.stdout, sync.exitCode);
console.log(execaSync({ reject: false })`false`.exitCode, execaSync({ reject: false })`no-such-program`.code);
