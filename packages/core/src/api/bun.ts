/** The face in the shape of `Bun.spawn` and `Bun.spawnSync`, over the one handle. */
import { abortSignal, array, mustBeOfType, object, signal as signalNumber, usageError } from "../check.js";
import { Drain, limited } from "../collect.js";
import type { EngineName, Sink, SyncOptions } from "../engine.js";
import type { Host } from "../host.js";
import { SIGNALS, type SignalName } from "../numbers.js";
import type { EngineOptions } from "../options.js";
import type { ExtraPipes, Launcher, Process } from "../process.js";
import { addVariables, emptyEnv, type RequestInput, type Slot } from "../request.js";
import { exitNumber, exitSignal, resourceUsage, type ResourceUsage } from "../status.js";
import { type InputData, slotOfBunWord } from "../stdio.js";
import { asBytes, type SubprocessReadableStream } from "../streams.js";
import { FileSink } from "./file-sink.js";

/** `"pipe"`: a {@link FileSink}. A number: that fd of this program. Data is fed to the child, then its end. */
export type SpawnInput = "pipe" | "inherit" | "ignore" | null | undefined | number | InputData;
/** `"pipe"`: a stream of the handle. A number: that fd of this program. A Blob: a file, as `Bun.file()` gives it. */
export type SpawnOutput = "pipe" | "inherit" | "ignore" | null | undefined | number | Blob;
/** Beyond 0, 1 and 2. For pipes use `setup.fds`. */
export type SpawnExtra = "inherit" | "ignore" | null | undefined | number;

/** What both calls take. */
interface CommonOptions<In extends SpawnInput, Out extends SpawnOutput, Err extends SpawnOutput> extends EngineOptions {
  /** Default: this program's. */
  readonly cwd?: string | URL | undefined;
  /** The whole environment of the child. Default: this program's. `undefined` values are left out. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Instead of `stdin`, `stdout` and `stderr`, and for more fds. */
  readonly stdio?: readonly [stdin?: In, stdout?: Out, stderr?: Err, ...more: SpawnExtra[]] | undefined;
  /** Default `"ignore"`. */
  readonly stdin?: In;
  /** Default `"pipe"`. */
  readonly stdout?: Out;
  /** Default `"inherit"`; for `spawnSync` `"pipe"`. */
  readonly stderr?: Err;
  /** Milliseconds, after which `killSignal` is sent. Default none. */
  readonly timeout?: number | undefined;
  /** Default `"SIGTERM"`. */
  readonly killSignal?: SignalName | number | undefined;
  /** Bytes of stdout, and of stderr; more than that, and `killSignal` is sent. Default none. */
  readonly maxBuffer?: number | undefined;
  /** argv[0]. Default: the command. */
  readonly argv0?: string | undefined;
  /** A new session for the child. Default false. */
  readonly detached?: boolean | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** The same as `setup.cgroup`. */
  readonly cgroup?: string | number | undefined;
  /** Its abort sends `killSignal`. One that is aborted already throws an AbortError, and nothing starts. */
  readonly signal?: AbortSignal | undefined;
  /** Windows only; without effect elsewhere. */
  readonly windowsHide?: boolean | undefined;
  /** Windows only; without effect elsewhere. */
  readonly windowsVerbatimArguments?: boolean | undefined;
}

export interface SpawnOptions<
  In extends SpawnInput = SpawnInput,
  Out extends SpawnOutput = SpawnOutput,
  Err extends SpawnOutput = SpawnOutput,
> extends CommonOptions<In, Out, Err> {
  /**
   * False (the default): stdout and stderr are read into memory from the start, however much it is, so that the child
   * never waits. True: not before somebody reads them.
   */
  readonly lazy?: boolean | undefined;
  /** After the reactions to `exited`. */
  readonly onExit?:
    | ((
        subprocess: Subprocess<In, Out, Err>,
        exitCode: number | null,
        signalCode: SignalName | number | null,
        error?: Error,
      ) => void)
    | undefined;
}

export type SpawnSyncOptions<
  In extends SpawnInput = SpawnInput,
  Out extends SpawnOutput = SpawnOutput,
  Err extends SpawnOutput = SpawnOutput,
> = CommonOptions<In, Out, Err>;

/** The stream of an output: certain for "pipe", certainly none for the rest, either for what is not known. */
type OutputStream<Out extends SpawnOutput> = Out extends "pipe"
  ? SubprocessReadableStream
  : Out extends number
    ? number
    : undefined;
type InputSink<In extends SpawnInput> = In extends "pipe" ? FileSink : undefined;
type OutputBytes<Out extends SpawnOutput> = Out extends "pipe"
  ? Uint8Array<ArrayBuffer>
  : Out extends number
    ? number
    : undefined;

/** A process that {@link SpawnFunction} started. */
export interface Subprocess<
  In extends SpawnInput = SpawnInput,
  Out extends SpawnOutput = SpawnOutput,
  Err extends SpawnOutput = SpawnOutput,
> extends AsyncDisposable {
  readonly pid: number;
  /** The engine that runs it. */
  readonly engine: EngineName;
  readonly stdin: InputSink<In>;
  readonly stdout: OutputStream<Out>;
  readonly stderr: OutputStream<Err>;
  /** The same as `stdin`. */
  readonly writable: InputSink<In>;
  /** The same as `stdout`. */
  readonly readable: OutputStream<Out>;
  /** Null for every fd of the child, but for those beyond 2 that are a given fd of this program: its number. */
  readonly stdio: readonly (number | null)[];
  /** The streams of `setup.fds`, by the child's fd number. */
  readonly fds: ExtraPipes;
  /** The exit code, or 128 + n when signal n killed it. Never rejects. */
  readonly exited: Promise<number>;
  /** Null while it runs, and when a signal killed it. */
  readonly exitCode: number | null;
  /** The signal that killed it. */
  readonly signalCode: SignalName | number | null;
  /** Whether it has ended, for whatever reason. */
  readonly killed: boolean;
  /** Default `"SIGTERM"`; without effect once it has ended. @throws {TypeError} for a signal that does not exist. */
  kill(signal?: SignalName | number): void;
  ref(): void;
  unref(): void;
  /** Undefined before its end, and where the engine cannot tell. */
  resourceUsage(): ResourceUsage | undefined;
  /** SIGTERM, then waits for its end; gives what `exited` gives, if it was running. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SyncSubprocess<Out extends SpawnOutput = SpawnOutput, Err extends SpawnOutput = SpawnOutput> {
  /** Null when a signal killed it. */
  readonly exitCode: number | null;
  /** Absent unless a signal killed it. */
  readonly signalCode?: SignalName | number;
  readonly stdout: OutputBytes<Out>;
  readonly stderr: OutputBytes<Err>;
  readonly success: boolean;
  readonly resourceUsage: ResourceUsage | undefined;
  readonly pid: number;
  /** Absent without `timeout`. */
  readonly exitedDueToTimeout?: boolean;
  /** Absent without `maxBuffer`. */
  readonly exitedDueToMaxBuffer?: boolean;
  /** The engine that ran it. */
  readonly engine: EngineName;
}

/**
 * Starts a process.
 *
 * @throws {TypeError} for usage mistakes. @throws {SpawnError} when it cannot be started.
 */
export interface SpawnFunction {
  <In extends SpawnInput = "ignore", Out extends SpawnOutput = "pipe", Err extends SpawnOutput = "inherit">(
    cmd: readonly string[],
    options?: SpawnOptions<In, Out, Err>,
  ): Subprocess<In, Out, Err>;
  <In extends SpawnInput = "ignore", Out extends SpawnOutput = "pipe", Err extends SpawnOutput = "inherit">(
    options: SpawnOptions<In, Out, Err> & { readonly cmd: readonly string[] },
  ): Subprocess<In, Out, Err>;
}

/** Runs a process to its end, blocking this thread. Throws as {@link SpawnFunction}. */
export interface SpawnSyncFunction {
  <In extends SpawnInput = "ignore", Out extends SpawnOutput = "pipe", Err extends SpawnOutput = "pipe">(
    cmd: readonly string[],
    options?: SpawnSyncOptions<In, Out, Err>,
  ): SyncSubprocess<Out, Err>;
  <In extends SpawnInput = "ignore", Out extends SpawnOutput = "pipe", Err extends SpawnOutput = "pipe">(
    options: SpawnSyncOptions<In, Out, Err> & { readonly cmd: readonly string[] },
  ): SyncSubprocess<Out, Err>;
}

/** Options of Bun's that change what a program means by its spawn: to ignore them would be a lie. */
const NOT_YET = ["ipc", "onDisconnect", "serialization", "terminal"] as const;
const NO_OPTIONS: SpawnOptions = Object.freeze({});

export function createSpawnPair(launcher: Launcher): {
  readonly spawn: SpawnFunction;
  readonly spawnSync: SpawnSyncFunction;
} {
  const spawn = (first: unknown, second?: unknown): Subprocess => {
    const { cmd, options } = overload(first, second);
    const control = controlOf(options);
    const stdio = stdioOf(launcher.host, options, "inherit");
    const process = launcher.spawn(inputOf(launcher.host, cmd, options, stdio.slots));
    return new Child(process, stdio, options, control);
  };
  const spawnSync = (first: unknown, second?: unknown): SyncSubprocess => {
    const { cmd, options } = overload(first, second);
    const { timeout, maxBuffer, killSignal } = controlOf(options);
    const { slots, numbers, data } = stdioOf(launcher.host, options, "pipe");
    const input = new Map<number, Uint8Array>();
    if (data !== undefined) input.set(0, bytesAtHand(data));
    const limits: SyncOptions = { input, timeout, maxBuffer, killSignal };
    const { result, engine } = launcher.spawnSync(inputOf(launcher.host, cmd, options, slots), limits);
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
    // Not enumerable: whoever prints or compares a result sees what Bun's has.
    return Object.defineProperty(sync, "engine", { value: engine }) as typeof sync & { engine: EngineName };
  };
  // The overloads say more about the result than one body can.
  return { spawn, spawnSync } as { spawn: SpawnFunction; spawnSync: SpawnSyncFunction };
}

/** `(cmd, options?)` or `({ cmd, ...options })` */
function overload(
  first: unknown,
  second: unknown,
): { readonly cmd: readonly unknown[]; readonly options: SpawnOptions } {
  if (Array.isArray(first)) {
    const options = (second ?? undefined) === undefined ? NO_OPTIONS : (object("options", second) as SpawnOptions);
    return { cmd: nonEmpty(first), options };
  }
  if (typeof first !== "object" || first === null) throw mustBeOfType("cmd", "an array of strings", first);
  const options = first as SpawnOptions & { readonly cmd?: unknown };
  return { cmd: nonEmpty(array("cmd", options.cmd)), options };
}

function nonEmpty(cmd: readonly unknown[]): readonly unknown[] {
  if (cmd.length === 0) throw usageError("ERR_INVALID_ARG_TYPE", "cmd must not be empty, got []");
  return cmd;
}

function inputOf(host: Host, cmd: readonly unknown[], options: SpawnOptions, slots: readonly Slot[]): RequestInput {
  const { argv0, uid, gid, cgroup, detached, engine, setup } = options;
  const { env, cwd } = options as { readonly env?: unknown; readonly cwd?: unknown };
  return {
    fileOption: "cmd[0]",
    file: String(cmd[0]),
    argsOption: "args",
    args: cmd.slice(1).map(String),
    argv0,
    env: (env ?? undefined) === undefined ? host.startEnviron : addVariables(emptyEnv(), env, true),
    cwd: cwd === null || cwd === "" ? undefined : cwd,
    uid,
    gid,
    cgroup,
    detached,
    slots,
    shellFallback: false,
    engine,
    setup,
  };
}

/** What may end the process early. */
interface Control {
  readonly timeout: number | undefined;
  readonly maxBuffer: number | undefined;
  readonly killSignal: number;
  readonly signal: AbortSignal | undefined;
}

function controlOf(options: SpawnOptions): Control {
  for (const key of NOT_YET) {
    if ((options as Record<string, unknown>)[key] !== undefined) {
      throw usageError("ERR_INVALID_ARG_TYPE", `${key} is not supported yet`);
    }
  }
  // null is as good as undefined, as everywhere in Bun.
  const killSignal: unknown = options.killSignal ?? undefined;
  const signal = options.signal ?? undefined;
  const onExit: unknown = options.onExit ?? undefined;
  if (onExit !== undefined && typeof onExit !== "function") throw mustBeOfType("onExit", "a function", onExit);
  if (killSignal === 0) throw usageError("ERR_UNKNOWN_SIGNAL", "killSignal must be a signal, got 0");
  if (signal !== undefined) {
    abortSignal(signal);
    if (signal.aborted) throw abortError(signal.reason);
  }
  return {
    timeout: amount("timeout", options.timeout) || undefined, // 0 is none, as everywhere
    maxBuffer: amount("maxBuffer", options.maxBuffer),
    killSignal: killSignal === undefined ? SIGNALS.SIGTERM : signalNumber("killSignal", killSignal),
    signal,
  };
}

/** Undefined for none and for Infinity. */
function amount(option: string, value: unknown): number | undefined {
  if (value === undefined || value === null || value === Infinity) return undefined;
  const expected = `${option} must be a number that is not negative`;
  if (typeof value !== "number") throw usageError("ERR_INVALID_ARG_TYPE", `${expected}, got ${typeof value}`);
  if (value >= 0) return value;
  // A RangeError, because that is what programs written for Bun and Node look for here.
  throw Object.assign(new RangeError(`${expected}, got ${value}`), { code: "ERR_OUT_OF_RANGE" });
}

function abortError(reason: unknown): Error {
  const error = new Error("The operation was aborted", { cause: reason });
  error.name = "AbortError";
  return Object.assign(error, { code: "ABORT_ERR" });
}

/** What the child has as fds. */
interface Stdio {
  readonly slots: readonly Slot[];
  /** How many the caller spoke of. */
  readonly count: number;
  /** The fds of this program that were given by number, by the child's fd. */
  readonly numbers: readonly (number | undefined)[];
  /** What to feed to stdin. */
  readonly data: InputData | undefined;
}

function stdioOf(host: Host, options: SpawnOptions, stderrDefault: "inherit" | "pipe"): Stdio {
  const { stdio } = options;
  const words: readonly unknown[] =
    stdio === undefined ? [options.stdin, options.stdout, options.stderr] : array("stdio", stdio);
  const names = stdio === undefined ? ["stdin", "stdout", "stderr"] : undefined;
  const defaults = ["ignore", "pipe", stderrDefault];
  const slots: Slot[] = [];
  const numbers: (number | undefined)[] = [];
  let data: InputData | undefined;
  const count = Math.max(words.length, 3);
  for (let target = 0; target < count; target++) {
    const word = words[target] === undefined ? (defaults[target] ?? "ignore") : words[target];
    const known = slotOfBunWord(host, target, word, names?.[target] ?? `stdio[${target}]`);
    if (known.slot !== undefined) slots.push(known.slot);
    // Its own number is the same as "inherit".
    numbers.push(typeof word === "number" && word !== target ? word : undefined);
    data ??= known.data;
  }
  return { slots, count, numbers, data };
}

/** What a blocking call can feed: only bytes, since nothing else may run meanwhile. */
function bytesAtHand(data: InputData): Uint8Array {
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) return asBytes(data);
  const expected = "an ArrayBufferView or ArrayBuffer in a blocking call, which cannot wait for its data";
  throw mustBeOfType("stdin", expected, data);
}

class Child implements Subprocess {
  readonly #process: Process;
  readonly #stdio: Stdio;
  readonly #stdin: FileSink | undefined;
  readonly #exited: Promise<number>;

  constructor(process: Process, stdio: Stdio, options: SpawnOptions, control: Control) {
    this.#process = process;
    this.#stdio = stdio;
    const { data } = stdio;
    const { timeout, maxBuffer, killSignal, signal } = control;
    const sink = process.sink(0);
    if (sink !== undefined) {
      if (data === undefined) {
        const stdin = new FileSink(sink);
        this.#stdin = stdin;
        // Whoever never ends it must not pay with an fd for every child.
        process.whenExited(() => void stdin.end());
      } else {
        void feed(process, sink, data);
      }
    }
    for (const fd of [1, 2]) {
      if (maxBuffer !== undefined) {
        process.replaceSource(fd, (source) => limited(source, maxBuffer, () => process.end(killSignal)));
      }
      if (!options.lazy) process.replaceSource(fd, (source) => new Drain(source));
    }
    if (signal !== undefined) process.killOnAbort(signal, killSignal);
    if (timeout !== undefined) process.killAfter(timeout, killSignal);
    this.#exited = process.exited.then(exitNumber);
    const { onExit } = options;
    if (onExit) {
      // One turn of the microtasks later than the first reaction: then whoever awaited `exited` has run.
      void this.#exited.then(() => queueMicrotask(() => onExit(this, this.exitCode, this.signalCode, undefined)));
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  get engine(): EngineName {
    return this.#process.engine;
  }

  get stdin(): FileSink | undefined {
    return this.#stdin;
  }

  get writable(): FileSink | undefined {
    return this.#stdin;
  }

  get stdout(): SubprocessReadableStream | number | undefined {
    return this.#output(1);
  }

  get readable(): SubprocessReadableStream | number | undefined {
    return this.#output(1);
  }

  get stderr(): SubprocessReadableStream | number | undefined {
    return this.#output(2);
  }

  #output(fd: 1 | 2): SubprocessReadableStream | number | undefined {
    return this.#stdio.numbers[fd] ?? this.#process.readable(fd);
  }

  get stdio(): readonly (number | null)[] {
    const { count, numbers } = this.#stdio;
    return Array.from({ length: count }, (_, fd) => (fd > 2 ? (numbers[fd] ?? null) : null));
  }

  get fds(): ExtraPipes {
    return this.#process.fds;
  }

  get exited(): Promise<number> {
    return this.#exited;
  }

  get exitCode(): number | null {
    return this.#process.exit?.code ?? null;
  }

  get signalCode(): SignalName | number | null {
    const { exit } = this.#process;
    return exit === undefined ? null : exitSignal(exit);
  }

  get killed(): boolean {
    return this.#process.exit !== undefined;
  }

  kill(signal: SignalName | number = "SIGTERM"): void {
    this.#process.kill(signalNumber("signal", signal, 0));
  }

  ref(): void {
    this.#process.ref();
  }

  unref(): void {
    this.#process.unref();
  }

  resourceUsage(): ResourceUsage | undefined {
    return resourceUsage(this.#process.usage);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.killed) return;
    await this.#process.dispose();
    // The type is the one that `await using` wants.
    return this.#exited as Promise<unknown> as Promise<void>;
  }

  get [Symbol.toStringTag](): string {
    return "Subprocess";
  }
}

/** Writes all of it, then the end. The child may stop reading whenever it likes. */
async function feed(process: Process, sink: Sink, data: InputData): Promise<void> {
  try {
    // Bytes are taken as they are now: the caller may change them once spawn() has returned.
    if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) await sink.write(asBytes(data).slice());
    else await pump(process, sink, data);
  } catch {
    // EPIPE, or a stream of the user's that failed: the child sees the end of its input, as it would of any other
  }
  await sink.close();
}

async function pump(
  process: Process,
  sink: Sink,
  data: ReadableStream<Uint8Array> | Blob | Response | Request,
): Promise<void> {
  const stream = "getReader" in data ? data : "stream" in data ? data.stream() : data.body;
  if (stream === null) return;
  const reader = (stream as ReadableStream<unknown>).getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  // It may never end, or only long after the child that was to read it.
  process.whenExited(stop);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      await sink.write(typeof value === "string" ? new TextEncoder().encode(value) : asBytes(value));
    }
  } finally {
    stop();
  }
}
