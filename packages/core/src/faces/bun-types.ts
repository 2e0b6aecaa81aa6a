/** The types of the face in the shape of `Bun.spawn` and `Bun.spawnSync`. */
import type { EngineName } from "../engine.js";
import type { SignalName } from "../numbers.js";
import type { EngineOptions } from "../options.js";
import type { ExtraPipes } from "../process.js";
import type { ResourceUsage } from "../status.js";
import type { InputData } from "../stdio.js";
import type { SubprocessReadableStream } from "../streams.js";
import type { FileSink } from "./file-sink.js";

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
   * never waits. True: some 200 KB of each, and the rest when somebody reads them.
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
  /**
   * Null for every fd of the child but for these beyond 2: of a given fd of this program its number, and of a pipe the
   * number of this program's end.
   */
  readonly stdio: [null, null, null, ...(number | null)[]];
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
