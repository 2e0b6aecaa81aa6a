/** A program that has put ringspawn in the place of child_process, and stubs in the place of what a spawn may call. */
import childProcess from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { spawn, spawnSync } from "ringspawn";

const engine = "runtime";
let calls = 0;
const stub = (): never => {
  throw new Error("the engine called what has been replaced");
};
const { ChildProcess } = childProcess;
const ours = {
  spawn: (file: string, args: string[] = []) => {
    calls++;
    return spawn([file, ...args], { engine });
  },
  spawnSync: (file: string, args: string[] = []) => {
    calls++;
    return spawnSync([file, ...args], { engine });
  },
};
Object.assign(childProcess, ours);
Object.assign(ChildProcess.prototype, { spawn: () => ours.spawn("true"), kill: stub, ref: stub, unref: stub });
const files = { openSync: fs.openSync, closeSync: fs.closeSync, accessSync: fs.accessSync, statSync: fs.statSync };
for (const name of Object.keys(files)) Object.assign(fs, { [name]: stub });
process.kill = stub;
syncBuiltinESMExports();

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const child = spawn(["sh", "-c", "read x; echo $x; exec sleep 9"], {
  engine,
  stdin: "pipe",
  setup: { fds: { 3: "null" } },
});
child.unref();
child.ref();
void child.stdin.write("through\n");
const { value } = await child.stdout.getReader().read();
child.kill("SIGUSR1");
const sync = spawnSync(["cat"], { engine, stdin: new TextEncoder().encode("blocking") });
const direct = [text(value), await child.exited, text(sync.stdout), calls];
const theirs = childProcess.spawn("echo", ["replaced"]) as unknown as ReturnType<typeof ours.spawn>;
const theirsSync = childProcess.spawnSync("echo", ["replaced"]) as unknown as ReturnType<typeof ours.spawnSync>;
const replaced = [await theirs.stdout.text(), theirs.engine, text(theirsSync.stdout), theirsSync.engine, calls];
Object.assign(fs, files);
syncBuiltinESMExports();
console.log(JSON.stringify([...direct, ...replaced]));
