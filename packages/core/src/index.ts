/** @ringspawn/core: the faces, each a function of a launcher, and the names that people see. */
export type { EngineReport, Rejection } from "./choose.js";
export type { EngineName, ExplainedStep, Step } from "./engine.js";
export { SpawnError } from "./error.js";
export { createSpawnPair } from "./faces/bun.js";
export type {
  SpawnExtra,
  SpawnFunction,
  SpawnInput,
  SpawnOptions,
  SpawnOutput,
  SpawnSyncFunction,
  SpawnSyncOptions,
  Subprocess,
  SyncSubprocess,
  Terminal,
  TerminalConstructor,
  TerminalOptions,
} from "./faces/bun-types.js";
export { ChildProcess, createCommand } from "./faces/deno.js";
export type {
  ChildProcessConstructor,
  Command,
  CommandConstructor,
  CommandOptions,
  CommandOutput,
  CommandStdio,
} from "./faces/deno.js";
export { createCommandSpawn } from "./faces/deno-spawn.js";
export type {
  CommandSpawnAndWaitFunction,
  CommandSpawnAndWaitSyncFunction,
  CommandSpawnFunction,
} from "./faces/deno-spawn.js";
export { createExplain, type ExplainFunction } from "./faces/explain.js";
export type { FileSink } from "./faces/file-sink.js";
export { createStart } from "./faces/start.js";
export type { StartedProcess, StartFunction, StartOptions } from "./faces/start.js";
export type { Explanation, Launcher } from "./launcher.js";
export type { LimitName, SignalName } from "./numbers.js";
export type { EngineOptions, FdSpec, Limit, NamespaceName, ProcessSetup, SetupKey } from "./options.js";
export type { DuplexPipe, ExtraPipes } from "./process.js";
export type { SpawnRequest } from "./request.js";
export type { NormalSetup } from "./setup.js";
export type { CommandStatus, ResourceUsage } from "./status.js";
export type { InputData, Slot } from "./stdio.js";
export type { SubprocessReadableStream } from "./streams.js";
