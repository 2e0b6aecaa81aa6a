/** ringspawn, with the runtime's own adapter: package.json's `imports` say which one `#adapter` is. */
import launcher from "#adapter";
import {
  type Command as CommandHandle,
  type CommandConstructor,
  createCommand,
  createExplain,
  createSpawnPair,
  createStart,
  type EngineReport,
  type ExplainFunction,
  type SpawnFunction,
  type SpawnSyncFunction,
  type StartFunction,
  type Terminal as TerminalHandle,
  type TerminalConstructor,
} from "@ringspawn/core";

export type {
  ChildProcessConstructor,
  CommandConstructor,
  CommandOptions,
  CommandOutput,
  CommandStatus,
  CommandStdio,
  EngineName,
  EngineOptions,
  EngineReport,
  ExplainedStep,
  ExplainFunction,
  Explanation,
  DuplexPipe,
  ExtraPipes,
  FdSpec,
  FileSink,
  InputData,
  Limit,
  LimitName,
  NamespaceName,
  NormalSetup,
  ProcessSetup,
  Rejection,
  ResourceUsage,
  SetupKey,
  SignalName,
  Slot,
  SpawnExtra,
  SpawnFunction,
  SpawnInput,
  SpawnOptions,
  SpawnOutput,
  SpawnRequest,
  SpawnSyncFunction,
  SpawnSyncOptions,
  StartedProcess,
  StartFunction,
  StartOptions,
  Step,
  Subprocess,
  SubprocessReadableStream,
  SyncSubprocess,
  TerminalConstructor,
  TerminalOptions,
} from "@ringspawn/core";
export { ChildProcess, SpawnError } from "@ringspawn/core";

const pair = createSpawnPair(launcher);

/** A command in the shape of `Deno.Command`. */
export const Command: CommandConstructor = createCommand(launcher);
export type Command = CommandHandle;
/** Starts a process, in the shape of `Bun.spawn`. */
export const spawn: SpawnFunction = pair.spawn;
/** Runs a process to its end, in the shape of `Bun.spawnSync`. */
export const spawnSync: SpawnSyncFunction = pair.spawnSync;
/** A pseudo-terminal, in the shape of `Bun.Terminal`. */
export const Terminal: TerminalConstructor = pair.Terminal;
export type Terminal = TerminalHandle;
/** Starts a process and returns before it is known whether it runs: the handle's `started` tells. */
export const start: StartFunction = createStart(launcher);
/** What starting a command would do: the engine and its chain. Starts nothing. */
export const explain: ExplainFunction = createExplain(launcher);
/** Each engine, whether it is available here, and if not why. */
export const engines = (): EngineReport[] => launcher.report();
