/** @ringspawn/core/seam: what adapters and engines are written against. No part of it is meant for users. */
export { Bare, bare, isPromise, ownVariable } from "./builtins.js";
export { choose, printRejection } from "./choose.js";
export { isFailure } from "./engine.js";
export type {
  Engine,
  EngineName,
  ExecRefusal,
  Exit,
  ExplainedStep,
  Failure,
  OpenTerminal,
  Pipe,
  Prespawned,
  Refusal,
  Running,
  Sink,
  Source,
  Starting,
  Step,
  SyncOptions,
  SyncResult,
  TerminalEnd,
  TerminalEvents,
  TerminalFlags,
  TerminalSize,
  Usage,
} from "./engine.js";
export { FedSource } from "./fed-source.js";
export type { Host, OpenFile } from "./host.js";
export { createLauncher, type Launcher } from "./launcher.js";
export { errnoCode, errnoText, limitName, type SignalName, SIGNALS, signalName } from "./numbers.js";
export type { ProcessSetup, SetupKey } from "./options.js";
export { candidates } from "./path.js";
export { brokenPipe, type Half, halvesOf, isBrokenPipe, pipeOf, watched } from "./pipe.js";
export type { SpawnRequest } from "./request.js";
export type { PipeSlot, RuntimeApi, RuntimeCall, RuntimeChild, RuntimeExit, RuntimeResult } from "./runtime-api.js";
export { RuntimeEngine } from "./runtime-engine.js";
export {
  AS_THE_PARENT,
  type NormalLimit,
  type NormalSetup,
  type NormalSignals,
  SETUP,
  type SetupRule,
} from "./setup.js";
export { type FileSlot, fdSlot, MAX_SLOTS, nullSlot, type Slot } from "./stdio.js";
export { type V8, v8Structured } from "./structured.js";
export { WebSink, webSource } from "./web-pipe.js";
