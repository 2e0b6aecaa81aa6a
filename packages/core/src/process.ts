/** The one handle under every face: a running process, its pipes, and what ends it early. */
import { after, bare, type Box, quietly } from "./builtins.js";
import { collect } from "./collect.js";
import type { EngineName, Exit, Running, Sink, Source, TerminalEnd, Usage } from "./engine.js";
import type { SpawnError } from "./error.js";
import type { Host } from "./host.js";
import { SIGNALS } from "./numbers.js";
import { bytesOf, SubprocessReadableStream, writableStream } from "./streams.js";

/** What goes both ways: a socket pair or a pseudo-terminal. Closing `writable` leaves `readable` as it is. */
export interface DuplexPipe {
  readonly readable: SubprocessReadableStream;
  readonly writable: WritableStream<Uint8Array>;
}

/**
 * Pipes beyond 0, 1 and 2, by the child's fd number: readable where the child writes, writable where it reads, both for
 * a socket pair or a terminal. Of a raw one it is the number of the parent's fd, which the user closes.
 */
export interface ExtraPipes {
  readonly [fd: number]: SubprocessReadableStream | WritableStream<Uint8Array> | DuplexPipe | number;
}

/** Milliseconds in which a signal that kills has killed. */
const GRACE = 50;

const ONCE: AddEventListenerOptions = Object.freeze(bare({ once: true }));

/** One promise for all processes that are known to run. */
const RUNS: Promise<undefined> = Promise.resolve(undefined);

export class Process {
  readonly engine: EngineName;
  /** Undefined once the program runs, else why it does not. Never rejects. */
  readonly started: Promise<Box<SpawnError> | undefined>;
  /** Never rejects. {@link exit} is set before any reaction to it runs. */
  readonly exited: Promise<Exit>;
  /** Undefined while the process runs. */
  exit: Exit | undefined;
  readonly #host: Host;
  readonly #running: Running;
  /** What is known of the start of the process. */
  #start: "runs" | "undecided" | "failed";
  // Most children are never asked for a stream: no map until then.
  #readables: Map<number, SubprocessReadableStream> | undefined;
  #writables: Map<number, WritableStream<Uint8Array>> | undefined;
  #collected: Set<number> | undefined;
  #fds: ExtraPipes | undefined;
  #replaced: Map<number, Source> | undefined;
  #writers: Set<number> | undefined;
  #onExit: (() => void)[] | undefined;
  /** The fd that {@link channel} was asked for. */
  #channel: number | undefined;
  #isCutOff = false;
  /** The last signal that was sent from here. */
  #sent: number | undefined;

  constructor(host: Host, running: Running, engine: EngineName, started: Promise<Box<SpawnError> | undefined> = RUNS) {
    this.#host = host;
    this.#running = running;
    this.engine = engine;
    this.started = started;
    this.#start = started === RUNS ? "runs" : "undecided";
    if (started !== RUNS) void started.then((failed) => this.#decide(failed !== undefined));
    this.exited = running.exited;
    void running.exited.then((exit) => {
      this.exit = exit;
      this.#settle(exit);
      if (this.#onExit !== undefined) for (const callback of this.#onExit) quietly(callback);
    });
  }

  /** 0 when the process was not started. The engine is asked late: it may have to submit first. */
  get pid(): number {
    return this.#start === "failed" ? 0 : this.#running.pid;
  }

  /** Undefined before the end, and for a child that never ran its program: what that child used was not the program. */
  get usage(): Usage | undefined {
    return this.#start === "failed" ? undefined : this.exit?.usage;
  }

  /** False once the process is gone. `signal` 0 only looks. Throws where the kernel does not permit it. */
  kill(signal: number): boolean {
    if (this.exit !== undefined) return false;
    if (this.#start !== "undecided") {
      const isSent = this.#running.kill(signal);
      if (isSent && signal !== 0) this.#sent = signal;
      return isSent;
    }
    // The signal is meant for the program. A child that has not exec'd yet would die of it, and a failed start be told.
    void this.started.then(() => this.end(signal));
    return true;
  }

  ref(): void {
    this.#running.ref();
  }

  unref(): void {
    this.#running.unref();
  }

  /** The parent's side of the terminal that was made for the process. */
  get terminal(): TerminalEnd | undefined {
    return this.#running.terminal;
  }

  source(fd: number): Source | undefined {
    return this.#replaced?.get(fd) ?? this.#running.pipes.get(fd)?.source;
  }

  sink(fd: number): Sink | undefined {
    const sink = this.#running.pipes.get(fd)?.sink;
    if (sink !== undefined) (this.#writers ??= new Set()).add(fd);
    return sink;
  }

  /** Puts another in the place of the source of a pipe, before any reader has it. */
  replaceSource(fd: number, source: Source): void {
    (this.#replaced ??= new Map()).set(fd, source);
  }

  /** The same stream each time; undefined when this fd is no pipe that the child writes. */
  readable(fd: number): SubprocessReadableStream | undefined {
    const made = this.#readables?.get(fd);
    if (made !== undefined) return made;
    const source = this.source(fd);
    if (source === undefined) return undefined;
    const stream = new SubprocessReadableStream(source);
    // collect() reads this source to its end, so a stream of it must be locked from the start.
    if (this.#collected?.has(fd)) stream.getReader();
    (this.#readables ??= new Map()).set(fd, stream);
    return stream;
  }

  /** The same stream each time; undefined when this fd is no pipe that the child reads. */
  writable(fd: number): WritableStream<Uint8Array> | undefined {
    const made = this.#writables?.get(fd);
    if (made !== undefined) return made;
    const sink = this.sink(fd);
    if (sink === undefined) return undefined;
    const stream = writableStream(sink, this.#host);
    (this.#writables ??= new Map()).set(fd, stream);
    return stream;
  }

  /** Whether this fd is read already, by its stream or by {@link collect}. */
  isLocked(fd: number): boolean {
    const made = this.#readables?.get(fd);
    return (this.#collected?.has(fd) ?? false) || (made?.locked ?? false);
  }

  /** Whether somebody reads what the child writes. */
  get isRead(): boolean {
    if (this.#collected !== undefined) return true;
    for (const stream of this.#readables?.values() ?? []) if (stream.locked) return true;
    return false;
  }

  /** Everything the child writes to this fd; undefined when it is no pipe. No stream is made for it. */
  collect(fd: number): Promise<Box<Uint8Array<ArrayBuffer>>> | undefined {
    const source = this.source(fd);
    if (source === undefined) return undefined;
    const stream = this.#readables?.get(fd);
    if (stream !== undefined) return bytesOf(stream);
    (this.#collected ??= new Set()).add(fd);
    return collect(source);
  }

  /** The parent's end of a raw pipe, which is the user's from now on. */
  raw(fd: number): number | undefined {
    return this.#running.pipes.get(fd)?.fd;
  }

  /** The number of the same, which stays the engine's. */
  shownRaw(fd: number): number | undefined {
    return this.#running.pipes.get(fd)?.shownFd;
  }

  /** Both directions of a pair of sockets, which is then none of the user's {@link fds}. */
  channel(fd: number): { readonly source: Source; readonly sink: Sink } {
    this.#channel = fd;
    const [source, sink] = [this.source(fd), this.sink(fd)];
    if (source === undefined || sink === undefined) throw new Error(`fd ${fd} of the child is no pair of sockets`);
    return { source, sink };
  }

  get fds(): ExtraPipes {
    if (this.#fds === undefined) {
      const fds: Record<number, ExtraPipes[number]> = {};
      for (const [fd, pipe] of this.#running.pipes) {
        if (fd <= 2 || fd === this.#channel) continue;
        const [readable, writable] = [this.readable(fd), this.writable(fd)];
        const end = readable && writable ? { readable, writable } : (readable ?? writable ?? pipe.fd);
        if (end !== undefined) fds[fd] = end;
      }
      this.#fds = Object.freeze(fds);
    }
    return this.#fds;
  }

  /** Calls back after `timeout` milliseconds, unless the process has ended by then. */
  whenLate(timeout: number, callback: () => void): void {
    // The child keeps the program alive if it is to; the timer of an unref'd child must not.
    this.whenExited(this.#running.after(timeout, callback) ?? after(timeout, callback));
  }

  /** Calls back as soon as the exit is known, before those who wait for {@link exited}. */
  whenExited(callback: () => void): void {
    (this.#onExit ??= []).push(callback);
  }

  #decide(hasFailed: boolean): void {
    this.#start = hasFailed ? "failed" : "runs";
    if (!hasFailed) return;
    // There is no process at their other ends, nor will there be one.
    for (const { source, sink } of this.#running.pipes.values()) {
      source?.close();
      void sink?.close();
    }
  }

  /** The child has ended. An fd of which nothing more can come is closed now, not by the garbage collector. */
  #settle({ signal }: Exit): void {
    // Whoever ends a process gives up what was still to be written, but reads on unless that was a cut off.
    const isEnded = this.#isCutOff || (signal !== null && signal === this.#sent);
    for (const [fd, { source, sink }] of this.#running.pipes) {
      source?.settle(this.#isCutOff);
      sink?.settle(this.#writers?.has(fd) ?? false, isEnded);
    }
    this.#running.terminal?.settle();
  }

  /** Sends SIGTERM and waits for the end of the process, however long that takes. */
  async dispose(): Promise<void> {
    this.end(SIGNALS.SIGTERM);
    await this.exited;
  }

  /**
   * As {@link cutOff}, for a process that writes too much to this source, which is closed. That comes later than the
   * signal: a process that writes to a pipe without a reader would die of SIGPIPE instead. One that lives on gets that.
   */
  cutShort(source: Source, signal: number): void {
    if (this.exit !== undefined) return source.close();
    this.cutOff(signal);
    const close = (): void => source.close();
    this.whenExited(close);
    this.whenLate(GRACE, close);
  }

  /** As {@link end}; and the end of the process is that of its pipes, though another process may hold them. */
  cutOff(signal: number): void {
    this.#isCutOff = true;
    this.end(signal);
  }

  /** Sends a signal from a timer, an abort or a disposal, where there is no caller to tell of a failure. */
  end(signal: number): void {
    try {
      this.kill(signal);
    } catch {
      // EPERM: the child has become another user's and runs on.
    }
  }
}

/**
 * Starts a process, and calls `end` when `signal` aborts, unless the process has ended by then. The signal is listened
 * to before the birth: one of the caller's own may throw then, and nothing was started.
 */
export function startUnder(
  signal: AbortSignal | undefined,
  start: () => Process,
  end: (process: Process) => void,
): Process {
  if (signal === undefined) return start();
  const begun: { process: Process | undefined; isAborted: boolean } = { process: undefined, isAborted: false };
  const abort = (): void => {
    begun.isAborted = true;
    if (begun.process !== undefined) end(begun.process);
  };
  signal.addEventListener("abort", abort, ONCE);
  const leave = (): void => quietly(() => signal.removeEventListener("abort", abort));
  try {
    const process = (begun.process = start());
    process.whenExited(leave);
    if (begun.isAborted) end(process);
    return process;
  } catch (error) {
    leave();
    throw error;
  }
}
