/** A program that has put ringspawn in the place of Deno.Command, and stubs in the place of what that may call. */
import fs from "node:fs";
import { Command, spawn, spawnSync } from "ringspawn";

const engine = "runtime";
let calls = 0;
class Ours extends Command {
  constructor(command: string | URL, options: ConstructorParameters<typeof Command>[1] = {}) {
    calls++;
    super(command, { ...options, engine });
  }
}
const stub = (): never => {
  throw new Error("the engine called what has been replaced");
};
Object.assign(Deno, { Command: Ours, spawn: stub, spawnAndWait: stub, spawnAndWaitSync: stub });
Object.assign(fs, { openSync: stub, closeSync: stub, accessSync: stub, statSync: stub });
Object.assign(globalThis, { Worker: stub, MessageChannel: stub, setTimeout: stub });

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const child = spawn(["sh", "-c", "read x; echo $x; exec sleep 9"], { engine, stdin: "pipe" });
void child.stdin.write("through\n");
const { value } = await child.stdout.getReader().read();
child.kill("SIGUSR1");
// In a worker, and in the thread itself.
const sync = spawnSync(["cat"], { engine, stdin: new TextEncoder().encode("blocking"), timeout: 9000 });
const outputSync = new Command("echo", { args: ["blocking"], engine }).outputSync();
const direct = [text(value), await child.exited, text(sync.stdout), text(outputSync.stdout), calls];
const replaced = new Deno.Command("echo", { args: ["replaced"] });
const theirs = (await replaced.output()) as unknown as Awaited<ReturnType<Ours["output"]>>;
const theirsSync = replaced.outputSync() as unknown as ReturnType<Ours["outputSync"]>;
const last = [text(theirs.stdout), theirs.engine, text(theirsSync.stdout), theirsSync.engine, calls];
console.log(JSON.stringify([...direct, ...last]));
