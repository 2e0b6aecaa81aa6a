/** ringspawn where no process can be started: the same names, and one clear error as soon as they are loaded. */
import type {
  ChildProcessConstructor,
  CommandConstructor,
  CommandSpawnAndWaitFunction,
  CommandSpawnAndWaitSyncFunction,
  EngineReport,
  ExplainFunction,
  SpawnError as SpawnErrorClass,
  SpawnFunction,
  SpawnSyncFunction,
  StartFunction,
  TerminalConstructor,
} from "@ringspawn/core";
import type { CreatePool } from "@ringspawn/core/pool";

function refuse(): never {
  throw new Error("ringspawn starts processes, and there are none here: it needs Node, Bun or Deno");
}

// All names are here, although the first one throws: the import of a missing name fails earlier, with a worse error.
export const ChildProcess: ChildProcessConstructor = refuse();
export const Command: CommandConstructor = refuse();
export const SpawnError: typeof SpawnErrorClass = refuse();
export const spawn: SpawnFunction = refuse();
export const spawnSync: SpawnSyncFunction = refuse();
export const spawnAndWait: CommandSpawnAndWaitFunction = refuse();
export const spawnAndWaitSync: CommandSpawnAndWaitSyncFunction = refuse();
export const start: StartFunction = refuse();
export const Terminal: TerminalConstructor = refuse();
export const createPool: CreatePool = refuse();
export const engines: () => EngineReport[] = refuse();
export const explain: ExplainFunction = refuse();
