/** The face in the shape of `Bun.spawn` and `Bun.spawnSync`. */
import { Bare, bare, hide, isArrayBuffer } from "../builtins.js";
import {
  abortSignal,
  callback,
  list,
  mustBeOfType,
  object,
  ownOptions,
  signal as signalNumber,
  strings,
  usageError,
} from "../check.js";
import type { SyncOptions } from "../engine.js";
import { addVariables, emptyEnv } from "../env.js";
import type { Host } from "../host.js";
import type { Launcher } from "../launcher.js";
import { SIGNALS } from "../numbers.js";
import { refuseMistyped } from "../option-names.js";
import { type Process, startUnder } from "../process.js";
import type { RequestInput } from "../request.js";
import { exitSignal, resourceUsage } from "../status.js";
import { type InputData, type Slot, slotOfBunWord, socketSlot, STDIO_NAMES } from "../stdio.js";
import { asBytes } from "../streams.js";
import { Child, type Control, type Stdio } from "./bun-child.js";
import { channelVariables, type Ipc, ipcOf, openChannel } from "./bun-ipc.js";
import type { SpawnFunction, SpawnSyncFunction, Subprocess, SyncSubprocess, TerminalConstructor } from "./bun-types.js";
import { createTerminals } from "./terminal.js";

const OPTIONS = [
  "cmd",
  "cwd",
  "env",
  "stdio",
  "stdin",
  "stdout",
  "stderr",
  "timeout",
  "killSignal",
  "maxBuffer",
  "argv0",
  "detached",
  "uid",
  "gid",
  "cgroup",
  "signal",
  "lazy",
  "onExit",
  "engine",
  "setup",
  "ipc",
  "serialization",
  "onDisconnect",
  "terminal",
] as const;
const KNOWN: ReadonlySet<string> = new Set(OPTIONS);
/** The options as they were given: each is read once, before anything is looked at. */
type Given = { readonly [option in (typeof OPTIONS)[number]]?: unknown };
/** Ignored ones beyond 2 are no fds of the child, so a list may be longer than that of what can be set up. */
const MAX_STDIO = 65_536;
const NO_OPTIONS: Given = Object.freeze(new Bare());

export function createSpawnPair(launcher: Launcher): {
  readonly spawn: SpawnFunction;
  readonly spawnSync: SpawnSyncFunction;
  readonly Terminal: TerminalConstructor;
} {
  const { Terminal, terminalOf } = createTerminals(launcher);
  const spawn = (first: unknown, second?: unknown): Subprocess => {
    const { cmd, options } = overload(first, second);
    const { host } = launcher;
    const ipc = ipcOf(host, options.ipc, options.serialization, options.onDisconnect);
    const control = controlOf(options);
    const stdio = stdioOf(host, options, "inherit");
    const terminal = terminalOf(options.terminal);
    const slots = terminal === undefined ? stdio.slots : [...terminal.slots, ...stdio.slots.slice(3)];
    const input = inputOf(host, cmd, options, slots, control);
    const start = (input: RequestInput): Process => {
      const { signal, killSignal } = control;
      return startUnder(
        signal,
        () => launcher.spawn(input),
        (process) => process.cutOff(killSignal),
      );
    };
    if (ipc === undefined) {
      const process = start(input);
      return new Child(process, stdio, control, terminal?.of(process), undefined);
    }
    const process = start(withChannel(host, input, stdio.count, ipc));
    return new Child(process, { ...stdio, count: stdio.count + 1 }, control, terminal?.of(process), (child) =>
      openChannel(host, process, stdio.count, ipc, child),
    );
  };
  const spawnSync = (first: unknown, second?: unknown): SyncSubprocess => {
    const { cmd, options } = overload(first, second);
    callback("onDisconnect", options.onDisconnect);
    if ((options.terminal ?? undefined) !== undefined) {
      throw usageError("ERR_INVALID_ARG_TYPE", "terminal option is only supported for spawn, not spawnSync");
    }
    const control = controlOf(options);
    const { timeout, maxBuffer, killSignal, signal } = control;
    const stdio = stdioOf(launcher.host, options, "pipe");
    const { numbers, data } = stdio;
    const input = new Map<number, Uint8Array>();
    for (const [fd, given] of data ?? []) input.set(fd, bytesAtHand(launcher.host, given));
    const limits: SyncOptions = { input, timeout, maxBuffer, killSignal, signal, withoutPid: false };
    const { result, engine } = launcher.spawnSync(inputOf(launcher.host, cmd, options, stdio.slots, control), limits);
    for (const given of data?.values() ?? []) useUp(given);
    const { pid, exit, output } = result;
    const bytes = (fd: number): Uint8Array<ArrayBuffer> | undefined => {
      const collected = output.get(fd);
      return collected && (launcher.host.bytes(collected) as Uint8Array<ArrayBuffer>);
    };
    const signalCode = exitSignal(exit);
    const sync = {
      exitCode: exit.code,
      ...(signalCode !== null && { signalCode }),
      stdout: numbers[1] ?? bytes(1),
      stderr: numbers[2] ?? bytes(2),
      success: exit.code === 0,
      resourceUsage: resourceUsage(exit.usage),
      ...(timeout !== undefined && { exitedDueToTimeout: result.timedOut }),
      ...(maxBuffer !== undefined && { exitedDueToMaxBuffer: result.overflowed }),
      pid,
    };
    // Not enumerable: printed or compared, the result looks as Bun's.
    return hide(sync, "engine", engine);
  };
  // The overloads say more about the result than one body can.
  return { spawn, spawnSync, Terminal } as ReturnType<typeof createSpawnPair>;
}

/** `(cmd, options?)` or `({ cmd, ...options })` */
function overload(first: unknown, second: unknown): { readonly cmd: readonly string[]; readonly options: Given } {
  if (Array.isArray(first)) {
    const options = (second ?? undefined) === undefined ? NO_OPTIONS : givenIn(object("options", second));
    return { cmd: nonEmpty(first), options };
  }
  if (typeof first !== "object" || first === null) throw mustBeOfType("cmd", "an array of strings", first);
  const options = givenIn(first);
  return { cmd: nonEmpty(options.cmd), options };
}

function givenIn(options: object): Given {
  refuseMistyped(options, KNOWN);
  return ownOptions<Given>(options, OPTIONS);
}

function nonEmpty(value: unknown): readonly string[] {
  const cmd = strings("cmd", value);
  if (cmd.length === 0) throw usageError("ERR_INVALID_ARG_TYPE", "cmd must not be empty, got []");
  return cmd;
}

function inputOf(
  host: Host,
  cmd: readonly string[],
  options: Given,
  slots: readonly Slot[],
  { killSignal }: Control,
): RequestInput {
  const { engine, setup, env, cwd } = options;
  return {
    fileOption: "cmd[0]",
    file: cmd[0],
    argsOption: "args",
    // As Bun counts: the command is args[0].
    firstArg: 1,
    args: cmd.slice(1),
    // null is as good as undefined, as everywhere in Bun.
    argv0: options.argv0 ?? undefined,
    envIsAdded: false,
    env: (env ?? undefined) === undefined ? host.startEnviron : addVariables(emptyEnv(), env, true),
    cwd: cwd === null || cwd === "" ? undefined : cwd,
    uid: options.uid ?? undefined,
    gid: options.gid ?? undefined,
    cgroup: options.cgroup ?? undefined,
    detached: options.detached ?? undefined,
    slots,
    shellFallback: false,
    killSignal,
    engine,
    setup,
  };
}

/** The same with a channel at this fd, and the variables that say so, which win over those of `env`. */
function withChannel(host: Host, input: RequestInput, fd: number, ipc: Ipc): RequestInput {
  const env = input.env ?? host.environ();
  return {
    ...input,
    slots: [...input.slots, socketSlot(fd)],
    env: Object.assign(emptyEnv(), env, channelVariables(fd, ipc)),
    envIsAdded: env === undefined,
  };
}

function controlOf(options: Given): Control {
  const killSignal = options.killSignal ?? undefined;
  const onExit = callback("onExit", options.onExit);
  if (killSignal === 0) throw usageError("ERR_UNKNOWN_SIGNAL", "killSignal must be a signal, got 0");
  const signal = (options.signal ?? undefined) === undefined ? undefined : abortSignal(options.signal);
  if (signal?.aborted) throw abortError(signal.reason);
  return {
    timeout: timeoutOf(options.timeout) || undefined, // 0 is none, as everywhere
    maxBuffer: maxBufferOf(options.maxBuffer),
    killSignal: killSignal === undefined ? SIGNALS.SIGTERM : signalNumber("killSignal", killSignal),
    signal,
    lazy: Boolean(options.lazy),
    onExit: onExit as Control["onExit"],
  };
}

/** Undefined for none and for Infinity. */
function amount(option: string, value: unknown): number | undefined {
  if (value === undefined || value === null || value === Infinity) return undefined;
  if (typeof value === "number") return value;
  throw usageError("ERR_INVALID_ARG_TYPE", `${option} must be a number that is not negative, got ${typeof value}`);
}

function timeoutOf(value: unknown): number | undefined {
  const timeout = amount("timeout", value);
  if (timeout === undefined || timeout >= 0) return timeout;
  // The class and the words are those that programs written for Bun and Node look for here.
  const range = `It must be >= 0 and <= ${Number.MAX_SAFE_INTEGER}. Received ${timeout}`;
  throw Object.assign(new RangeError(`The value of "timeout" is out of range. ${range}`), { code: "ERR_OUT_OF_RANGE" });
}

/** As in Bun, below 0 is none. */
function maxBufferOf(value: unknown): number | undefined {
  const bytes = amount("maxBuffer", value);
  return bytes !== undefined && bytes >= 0 ? bytes : undefined;
}

function abortError(reason: unknown): Error {
  const error = new Error("The operation was aborted", { cause: reason });
  // Not by assignment, which fails where a program has frozen Error.prototype.
  return Object.defineProperties(error, {
    name: bare({ value: "AbortError", configurable: true, writable: true }),
    code: bare({ value: "ABORT_ERR", configurable: true, enumerable: true, writable: true }),
  });
}

function stdioOf(host: Host, options: Given, stderrDefault: "inherit" | "pipe"): Stdio {
  const isBlocking = stderrDefault === "pipe";
  const stdio = options.stdio ?? undefined;
  const words: readonly unknown[] =
    stdio === undefined ? [options.stdin, options.stdout, options.stderr] : list("stdio", stdio, MAX_STDIO);
  const names = stdio === undefined ? STDIO_NAMES : undefined;
  const defaults = ["ignore", "pipe", stderrDefault];
  const slots: Slot[] = [];
  const numbers: (number | undefined)[] = [];
  let data: Map<number, InputData> | undefined;
  const count = Math.max(words.length, 3);
  for (let target = 0; target < count; target++) {
    const written = words[target];
    const word = written === undefined ? (defaults[target] ?? "ignore") : written;
    const { slot, data: given } = slotOfBunWord(host, target, word, names, isBlocking);
    if (slot !== undefined) slots.push(slot);
    numbers.push(numberOf(slot, word));
    if (given !== undefined) (data ??= new Map()).set(target, given);
  }
  return { slots, count, numbers, data };
}

/** The fd of this program that was given; of the first three its own number is the same as "inherit". */
function numberOf(slot: Slot | undefined, word: unknown): number | undefined {
  if (slot?.kind !== "fd" || word === "inherit") return undefined;
  return slot.target <= 2 && slot.fd === slot.target ? undefined : slot.fd;
}

/** A body can be given to one child. It was read by a copy, since a call that fails may be made by another. */
function useUp(data: InputData): void {
  if (ArrayBuffer.isView(data) || isArrayBuffer(data)) return;
  // Two names, because a program may have put one of them on Object.prototype.
  if ("bodyUsed" in data && "body" in data && data.body !== null) data.arrayBuffer().catch(() => {});
}

/** What a blocking call can feed: only what is at hand, since nothing else may run meanwhile. */
function bytesAtHand(host: Host, data: InputData): Uint8Array {
  if (ArrayBuffer.isView(data) || isArrayBuffer(data)) return asBytes(data);
  const bytes = host.bytesOf?.(data);
  if (bytes !== undefined) return bytes;
  if ("getReader" in data) {
    throw usageError("ERR_INVALID_ARG_TYPE", "'stdin' ReadableStream cannot be used in sync mode");
  }
  const expected = "an ArrayBufferView or ArrayBuffer in a blocking call, which cannot wait for its data";
  throw mustBeOfType("stdin", expected, data);
}
