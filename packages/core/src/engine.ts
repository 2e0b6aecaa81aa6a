/**
 * SEAM 1: a {@link SpawnRequest} goes in, a running process or a {@link Failure} comes out.
 * Three engines implement it: `io_uring`, `vfork`, and the runtime's own spawn.
 */
import type { SpawnRequest } from "./request.js";

/** The engines, in the order in which `auto` prefers them. */
export type EngineName = "io_uring" | "vfork" | "runtime";
export const ENGINE_NAMES: readonly EngineName[] = Object.freeze(["io_uring", "vfork", "runtime"] as const);

/**
 * What a spawn can fail at. The native engines always say which; the runtime's own spawn cannot
 * (`step` is then undefined).
 */
export type Step =
  | "request"
  | "memory"
  | "stdio"
  | "cgroup"
  | "birth"
  | "namespaces"
  | "session"
  | "processGroup"
  | "fds"
  | "controllingTerminal"
  | "limits"
  | "priority"
  | "ioPriority"
  | "affinity"
  | "scheduler"
  | "umask"
  | "root"
  | "cwd"
  | "groups"
  | "gid"
  | "uid"
  | "dieWithParent"
  | "noNewPrivileges"
  | "closeFds"
  | "signals"
  | "mask"
  | "file"
  | "interpreter";

/** A spawn that did not happen. Nothing is left of it: no process, no fd. */
export interface Failure {
  /** Positive errno of the step that failed. */
  readonly errno: number;
  readonly step: Step | undefined;
  /** Which one of several: position in `slots`, `setup.limits` or `candidates`, or a signal number. */
  readonly index: number;
  /** The runtime's own error, where there is one. */
  readonly cause?: unknown;
}

/** How a process ended. Both null: it is gone, but somebody else took its status. */
export interface Exit {
  readonly code: number | null;
  /** Number of the signal that killed it. */
  readonly signal: number | null;
  readonly coreDumped: boolean;
  /** Undefined where the engine cannot tell. */
  readonly usage: Usage | undefined;
}

/** From rusage. Times in microseconds, memory in bytes. */
export interface Usage {
  readonly userMicros: number;
  readonly systemMicros: number;
  readonly maxRss: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly blocksIn: number;
  readonly blocksOut: number;
}

/** The parent's end of a pipe that the child writes. One read at a time. */
export interface Source {
  /**
   * Fills the beginning of `into`. Resolves to the number of bytes, 0 at the end. A plain number
   * means they were at hand: no turn of the event loop was needed.
   */
  read(into: Uint8Array): number | Promise<number>;
  /** Idempotent. A read under way resolves to 0. */
  close(): void;
}

/** The parent's end of a pipe that the child reads. One write at a time. */
export interface Sink {
  /** Done when every byte is in the pipe. Rejects (EPIPE…) with an Error that has `code` and `errno`. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** Idempotent. The child sees the end once everything before is read. */
  close(): void | Promise<void>;
}

/** A process that runs. */
export interface Running {
  readonly pid: number;
  /** The parent's ends, by the child's fd number. */
  readonly pipes: ReadonlyMap<number, Source | Sink>;
  /** Never rejects. */
  readonly exited: Promise<Exit>;
  /** False once the process is gone; never hits another one. `signal` 0 only looks. Throws on EPERM. */
  kill(signal: number): boolean;
  /** A ref'd process (the default) keeps the program alive until it ended and its reads are done. */
  ref(): void;
  unref(): void;
}

/**
 * A process that is being started: what {@link Engine.start} gives. When it was not started, `exited` still
 * resolves, with nulls and after `started`; `kill` is false, and the pipes see their end.
 */
export interface Starting extends Running {
  /** Asking for it submits what is queued: reading it early costs the burst. 0: it was never born. */
  readonly pid: number;
  /** Undefined once the program runs; else why it does not. Never rejects. */
  readonly started: Promise<Failure | undefined>;
}

/** A child that waits for its program. It keeps nothing alive. */
export interface Parked {
  /**
   * Gives it the program of this request: candidates, argv, env and cwd. The rest must be what it was parked with.
   * Otherwise nothing was started, and it still waits (unless it is gone).
   */
  fill(request: SpawnRequest): Starting | Unfilled;
  /** Ends it, if it still waits. */
  discard(): void;
  /**
   * When it no longer waits: its program runs, or it has ended and nothing is left of it. A Failure: it could not be
   * set up, or its program not be started.
   */
  readonly gone: Promise<Failure | undefined>;
}

/** `stale`: this program is no longer what the child was born of (ids, limits, …). `too long`: a list or a path. */
export type Unfilled = "gone" | "stale" | "too long";

/** What a blocking spawn needs beyond the request. */
export interface SyncOptions {
  /** Bytes for "in" pipes, by the child's fd number; every other "in" pipe is closed at once. */
  readonly input: ReadonlyMap<number, Uint8Array>;
  /** Milliseconds, after which `killSignal` is sent. */
  readonly timeout: number | undefined;
  /** Bytes per "out" pipe; more than that, and `killSignal` is sent. */
  readonly maxBuffer: number | undefined;
  readonly killSignal: number;
}

/** What a blocking spawn gives back. */
export interface SyncResult {
  readonly pid: number;
  readonly exit: Exit;
  /** Everything the "out" pipes gave, by the child's fd number. */
  readonly output: ReadonlyMap<number, Uint8Array>;
  readonly timedOut: boolean;
  readonly overflowed: boolean;
}

/** Why an engine says no to a request before anything is started. */
export interface Refusal {
  /** The option as the user wrote it: `setup.cgroup`, `stdin`, … */
  readonly option: string;
  /** One sentence, without the engine's name at the front. */
  readonly reason: string;
}

export interface Engine {
  readonly name: EngineName;
  /** Undefined when it can be used here; else the reason, one sentence. Asked often: keep the answer. */
  unavailable(): string | undefined;
  /** The first thing in the request it cannot do. Looks only, starts nothing. */
  refuses(request: SpawnRequest): Refusal | undefined;
  /** Starts the process. Blocks no longer than its start takes. */
  spawn(request: SpawnRequest): Running | Failure;
  /**
   * Begins to start the process, and returns before it is known whether it could be. Only engines that can do that
   * have it; what can be told at once (no fd left, a file that cannot be opened) is a Failure, and what is known to
   * run by then a plain Running.
   */
  start?(request: SpawnRequest): Starting | Running | Failure;
  /**
   * Sets a child up as the request says, and has it wait in front of its program; what the request says of that is not
   * looked at. Only engines that can do that have it.
   */
  park?(request: SpawnRequest): Parked | Failure;
  /** Starts it, feeds it, and waits for its end, without running anything else of the program. */
  spawnSync(request: SpawnRequest, options: SyncOptions): SyncResult | Failure;
  /**
   * The chain the request becomes, whether it could be carried out here or not; undefined where none can be made.
   * Starts nothing. An engine without chains (the runtime's own spawn) has no such method.
   */
  explain?(request: SpawnRequest): readonly ExplainedStep[] | undefined;
}

/** One row of a chain, for people: the step, which one of several, and the numbers of its system call. */
export interface ExplainedStep {
  readonly step: Step;
  readonly index: number;
  readonly args: readonly number[];
}
