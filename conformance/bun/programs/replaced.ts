/** A program that has put ringspawn in the place of Bun's own spawn, and stubs in the place of what that may call. */
import fs from "node:fs";
import { spawn, spawnSync } from "ringspawn";

const engine = "runtime";
const { Bun: bun } = globalThis as unknown as { Bun: Record<"spawn" | "spawnSync" | "connect", unknown> };
let calls = 0;
const ours = {
  spawn: (cmd: string[], options: object) => {
    calls++;
    return spawn(cmd, { ...options, engine });
  },
  spawnSync: (cmd: string[], options: object) => {
    calls++;
    return spawnSync(cmd, { ...options, engine });
  },
};
const stub = (): never => {
  throw new Error("the engine called what has been replaced");
};
Object.assign(bun, ours, { connect: stub });
Object.assign(fs, { openSync: stub, closeSync: stub, accessSync: stub, statSync: stub });
process.kill = stub;

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
const child = spawn(["sh", "-c", "cat <&4; exec sleep 9"], {
  engine,
  setup: { fds: { 3: "null", 4: { pipe: "in" } } },
});
const writer = (child.fds[4] as WritableStream<Uint8Array>).getWriter();
await writer.write(new TextEncoder().encode("through"));
await writer.close();
const { value } = await child.stdout.getReader().read();
child.kill(40);
const sync = spawnSync(["cat"], { engine, stdin: new TextEncoder().encode("blocking") });
const direct = [text(value), await child.exited, text(sync.stdout), calls];
const { spawn: replaced, spawnSync: replacedSync } = bun as unknown as typeof ours;
const theirs = replaced(["echo", "replaced"], {});
const theirsSync = replacedSync(["echo", "replaced"], {});
const last = [await theirs.stdout.text(), theirs.engine, text(theirsSync.stdout), theirsSync.engine, calls];
console.log(JSON.stringify([...direct, ...last]));
