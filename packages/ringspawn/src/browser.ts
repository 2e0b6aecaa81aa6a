/** ringspawn and ringspawn/pool under the condition `browser`: see in-node.ts. */
import { loadInNode } from "./in-node.js";
import type * as Main from "./index.js";
import type * as Pool from "./pool.js";

type Whole = typeof Main & typeof Pool;

// All of them, although the first statement throws in a browser: without a name the import would fail before, with an
// error that tells less.
const whole: Whole = loadInNode("./index.js", "./pool.js") as Whole;
export const ChildProcess: Whole["ChildProcess"] = whole.ChildProcess;
export const Command: Whole["Command"] = whole.Command;
export const SpawnError: Whole["SpawnError"] = whole.SpawnError;
export const spawn: Whole["spawn"] = whole.spawn;
export const spawnSync: Whole["spawnSync"] = whole.spawnSync;
export const start: Whole["start"] = whole.start;
export const Terminal: Whole["Terminal"] = whole.Terminal;
export const createPool: Whole["createPool"] = whole.createPool;
export const engines: Whole["engines"] = whole.engines;
export const explain: Whole["explain"] = whole.explain;
