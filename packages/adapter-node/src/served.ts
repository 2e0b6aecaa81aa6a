/**
 * Node's native spawn, carried out by the native engines. Loaded when the first process is started, because a program
 * that starts none should not wait for it.
 */
import { choose, type EngineName, isFailure, printRejection, type Running, signalName } from "@ringspawn/core/seam";
import type { Engine, Exit, Failure, SpawnRequest, SyncOptions, SyncResult } from "@ringspawn/core/seam";
import { enginesInstead } from "@ringspawn/core/stand-in";
import { warn } from "@ringspawn/native-linux/trace";
import launcher from "./index.js";
import { type Call, callOf, isPipe, type SyncAnswer, type SyncCallOptions } from "./internals.js";
import { requestOf } from "./node-request.js";

const ETIMEDOUT = -110;
const ENOBUFS = -105;
const EPIPE = -32;
const ECHILD = -10;
const [ENOENT, E2BIG, EBADF, EACCES, ENOTDIR] = [2, 7, 9, 13, 20] as const;
const TOLD: ReadonlySet<number> = new Set([ENOENT, E2BIG, EBADF, EACCES, ENOTDIR]);
const SIGTERM = 15;
const NO_INPUT: Uint8Array = new Uint8Array();

/** Node's own has to serve, for the reason in `why`. Nothing was started. */
export interface Declined {
  readonly why: string;
}

export interface Started {
  readonly running: Running;
  readonly engine: EngineName;
}

/** It could not be started, for a reason that the number tells. */
export interface Failed {
  readonly error: number;
  readonly engine: EngineName;
}

export interface Ran {
  readonly answer: SyncAnswer;
  readonly engine: EngineName;
}

interface Prepared {
  readonly call: Call;
  readonly engine: Engine;
  readonly request: SpawnRequest;
}

export function prepareStart(call: Call): Prepared | Declined {
  const lacks = call.stdio?.some(({ type, handle }) => type === "pipe" && !isPipe(handle));
  return lacks === true ? { why: "a pipe has no handle" } : prepared(call, "spawn");
}

/** Starts it, and gives Node's pipes the parent's ends. */
export function start({ call, engine, request }: Prepared): Started | Failed | Declined {
  const name = { engine: engine.name };
  const running = engine.spawn?.(request);
  if (running === undefined) return { why: `${engine.name} has no spawn` };
  if (isFailure(running)) {
    // libuv connects the pipes of a program that was not found, and Node's JavaScript reads them.
    const isRead = running.errno === ENOENT || running.errno === EACCES;
    const needsPipes = isRead && request.slots.some(({ kind }) => kind === "socket");
    return needsPipes || !isTold(running, request) ? failed(engine, running) : { error: -running.errno, ...name };
  }
  for (const [target, { fd }] of running.pipes) {
    const handle = call.stdio?.[target]?.handle;
    if (fd !== undefined && isPipe(handle)) handle.open(fd);
  }
  return { running, ...name };
}

/** How Node's native code tells an end: `onexit(code, signal)`. */
export function endOf({ code, signal }: Exit): readonly [code: number, signal: string] {
  // Other code of this program has taken its status. Node tells an errno as an 'error' event.
  if (code === null && signal === null) return [ECHILD, ""];
  return [code ?? 0, nameOf(signal)];
}

/** Node has no names for real-time signals. */
function nameOf(signal: number | null): string {
  return signal === null ? "" : (signalName(signal) ?? "");
}

export function prepareRun(options: SyncCallOptions): (Prepared & { readonly limits: SyncOptions }) | Declined {
  const call = callOf(options);
  // In a call that does not block, libuv takes it for none.
  if (call.cwd === "") return { why: "cwd is empty" };
  const limits = limitsOf(options, call);
  if (typeof limits === "string") return { why: limits };
  const ready = prepared(call, "spawnSync", limits);
  return "why" in ready ? ready : { ...ready, limits };
}

export function run({ call, engine, request, limits }: Prepared & { readonly limits: SyncOptions }): Ran | Declined {
  const result = engine.spawnSync?.(request, limits);
  if (result === undefined) return { why: `${engine.name} has no spawnSync` };
  if (!isFailure(result)) return { answer: answerOf(result, call), engine: engine.name };
  if (!isTold(result, request)) return failed(engine, result);
  const answer = { error: -result.errno, status: null, signal: null, output: null, pid: 0 };
  return { answer, engine: engine.name };
}

/** Nothing has run: Node's own comes to the same error and tells it as Node does, or starts it all the same. */
function failed({ name }: Engine, { errno }: Failure): Declined {
  return { why: `${name} could not start it (errno ${errno})` };
}

/**
 * Whether libuv tells the same number. Of a search in several folders it tells the last error and we the first; and of
 * what is passing, it may need less. An fd that is ours and not the caller's must not go to it.
 */
function isTold({ errno, step }: Failure, { candidates }: SpawnRequest): boolean {
  const isOfSearch = candidates.length > 1 && (step === "file" || step === "interpreter");
  return TOLD.has(errno) && !isOfSearch;
}

function prepared(call: Call, operation: "spawn" | "spawnSync", sync?: SyncOptions): Prepared | Declined {
  const asked = requestOf(call);
  if (typeof asked === "string") return { why: asked };
  const request = { ...asked, engines: enginesInstead(launcher, warn) };
  const { engine, rejected } = choose(request, launcher.engines, operation, sync);
  if (engine !== undefined) return { call, engine, request };
  return { why: rejected.map(printRejection).join("; ") };
}

function limitsOf({ timeout, maxBuffer, killSignal }: SyncCallOptions, { stdio }: Call): SyncOptions | string {
  const input = new Map<number, Uint8Array>();
  for (const [target, { type, readable, writable, input: bytes, handle }] of (stdio ?? []).entries()) {
    if (type !== "pipe") continue;
    if (readable === writable || handle !== undefined) return `stdio[${target}]: it goes both ways`;
    if (readable !== true) continue;
    const given = bytes ?? NO_INPUT;
    if (!ArrayBuffer.isView(given)) return `stdio[${target}]: its input is no bytes`;
    input.set(target, new Uint8Array(given.buffer, given.byteOffset, given.byteLength));
  }
  const isNumber = (value: unknown): value is number => typeof value === "number" && value >= 0;
  for (const value of [timeout, maxBuffer, killSignal]) {
    if (value !== undefined && value !== null && !isNumber(value)) return "a limit is no number";
  }
  return {
    input,
    timeout: isNumber(timeout) && timeout > 0 ? timeout : undefined,
    maxBuffer: isNumber(maxBuffer) && maxBuffer > 0 && maxBuffer < Infinity ? maxBuffer : undefined,
    limitsAll: true,
    killSignal: isNumber(killSignal) && killSignal > 0 ? killSignal : SIGTERM,
    signal: undefined,
    withoutPid: false,
  };
}

/** Node adds stdout and stderr, and makes strings. */
function answerOf(result: SyncResult, { stdio = [] }: Call): SyncAnswer {
  const { pid, exit, output } = result;
  const error = errorOf(result);
  const outputs = stdio.map(({ type, writable }, target) => {
    if (type !== "pipe" || writable !== true) return null;
    const { buffer, byteOffset, byteLength } = output.get(target) ?? NO_INPUT;
    return Buffer.from(buffer, byteOffset, byteLength);
  });
  return {
    ...(error !== undefined && { error }),
    status: exit.code,
    signal: exit.signal === null ? null : nameOf(exit.signal),
    output: outputs,
    pid,
  };
}

function errorOf({ exit, timedOut, overflowed, inputLost }: SyncResult): number | undefined {
  if (timedOut) return ETIMEDOUT;
  if (overflowed) return ENOBUFS;
  if (inputLost === true) return EPIPE;
  return exit.code === null && exit.signal === null ? ECHILD : undefined;
}
