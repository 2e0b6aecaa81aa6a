/**
 * Puts another environment in place of its own, and prints which of two variables children have then: those of the
 * runtime's own spawn, and ours. spawn and spawnSync are left out: in Bun's shape they have the variables of the start.
 */
import { Command, start } from "ringspawn";
import type { EngineName } from "ringspawn";
import { parent } from "../tools.ts";

const [engine] = parent.argv.slice(2) as [EngineName];
const args = ["-c", "echo new=$REPLACED_NEW home=$HOME"];
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).trim();

interface Runtimes {
  readonly Deno?: { Command: new (file: string, options: object) => { outputSync(): { readonly stdout: Uint8Array } } };
  readonly Bun?: { spawnSync(command: readonly string[], options: object): { readonly stdout: Uint8Array } };
}

async function own(): Promise<Uint8Array> {
  const { Deno: deno, Bun: bun } = globalThis as Runtimes;
  if (deno !== undefined) return new deno.Command("sh", { args }).outputSync().stdout;
  // Bun's own Bun.spawn has the variables of the start, so what it is told to hand on is the measure.
  if (bun !== undefined) return bun.spawnSync(["sh", ...args], { env: parent.env }).stdout;
  const { spawnSync } = await import("node:child_process");
  return spawnSync("sh", args).stdout;
}

parent.env = { ...parent.env, REPLACED_NEW: "new" };
Reflect.deleteProperty(parent.env, "HOME");
const child = start("sh", { args, engine, stdout: "piped" });
const ours = {
  output: text((await new Command("sh", { args, engine }).output()).stdout),
  outputSync: text(new Command("sh", { args, engine }).outputSync().stdout),
  start: text((await child.output()).stdout),
};
console.log(JSON.stringify({ own: text(await own()), ours }));
