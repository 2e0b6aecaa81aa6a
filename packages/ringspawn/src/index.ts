/** ringspawn, with the runtime's own adapter: package.json's `imports` say which one `#adapter` is. */
import ringspawn from "#adapter";
import type {
  Command as CommandHandle,
  CommandConstructor,
  CreatePool,
  Ringspawn,
  SpawnFunction,
  SpawnSyncFunction,
  StartFunction,
} from "@ringspawn/core";

export type * from "@ringspawn/core";
export { SpawnError } from "@ringspawn/core";

/** A command in the shape of `Deno.Command`. */
export const Command: CommandConstructor = ringspawn.Command;
export type Command = CommandHandle;
/** Starts a process, in the shape of `Bun.spawn`. */
export const spawn: SpawnFunction = ringspawn.spawn;
/** Runs a process to its end, in the shape of `Bun.spawnSync`. */
export const spawnSync: SpawnSyncFunction = ringspawn.spawnSync;
/** Starts a process and returns before it is known whether it runs: the handle's `started` tells. */
export const start: StartFunction = ringspawn.start;
/** Keeps children waiting for what they are to run. */
export const createPool: CreatePool = ringspawn.createPool;
/** Each engine, whether it is available here, and if not why. */
export const engines: Ringspawn["engines"] = ringspawn.engines;
/** What starting a command would do: the engine and its chain. Starts nothing. */
export const explain: Ringspawn["explain"] = ringspawn.explain;
