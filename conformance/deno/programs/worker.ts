/** A worker that leaves everything open: a child, and pipes with a read under way. Named "close", it ends itself. */
import { Command } from "ringspawn";

const cat = new Command("cat", { stdin: "piped", stdout: "piped" }).spawn();
void cat.stdout.text();
new Command("sleep", { args: ["0.3"] }).spawn();
const { code } = await new Command("true").spawn().status;
const scope = globalThis as unknown as { name: string; postMessage(message: unknown): void; close(): void };
scope.postMessage([cat.engine, code]);
if (scope.name === "close") scope.close();
