// Runs TypeScript in a child Node with an IPC channel of its own: arguments, status, stdin, IPC and signals.
import { fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";

const cli = createRequire(import.meta.url).resolve("tsx/cli");
const { status, stdout, stderr } = spawnSync("tsx", ["main.ts", "one", "two words"], {
  input: "given",
  encoding: "utf8",
});
console.log(status, stdout, stderr);
console.log(spawnSync("tsx", ["-e", "const n: number = 3; console.log(n)"], { encoding: "utf8" }).stdout);
const child = fork(cli, ["ipc.ts"], { execArgv: [] });
child.send("hello");
console.log(await once(child, "message"));
child.send("end");
console.log(await once(child, "exit"));
const signalled = spawn("tsx", ["signal.ts"], { stdio: ["ignore", "pipe", "inherit"] });
await once(signalled.stdout, "data");
signalled.kill("SIGTERM");
console.log(await once(signalled, "exit"));
