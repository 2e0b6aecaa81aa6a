/**
 * Imports what starts children, and runs the first: `first.mjs WHO PATH`. It is JavaScript, and imports nothing that
 * others import as well, so that nothing of that is there already.
 */
import { packages } from "../peers/packages.mjs";

const { Bun, Deno } = globalThis;
const [who, path] = Deno?.args ?? process.argv.slice(2);

/** What comes first is imported at the call, so that its time is seen. */
async function own() {
  if (Bun) return () => Bun.spawn([path], { stdio: ["ignore", "ignore", "ignore"] }).exited;
  const none = { stdin: "null", stdout: "null", stderr: "null" };
  if (Deno) return () => new Deno.Command(path, none).spawn().status;
  const { spawn } = await import("node:child_process");
  return () => new Promise((resolve) => spawn(path, [], { stdio: "ignore" }).once("exit", resolve));
}

let engine;
async function ringspawn() {
  const { Command, spawn } = await import("ringspawn");
  const tell = (child) => {
    ({ engine } = child);
    return child;
  };
  if (Bun) return () => tell(spawn([path], { stdio: ["ignore", "ignore", "ignore"] })).exited;
  return () => tell(new Command(path, { stdin: "null", stdout: "null", stderr: "null" }).spawn()).status;
}

const load = { nothing: async () => () => {}, own, ringspawn, ...packages }[who];
const before = performance.now();
const run = await load();
const loaded = performance.now();
await run(path);
const ended = performance.now();
console.log(JSON.stringify({ loaded: (loaded - before) * 1e6, ended: (ended - loaded) * 1e6, engine }));
