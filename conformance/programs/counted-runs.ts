/**
 * A blocking call of the runtime's own API, under register, that fails after the program was started: memory is short
 * for what it writes. Prints what was thrown, how often the program has run, and how many children are left.
 */
import { children, fs, parent } from "../tools.ts";

interface Runtimes {
  readonly Deno?: { Command: new (file: string, options: object) => { outputSync(): unknown } };
  readonly Bun?: { spawnSync(command: readonly string[]): unknown };
}

const [file = ""] = parent.argv.slice(2);
const args = ["-c", `echo run >> "${file}"; echo output; exec sleep 3`];
const { Deno: deno, Bun: bun } = globalThis as Runtimes;
const { spawnSync } = await import("node:child_process");

function run(): unknown {
  if (deno !== undefined) return new deno.Command("sh", { args }).outputSync();
  if (bun !== undefined) return bun.spawnSync(["sh", ...args]);
  return spawnSync("sh", args);
}

const arrays = Object.getPrototypeOf(Uint8Array.prototype) as { slice: (...bounds: number[]) => Uint8Array };
const { slice } = arrays;
let thrown: unknown;
arrays.slice = () => {
  throw new RangeError("no memory");
};
try {
  run();
} catch (error) {
  thrown = error;
}
arrays.slice = slice;
const runs = fs.readFileSync(file, "utf8").split("run").length - 1;
console.log(JSON.stringify([String(thrown), runs, [...children().values()]]));
