/** A worker that leaves everything open: a child, and pipes with a read under way. With "exit" it ends itself. */
import { parentPort, workerData } from "node:worker_threads";
import { Command, spawn, spawnSync } from "ringspawn";
import { delay, parent } from "../../tools.ts";

const utf8 = new TextDecoder();
parent.env["LATER"] = "later";
const script = ["sh", "-c", "echo $GIVEN,$LATER"] as const;
const cat = spawn(["cat"], { stdin: "pipe" });
void cat.stdout.text();
spawn(["sleep", "0.3"], { stderr: "ignore" });
const { stdout } = await new Command(script[0], { args: script.slice(1) }).output();
parentPort?.postMessage([cat.engine, utf8.decode(stdout), utf8.decode(spawnSync(script).stdout)]);
if (workerData === "exit") parent.exit(0);
await delay(5000);
