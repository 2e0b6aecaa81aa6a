/**
 * What the condition `browser` means: a bundle for browsers, where no process can be started, or a test framework that
 * has a DOM in Node and asks for the same. In Node this is the whole package. Nothing of Node is imported here, because
 * a bundler would look for it.
 */
import type * as Main from "./index.js";
import type * as Pool from "./pool.js";

type Whole = typeof Main & typeof Pool;

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  getBuiltinModule?(name: "node:module"): { createRequire(from: string): (path: string) => object };
}

function load(): Whole {
  const { process } = globalThis as { readonly process?: NodeProcess };
  const node = process?.versions?.node;
  if (node === undefined) {
    throw new Error("ringspawn starts processes, and there are none here: it needs Node, Bun or Deno");
  }
  if (process?.getBuiltinModule === undefined) {
    throw new Error(`ringspawn under the condition "browser" needs Node 20.19, 22.12 or later, this is ${node}`);
  }
  // A module whose names are known only now is had by require alone, which takes ES modules.
  const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);
  return { ...require("./index.js"), ...require("./pool.js") } as Whole;
}

// All of them, although the first statement throws in a browser: without a name the import would fail before, with an
// error that tells less.
const whole: Whole = load();
export const Command: Whole["Command"] = whole.Command;
export const SpawnError: Whole["SpawnError"] = whole.SpawnError;
export const spawn: Whole["spawn"] = whole.spawn;
export const spawnSync: Whole["spawnSync"] = whole.spawnSync;
export const start: Whole["start"] = whole.start;
export const createPool: Whole["createPool"] = whole.createPool;
export const engines: Whole["engines"] = whole.engines;
export const explain: Whole["explain"] = whole.explain;
