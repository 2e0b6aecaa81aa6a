/** ringspawn/deno: what Deno's own namespace has to start processes with, under the same names. */
import {
  type CommandSpawnAndWaitFunction,
  type CommandSpawnAndWaitSyncFunction,
  type CommandSpawnFunction,
  createCommandSpawn,
} from "@ringspawn/core";
import { Command } from "./index.js";

export type {
  CommandSpawnAndWaitFunction,
  CommandSpawnAndWaitSyncFunction,
  CommandSpawnFunction,
} from "@ringspawn/core";
export { ChildProcess, Command } from "./index.js";
export type { CommandOptions, CommandOutput, CommandStatus, SubprocessReadableStream } from "./index.js";

const functions = createCommandSpawn(Command);

/** Starts a process, in the shape of `Deno.spawn`: `new Command(…).spawn()`. */
export const spawn: CommandSpawnFunction = functions.spawn;
/** Runs a process to its end and collects what it writes, in the shape of `Deno.spawnAndWait`. */
export const spawnAndWait: CommandSpawnAndWaitFunction = functions.spawnAndWait;
/** The same, blocking this thread, in the shape of `Deno.spawnAndWaitSync`. */
export const spawnAndWaitSync: CommandSpawnAndWaitSyncFunction = functions.spawnAndWaitSync;
