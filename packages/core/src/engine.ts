/**
 * SEAM 1: a {@link SpawnRequest} goes in, a running process or a {@link Failure} comes out.
 *
 * Everything on this seam carries Linux numbers: errnos, signals, flags. An engine over a runtime's own spawn
 * translates them by name, because the numbers of another system differ and the names do not.
 */
import type { SetupKey } from "./options.js";
import type { SpawnRequest } from "./request.js";

/** The engines of ringspawn's own packages; others may join under a name of their own. */
export type EngineName = "io_uring" | "vfork" | "runtime" | (string & Record<never, never>);

/**
 * What a spawn can fail at: a key of `setup`, or what every spawn has. The native engines always say which; the
 * runtime's own spawn can seldom (`step` is then undefined).
 */
export type Step = SetupKey | "request" | "memory" | "stdio" | "birth" | "cwd" | "mask" | "file" | "interpreter";

/** A spawn that did not happen. Nothing is left of it: no process, no fd. */
export interface Failure {
  /** Positive Linux errno of the step that failed. */
  readonly errno: number;
  readonly step: Step | undefined;
  /** Which one of several: position in `slots`, `setup.limits` or `candidates`, or a signal number. */
  readonly index: number;
  /** The runtime's own error, where there is one. */
  readonly cause?: unknown;
}

/** Whether a spawn failed. A process has no `errno` of its own, whatever a program has put on Object.prototype. */
export function isFailure(result: object): result is Failure {
  return Object.hasOwn(result, "errno");
}

/** How a process ended. Both null: the process is gone, and its status was taken by other code. */
export interface Exit {
  readonly code: number | null;
  /** Linux number of the signal that killed the process. */
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

/** What the parent reads of a pipe. One read at a time. */
export interface Source {
  /**
   * Fills the beginning of `into`. Resolves to the number of bytes, 0 at the end. A plain number means that the bytes
   * were at hand: no turn of the event loop was needed. A source that always has more waits for one now and then,
   * so that its reader keeps nobody from the loop.
   */
  read(into: Uint8Array): number | Promise<number>;
  /**
   * The process has ended. Takes in what is at hand, within bounds, so that a pipe which nobody reads holds no fd. What
   * was taken in is read as before. `isEnd`: nothing more is to come, though another process may still have the pipe.
   * Does not throw.
   */
  settle(isEnd: boolean): void;
  /** Idempotent. A read under way resolves to 0. */
  close(): void;
}

/** What the parent writes into a pipe. One write at a time. */
export interface Sink {
  /** Done when every byte is in the pipe. Rejects (EPIPE…) with an Error that has `code` and `errno`. */
  write(chunk: Uint8Array): void | Promise<void>;
  /**
   * The process has ended. Closes a pipe that no process can read any more, as one that nobody closes holds an fd.
   * `isWanted`: somebody has asked for it. Where it is not known whether another process reads it, as one that talks to
   * this program both ways may, a plain pipe is closed if it is not wanted. `isEnd`: it is closed though another
   * process may still read it, and a write that waits rejects with EPIPE.
   */
  settle(isWanted: boolean, isEnd: boolean): void;
  /** Idempotent. The child sees the end once everything before is read. */
  close(): void | Promise<void>;
}

/** The parent's side of one fd of the child: one direction, both (a socket pair, a terminal), or the bare fd. */
export interface Pipe {
  /** What the child writes. */
  readonly source: Source | undefined;
  /** What the child reads. */
  readonly sink: Sink | undefined;
  /** The parent's fd, which is the program's own as soon as it is asked for here. Then there is no source nor sink. */
  readonly fd: number | undefined;
  /** The same number, which is only to be shown: whoever reads it here does not have it. */
  readonly shownFd?: number | undefined;
}

/** Columns and rows of a terminal, 1 to 65535 each. */
export interface TerminalSize {
  readonly cols: number;
  readonly rows: number;
}

/** The flags of termios(3). */
export interface TerminalFlags {
  readonly input: number;
  readonly output: number;
  readonly control: number;
  readonly local: number;
}

/** What happens at a terminal. None of these throws. */
export interface TerminalEvents {
  /** What came from it. The bytes are the receiver's own. */
  data(bytes: Uint8Array): void;
  /** No process has it open any more, and all that came was told. Called once, and not after a close(). */
  end(): void;
  /** All that was written was taken. Undefined: nobody asks. */
  readonly drain: (() => void) | undefined;
}

/** The parent's side of a pseudo-terminal. It keeps the program alive until its end, unless it is unref'd. */
export interface TerminalEnd {
  /** Called once: reads from now on, and tells of it in later turns of the event loop. */
  listen(events: TerminalEvents): void;
  /** Takes all of it: what the terminal does not take now is copied, and written later. Tells of no failure. */
  write(bytes: Uint8Array): void;
  /** @throws where the system refuses it, as the next three. */
  resize(size: TerminalSize): void;
  flags(): TerminalFlags;
  setFlags(flags: TerminalFlags): void;
  /** False: as it was before. */
  setRawMode(isRaw: boolean): void;
  /** A process of it has ended. Tells of all that is at hand, and of the end if it is that. */
  settle(): void;
  /** Without effect after the end, or a close(), as is the next. */
  ref(): void;
  unref(): void;
  /** Idempotent. What was not read or written by now is lost. */
  close(): void;
}

/** A pseudo-terminal that was opened without a process. */
export interface OpenTerminal {
  readonly end: TerminalEnd;
  /** What a child is given of it: an fd of this program, or an object that only the runtime's own spawn can use. */
  readonly given: number | object;
}

/** A process that runs. */
export interface Running {
  readonly pid: number;
  /** The parent's sides, by the child's fd number. */
  readonly pipes: ReadonlyMap<number, Pipe>;
  /** The parent's side of the terminal that was made for the process, if the request has slots of kind "terminal". */
  readonly terminal: TerminalEnd | undefined;
  /** Never rejects. */
  readonly exited: Promise<Exit>;
  /**
   * Sends a signal, by its Linux number; 0 only looks. False once the process is gone; another process is never hit.
   *
   * @throws where the kernel does not permit it (EPERM).
   */
  kill(signal: number): boolean;
  /** A ref'd process (the default) keeps the program alive until the process has ended and its reads are done. */
  ref(): void;
  unref(): void;
  /**
   * Calls back after `ms` milliseconds, while the process runs, by a clock and timers that are not those of JavaScript,
   * which test frameworks stop. Returns what cancels it. Undefined: it cannot be done, or not now.
   */
  after(ms: number, callback: () => void): (() => void) | undefined;
}

/**
 * A process that is being started: what {@link Engine.start} gives. When the process was not started, `exited` still
 * resolves, with nulls and after `started`; `kill` is false, and the pipes see their end.
 */
export interface Starting extends Running {
  /** Asking for it submits what is queued: reading it early costs the burst. 0: the process was never born. */
  readonly pid: number;
  /** Undefined once the program runs; else why it does not. Never rejects. */
  readonly started: Promise<Failure | undefined>;
}

/** A child that is set up and waits for its program. It keeps nothing alive. */
export interface Prespawned {
  /**
   * Gives the child the program of this request: candidates, argv, env and cwd. The rest of the request must be what
   * the child was set up with. After a refusal nothing was started, and the child still waits (unless it is gone).
   */
  exec(request: SpawnRequest): Starting | ExecRefusal;
  /** Ends the child, if it still waits. */
  kill(): void;
  /**
   * Resolves when the child no longer waits: its program runs, or the child has ended and nothing is left of it. A
   * Failure says that the child could not be set up, or its program not be started.
   */
  readonly ended: Promise<Failure | undefined>;
}

/** `stale`: this program is no longer what the child was born of (ids, limits, …). `too long`: a list or a path. */
export type ExecRefusal = "gone" | "stale" | "too long";

/** What a blocking spawn needs beyond the request. */
export interface SyncOptions {
  /**
   * Bytes for "in" pipes, by the child's fd number; every other "in" pipe is closed at once. A pair of sockets that has
   * input is not read.
   */
  readonly input: ReadonlyMap<number, Uint8Array>;
  /** Milliseconds, after which `killSignal` is sent. */
  readonly timeout: number | undefined;
  /** Bytes per "out" pipe; more than that, and `killSignal` is sent. */
  readonly maxBuffer: number | undefined;
  /** `maxBuffer` is for all pipes together, and when the process is killed its pipes are closed. Default false. */
  readonly limitsAll?: boolean;
  readonly killSignal: number;
  /** Its abort, which only time can bring about while this thread is blocked, sends `killSignal`. */
  readonly signal: AbortSignal | undefined;
  /** The pid in the result is not used, and may be 0: an engine may have a quicker way without it. */
  readonly withoutPid: boolean;
}

/** What a blocking spawn gives back. */
export interface SyncResult {
  readonly pid: number;
  readonly exit: Exit;
  /** Everything the "out" pipes gave, by the child's fd number. */
  readonly output: ReadonlyMap<number, Uint8Array>;
  readonly timedOut: boolean;
  readonly overflowed: boolean;
  /** Not all input could be written, because nobody reads it any more. Undefined where the engine cannot tell. */
  readonly inputLost?: boolean;
}

/** Why an engine says no to a request before anything is started. */
export interface Refusal {
  /** The option as the user wrote it: `setup.cgroup`, `stdin`, … */
  readonly option: string;
  /** One sentence, without the engine's name at the front. */
  readonly reason: string;
}

/**
 * What an engine can do with a request. An engine has the methods of what it can do, and no others: nothing
 * of Object.prototype stands behind its class, so that no property there is taken for one of them.
 */
export interface Engine {
  readonly name: EngineName;
  /** What carries a request out, for people: `child_process`, `the native engine`. */
  readonly api: string;
  /** The keys of `setup` that the engine carries out. A request with any other is refused, by the name of that key. */
  readonly serves: ReadonlySet<SetupKey>;
  /** Undefined when the engine can be used here; else the reason, one sentence. Asked often: keep the answer. */
  unavailable(): string | undefined;
  /**
   * The first thing in the request, besides keys of `setup`, that the engine cannot do; with `sync`, in a call that
   * blocks. Starts nothing.
   */
  refuses(request: SpawnRequest, sync?: SyncOptions): Refusal | undefined;
  /** Starts the process. Blocks no longer than its start takes. */
  spawn?(request: SpawnRequest): Running | Failure;
  /**
   * Begins to start the process, and returns before it is known whether it could be. What can be told at once (no fd
   * left, a file that cannot be opened) is a Failure, and what is known to run by then a plain Running. The fds that
   * the request names may be closed once this has returned.
   */
  start?(request: SpawnRequest): Starting | Running | Failure;
  /**
   * Sets a child up as the request says, and has it wait in front of its program; what the request says of the program
   * is not looked at.
   */
  prespawn?(request: SpawnRequest): Prespawned | Failure;
  /** Starts the process, feeds it, and waits for its end, without running anything else of the program. */
  spawnSync?(request: SpawnRequest, options: SyncOptions): SyncResult | Failure;
  /** Opens a pseudo-terminal, which several processes may be given after one another. */
  readonly openTerminal?: ((size: TerminalSize) => OpenTerminal | Failure) | undefined;
  /**
   * The chain that the request becomes, whether it could be carried out here or not; undefined where none can be made.
   * Starts nothing.
   */
  explain?(request: SpawnRequest): readonly ExplainedStep[] | undefined;
}

/** One row of a chain, for people: the step, which one of several, and the numbers of its system call. */
export interface ExplainedStep {
  readonly step: Step;
  readonly index: number;
  readonly args: readonly number[];
}
