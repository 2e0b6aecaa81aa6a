/** @ringspawn/core: what a process start is, without any runtime in it. */
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
} from "./api/bun.js";
export type {
  ChildProcess,
  Command,
  CommandConstructor,
  CommandOptions,
  CommandOutput,
  CommandStdio,
} from "./api/deno.js";
export type { FileSink } from "./api/file-sink.js";
export type { CreatePool, Pool, PoolOptions, PoolStats, PoolStdio } from "./api/pool.js";
export type { StartedProcess, StartFunction, StartOptions } from "./api/start.js";
export { type Choice, type EngineReport, printRejection, type Rejection } from "./choose.js";
export {
  ENGINE_NAMES,
  type Engine,
  type EngineName,
  type Exit,
  type ExplainedStep,
  type Failure,
  type Parked,
  type Refusal,
  type Running,
  type Sink,
  type Source,
  type Starting,
  type Step,
  type SyncOptions,
  type SyncResult,
  type Unfilled,
  type Usage,
} from "./engine.js";
export { SpawnError } from "./error.js";
export type { Host } from "./host.js";
export { errnoCode, errnoText, type LimitName, limitName, type SignalName, SIGNALS, signalName } from "./numbers.js";
export type { EngineOptions, FdSpec, Limit, NamespaceName, ProcessSetup } from "./options.js";
export { findProgram } from "./path.js";
export type { ExtraPipes } from "./process.js";
export type { NormalSetup, Slot, SpawnRequest } from "./request.js";
export { createSpawn, type Explanation, type Ringspawn } from "./spawn.js";
export type { CommandStatus, ResourceUsage } from "./status.js";
export type { InputData } from "./stdio.js";
export type { SubprocessReadableStream } from "./streams.js";
export { WebSink, WebSource } from "./web-pipe.js";
