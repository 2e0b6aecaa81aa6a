/** The types of the face in the shape of `Bun.spawn` and `Bun.spawnSync`. */
import type { EngineName } from "../engine.js";
import type { SignalName } from "../numbers.js";
import type { EngineOptions } from "../options.js";
import type { ExtraPipes } from "../process.js";
import type { ResourceUsage } from "../status.js";
import type { InputData } from "../stdio.js";
import type { SubprocessReadableStream } from "../streams.js";
import type { SendCallback } from "./channel.js";
import type { FileSink } from "./file-sink.js";
import type { Serialization } from "./ipc.js";

/** `"pipe"`: a {@link FileSink}. A number: that fd of this program. Data is fed to the child, then its end. */
export type SpawnInput = "pipe" | "inherit" | "ignore" | null | undefined | number | InputData;
/** `"pipe"`: a stream of the handle. A number: that fd of this program. A Blob: a file, as `Bun.file()` gives it. */
export type SpawnOutput = "pipe" | "inherit" | "ignore" | null | undefined | number | Blob;
/**
 * Beyond 0, 1 and 2. `"pipe"`, `"socket-fd"`: a pair of sockets, of which `stdio` of the handle has the fd of this
 * program's end. It is yours to close once you have looked at it. It blocks on the native engines, and does not on
 * Bun's own spawn; the engine `runtime` of the others refuses it. A blocking call has no such end: what the child
 * writes there is thrown away. Bytes are fed to the child. A Blob: a file, as `Bun.file()` gives it, which is read
 * and added to. For streams use `setup.fds`.
 */
export type SpawnExtra =
  | "pipe"
  | "socket-fd"
  | "inherit"
  | "ignore"
  | null
  | undefined
  | number
  | Blob
  | ArrayBufferView
  | ArrayBuffer;

/** Of a terminal. What is no function is no callback. */
export interface TerminalOptions {
  /** Columns, 1 to 65535. Default, and for every other value: 80. */
  readonly cols?: number | undefined;
  /** Rows, 1 to 65535. Default, and for every other value: 24. */
  readonly rows?: number | undefined;
  /** At most 128 characters. Without effect: the variable TERM is the child's `env`. */
  readonly name?: string | undefined;
  /** What came from the terminal, the echo of what was written included. The bytes are the callback's own. */
  readonly data?: ((terminal: Terminal, data: Uint8Array<ArrayBuffer>) => void) | undefined;
  /** The end: `code` is 1 when no process has the terminal any more, 0 after `close()`. `signal` is always null. */
  readonly exit?: ((terminal: Terminal, code: number, signal: string | null) => void) | undefined;
  /** The terminal has taken all that was written. */
  readonly drain?: ((terminal: Terminal) => void) | undefined;
}

/** A pseudo-terminal. It keeps the program alive until its end, unless it is unref'd. */
export interface Terminal extends AsyncDisposable {
  /** The engine that opened it. */
  readonly engine: EngineName;
  /** Whether `close()` was called. */
  readonly closed: boolean;
  /**
   * Types into the terminal. Returns the number of bytes, which is all of them: what the terminal cannot take yet is
   * kept in memory, and `drain` tells when it was taken. @throws {Error} when the terminal is closed.
   */
  write(data: string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer): number;
  /** 1 to 65535 each. The foreground process group gets SIGWINCH, unless it is the same size. @throws {Error} */
  resize(cols: number, rows: number): void;
  /** Whether what is written reaches the child as it is, without echo and signals; output is processed as before. */
  setRawMode(enabled: boolean): void;
  /** c_iflag of termios(3), as it is now; 0 when the terminal is closed. */
  inputFlags: number;
  /** c_oflag */
  outputFlags: number;
  /** c_cflag */
  controlFlags: number;
  /** c_lflag */
  localFlags: number;
  ref(): void;
  unref(): void;
  /**
   * Idempotent. The processes in the foreground get SIGHUP, if it is their controlling terminal. What was not written
   * by now is lost.
   */
  close(): void;
  /** Closes it. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface TerminalConstructor {
  /**
   * Opens a terminal that processes can be given, after one another or together: as `terminal` of `spawn`. They stay in
   * this program's session, so it is not their controlling terminal.
   *
   * @throws {SpawnError} when none can be had.
   */
  new (options: TerminalOptions & Pick<EngineOptions, "engine">): Terminal;
  readonly prototype: Terminal;
}

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
  /**
   * Milliseconds, after which `killSignal` is sent. Default none. The output then ends with the child, with all that
   * was written by then, though another process may still have the pipe.
   */
  readonly timeout?: number | undefined;
  /** Default `"SIGTERM"`. Any string for the compiler, as in Bun; one that names no signal is a TypeError. */
  readonly killSignal?: SignalName | (string & Record<never, never>) | number | undefined;
  /** Bytes of stdout, and of stderr; more than that, and it ends as by `timeout`. Default none. */
  readonly maxBuffer?: number | undefined;
  /** argv[0]. Default: the command. */
  readonly argv0?: string | undefined;
  /** A new session for the child. Default false. */
  readonly detached?: boolean | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** The same as `setup.cgroup`. */
  readonly cgroup?: string | number | undefined;
  /**
   * Its abort sends `killSignal`, and ends the output as `timeout` does. One that is aborted already throws an
   * AbortError, and nothing starts. In `spawnSync` only `AbortSignal.timeout()` can abort, and only Bun's own spawn
   * (engine `runtime` there) learns of that; every other engine refuses the option. `timeout` works everywhere.
   */
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
  /**
   * A terminal instead of stdin, stdout and stderr, which are null then. Options: a new one, which is the controlling
   * terminal of the child and of the session that the child leads. A `Terminal`, or a `Bun.Terminal`: that one.
   */
  readonly terminal?: TerminalOptions | Omit<Terminal, "engine"> | undefined;
  /** After the reactions to `exited`. */
  readonly onExit?:
    | ((
        subprocess: Subprocess<In, Out, Err>,
        exitCode: number | null,
        signalCode: SignalName | number | null,
        error?: Error,
      ) => void)
    | undefined;
  /**
   * Opens a channel to the child, and is called with each message of it (`process.send()` there), in order, before
   * `exited`. The child is a program of Node, Bun or Deno, which finds the channel by two variables of its environment;
   * it is the first fd after those of stdio. No handle (a server, a socket) can come with a message: whoever sends one
   * is told. Engine `runtime` of Deno refuses the option. What it throws is an uncaught error. See docs/ipc.md.
   */
  readonly ipc?: ((message: unknown, subprocess: Subprocess<In, Out, Err>, handle?: undefined) => void) | undefined;
  /**
   * How messages are written. `"json"`: any runtime reads it. `"advanced"` (the default): with Map, Date, typed arrays,
   * cycles and bigints, in the format of this runtime's own engine; Node and Deno read each other's, and Bun its own. A
   * child that writes the other one ends the channel, and `onDisconnect` gets the error.
   */
  readonly serialization?: Serialization | undefined;
  /**
   * Called once, with true, when the channel is closed: after the last message, and before `exited` and `onExit`. The
   * error: what the child sent could not be read, and the channel was closed for it. An error because the child writes
   * the format of another runtime is thrown as an uncaught one where this function is missing, since nothing can work.
   */
  readonly onDisconnect?: ((isOver: true, error?: Error) => void) | undefined;
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
  /**
   * Null for every fd of the child but for these beyond 2: of a given fd of this program its number, and of a pipe the
   * number of this program's end.
   */
  readonly stdio: [null, null, null, ...(number | null)[]];
  /** The terminal that the child was started at. */
  readonly terminal: Terminal | undefined;
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
  /** Whether messages can be sent: false without `ipc`, and once the channel is closed. */
  readonly connected: boolean;
  /**
   * Sends a message to the child, which gets it when it listens. The callback is told when the message is written, with
   * null, or that it could not be. Handles (servers, sockets) cannot be sent.
   *
   * @returns false where 128 KiB or more wait for the child to read: whoever then waits for a callback saves memory.
   * @throws {Error} ERR_IPC_CHANNEL_CLOSED without a channel; with a callback that gets the error instead.
   * @throws {TypeError} for what is no message, or cannot be written in this `serialization`.
   */
  send(message: unknown, callback?: SendCallback): boolean;
  send(message: unknown, handle: null | undefined, callback?: SendCallback): boolean;
  send(message: unknown, handle: null | undefined, options: object | undefined, callback?: SendCallback): boolean;
  /** Closes the channel, once what waits is written. Without effect where there is none. */
  disconnect(): void;
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
