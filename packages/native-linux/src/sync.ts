/** A spawn that blocks: the same pipes and the same kind of loop, turned here until the process has ended. */
import type { Exit, SpawnRequest, SyncOptions, SyncResult } from "@ringspawn/core/seam";
import { ERRNO, SIGNAL } from "./abi.gen.js";
import { whenEnded } from "./child.js";
import type { ExitStatus, Outcome } from "./decode.js";
import type { Binding } from "./binding.js";
import type { Loop } from "./loop.js";
import { joined, type NativePipe, openPipes, type PipeSink, type PipeSource } from "./pipe.js";

/** Milliseconds in which a signal that kills has killed. */
const GRACE = 50;
/** The longest time that the loop waits in one go. */
const MAX_WAIT = 2 ** 31 - 1;
const CHUNK = 64 * 1024;
/** Reads of one pipe before the loop is turned again: a firehose must not outrun the timeout. */
const READS_A_TURN = 16;
/** One for all: nothing else runs while a spawn blocks. */
let scratch: Uint8Array | undefined;

export function waitSync(
  binding: Binding,
  loop: Loop,
  request: SpawnRequest,
  options: SyncOptions,
  outcome: Outcome,
  status: ExitStatus,
): SyncResult {
  const { pid, pidfd } = outcome;
  const child = new SyncChild(binding, loop, pidfd, outcome, status, options);
  try {
    child.watch();
    child.serve(openPipes(binding, loop, request, outcome, undefined));
    child.run();
  } catch (error) {
    // Such as a lack of memory for what it writes. Nobody gets to know of it, so it must not live on.
    child.closePipes();
    child.abandon();
    throw error;
  }
  child.closePipes();
  outcome.holder = undefined;
  const exit = child.exit as Exit;
  const output = new Map<number, Uint8Array>();
  for (const [fd, chunks] of child.outputs) output.set(fd, joined(chunks));
  const { timedOut, overflowed, inputLost } = child;
  return { pid, exit, output, timedOut, overflowed, inputLost };
}

/** A process that is waited for, and what it has written so far. */
class SyncChild {
  readonly outputs = new Map<number, Uint8Array[]>();
  timedOut = false;
  overflowed = false;
  inputLost = false;
  exit: Exit | undefined;
  #ending: ReturnType<typeof whenEnded> | undefined;
  #pipes: ReadonlyMap<number, NativePipe> | undefined;
  /** Bytes of all outputs. */
  #total = 0;
  readonly #sources: PipeSource[] = [];
  readonly #binding: Binding;
  readonly #loop: Loop;
  readonly #pidfd: number;
  readonly #outcome: Outcome;
  readonly #status: ExitStatus;
  readonly #options: SyncOptions;
  /** Pipes whose end has not come. */
  #open = 0;
  /** Pipes of which too much came. */
  readonly #full: PipeSource[] = [];
  #closesFull = Infinity;

  constructor(binding: Binding, loop: Loop, pidfd: number, outcome: Outcome, status: ExitStatus, options: SyncOptions) {
    this.#binding = binding;
    this.#loop = loop;
    this.#pidfd = pidfd;
    this.#outcome = outcome;
    this.#status = status;
    this.#options = options;
  }

  /** The pidfd stays C's until the child has ended: the call may be cut off while it waits. */
  watch(): void {
    const outcome = this.#outcome;
    outcome.holder = this;
    const waiter = { holds: () => outcome.holder === this, take: () => void outcome.takePidfd() };
    const keep = (exit: Exit): void => {
      this.exit = exit;
    };
    this.#ending = whenEnded(this.#binding, this.#loop, this.#pidfd, this.#status, keep, waiter);
  }

  /** The call was cut off while it waited. The child runs on, and is reaped by C. */
  giveUp(): void {
    if (this.exit === undefined) this.#ending?.forget();
    this.closePipes();
  }

  closePipes(): void {
    for (const pipe of this.#pipes?.values() ?? []) pipe.close();
  }

  serve(pipes: ReadonlyMap<number, NativePipe>): void {
    this.#pipes = pipes;
    for (const [fd, pipe] of pipes) this.#serve(fd, pipe);
  }

  /** Feeds and collects. What is raw is closed: nobody could use it before the child has ended. */
  #serve(fd: number, pipe: NativePipe): void {
    const input = this.#options.input.get(fd);
    if (pipe.sink !== undefined) this.#feed(pipe.sink, input);
    // A pipe that has both is a pair of sockets.
    if (pipe.source !== undefined && input === undefined) this.#collect(pipe.source, fd);
    if (pipe.sink === undefined && pipe.source === undefined) pipe.close();
  }

  /** Turns the loop until it has ended. */
  run(): void {
    const { timeout } = this.#options;
    const deadline = timeout === undefined ? Infinity : this.#binding.now() + timeout;
    // A grandchild may hold the pipes for ever: once we have killed, only the process itself is waited for.
    while (this.exit === undefined || (this.#open > 0 && !this.timedOut && !this.overflowed)) {
      const next = Math.min(this.#isOver() ? Infinity : deadline, this.#closesFull);
      const left = next - this.#binding.now();
      if (left > 0) {
        this.#loop.turn(left === Infinity ? -1 : Math.min(Math.ceil(left), MAX_WAIT));
      } else if (next === this.#closesFull) {
        this.#closesFull = Infinity;
        for (const source of this.#full) source.close();
      } else {
        this.timedOut = true;
        this.#kill();
      }
    }
  }

  /** Ends it, and waits for that. Where there was no room to watch it, C reaps it later. */
  abandon(): void {
    if (this.exit !== undefined) return;
    this.#binding.kill(this.#pidfd, SIGNAL.SIGKILL);
    if (this.#ending === undefined) return;
    // What waited for it may be what has failed, and an event comes once.
    this.#ending.look();
    while (this.#isRunning()) this.#loop.turn(-1);
  }

  #isRunning(): boolean {
    return this.exit === undefined;
  }

  /** Whether it was killed because of a limit: of several limits that are one, the first that is met. */
  #isOver(): boolean {
    return this.timedOut || (this.overflowed && isLimitOfAll(this.#options));
  }

  #kill(): void {
    if (this.exit === undefined) this.#binding.kill(this.#pidfd, this.#options.killSignal);
    if (!isLimitOfAll(this.#options)) return;
    for (const source of this.#sources) source.close();
  }

  #feed(sink: PipeSink, bytes: Uint8Array | undefined): void {
    let left = bytes;
    // Whoever else has the pipe then gets all of it.
    const isWaitedFor = isLimitOfAll(this.#options);
    if (isWaitedFor) this.#open++;
    const pump = (): void => {
      try {
        left = left && sink.attempt(left);
      } catch {
        // EPIPE: the child does not want the rest, and that is its business.
        left = undefined;
        this.inputLost = true;
      }
      if (left !== undefined) {
        sink.whenReady(pump);
        return;
      }
      sink.close();
      if (isWaitedFor) this.#open--;
    };
    pump();
  }

  #collect(source: PipeSource, fd: number): void {
    const buffer = (scratch ??= new Uint8Array(CHUNK));
    const { maxBuffer = Infinity } = this.#options;
    const chunks: Uint8Array[] = [];
    const limitsAll = isLimitOfAll(this.#options);
    let total = 0;
    this.outputs.set(fd, chunks);
    this.#sources.push(source);
    this.#open++;
    const pump = (): void => {
      for (let i = 0; i < READS_A_TURN; i++) {
        const count = source.attempt(buffer);
        if (count === -ERRNO.EAGAIN) break;
        if (count > 0) {
          chunks.push(buffer.slice(0, count));
          total += count;
          this.#total += count;
          if ((limitsAll ? this.#total : total) <= maxBuffer) continue;
          this.overflowed = true;
          this.#kill();
          // Closed first, the pipe would kill by SIGPIPE. That is for a child which lives on.
          this.#full.push(source);
          this.#closesFull = Math.min(this.#closesFull, this.#binding.now() + GRACE);
        }
        this.#open--;
        return;
      }
      source.whenReady(pump);
    };
    pump();
  }
}

/** What a program puts on Object.prototype is no option. */
function isLimitOfAll(options: SyncOptions): boolean {
  return Object.hasOwn(options, "limitsAll") && options.limitsAll === true;
}
