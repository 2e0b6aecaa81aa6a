/** Starts children in each way, feeds and reads them, and prints what came of it: for where epoll watches nothing. */
import { Command, engines, spawn, spawnSync, start } from "ringspawn";
import type { EngineName } from "ringspawn";
import { children, parent } from "../tools.ts";

const [engine, witness] = parent.argv.slice(2) as [EngineName, string];
const LENGTH = 300_000;

const cat = spawn([witness, "cat"], { engine, stdin: "pipe", stdout: "pipe", stderr: "ignore" });
void cat.stdin.write("x".repeat(LENGTH));
void cat.stdin.end();
const echoed = (await cat.stdout.text()).length;
const codes = [await cat.exited];
const late = spawn([witness, "sleep", "20000"], { engine, stdout: "ignore", timeout: 50, killSignal: "SIGKILL" });
codes.push(await late.exited);
codes.push((await new Command(witness, { args: ["exit", "3"], engine }).output()).code);
codes.push((await start(witness, { args: ["exit", "4"], engine }).status).code);
const sync = spawnSync([witness, "cat"], { engine, stdin: new Uint8Array(LENGTH) });
codes.push(sync.exitCode ?? -1);
const lateSync = spawnSync([witness, "sleep", "20000"], { engine, timeout: 50 });
const ran = [cat.engine, sync.engine];
const told = {
  echoed,
  codes,
  sync: sync.stdout.length,
  timedOut: lateSync.exitedDueToTimeout,
  ran,
  left: children().size,
};
console.log(JSON.stringify({ ...told, available: engines().find(({ name }) => name === engine)?.available }));
