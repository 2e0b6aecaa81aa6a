/** Ours in the place of Deno's own, as Deno's own types see that. `deno check` looks at this; nothing runs it. */
import * as ringspawn from "ringspawn";
import * as deno from "ringspawn/deno";

export const command: typeof Deno.Command = ringspawn.Command;
export const child: typeof Deno.ChildProcess = ringspawn.ChildProcess;
export const spawn: typeof Deno.spawn = deno.spawn;
export const spawnAndWait: typeof Deno.spawnAndWait = deno.spawnAndWait;
export const spawnAndWaitSync: typeof Deno.spawnAndWaitSync = deno.spawnAndWaitSync;

// Assigned to Deno's own properties, as a program swaps them.
Deno.Command = ringspawn.Command;
