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
  getBuiltinModule?(name: "node:module"): { new (path: string): { require(path: string): object } };
  getBuiltinModule?(name: "node:url"): { fileURLToPath(url: URL): string };
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
  // Without `await`, only require can load what depends on a condition; it takes ES modules. This is Node's own, which
  // a test framework does not replace as it does createRequire: the package is evaluated where the globals are Node's.
  const Module = process.getBuiltinModule("node:module");
  const url = process.getBuiltinModule("node:url");
  const pathOf = (name: string): string => url.fileURLToPath(new URL(name, import.meta.url));
  const here = new Module(pathOf("./browser.js"));
  const load = (name: string): object => here.require(pathOf(name));
  return { ...load("./index.js"), ...load("./pool.js") } as Whole;
}

// All of them, although the first statement throws in a browser: without a name the import would fail before, with an
// error that tells less.
const whole: Whole = load();
export const Command: Whole["Command"] = whole.Command;
export const SpawnError: Whole["SpawnError"] = whole.SpawnError;
export const spawn: Whole["spawn"] = whole.spawn;
export const spawnSync: Whole["spawnSync"] = whole.spawnSync;
export const start: Whole["start"] = whole.start;
export const Terminal: Whole["Terminal"] = whole.Terminal;
export const createPool: Whole["createPool"] = whole.createPool;
export const engines: Whole["engines"] = whole.engines;
export const explain: Whole["explain"] = whole.explain;
