/** ringspawn/deno under the condition `browser`: see in-node.ts. */
import type * as Deno from "./deno.js";
import { loadInNode } from "./in-node.js";

type Whole = typeof Deno;

// All of them, for the reason that browser.ts gives.
const whole: Whole = loadInNode("./deno.js") as Whole;
export const ChildProcess: Whole["ChildProcess"] = whole.ChildProcess;
export const Command: Whole["Command"] = whole.Command;
export const spawn: Whole["spawn"] = whole.spawn;
export const spawnAndWait: Whole["spawnAndWait"] = whole.spawnAndWait;
export const spawnAndWaitSync: Whole["spawnAndWaitSync"] = whole.spawnAndWaitSync;
