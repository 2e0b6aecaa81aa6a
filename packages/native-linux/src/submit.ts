/** Starts that are not waited for: those of one tick are submitted together, at its end. */
import type { Exit, Failure, SpawnRequest, Starting } from "@ringspawn/core/seam";
import { READY } from "./abi.gen.js";
import { bare } from "./bare.js";
import { killPidfd, NativeProcess, whenEnded } from "./child.js";
import { type ExitStatus, StartedRows, type Outcome } from "./decode.js";
import type { Binding, RingName } from "./binding.js";
import type { Loop } from "./loop.js";

/** One for all ticks: a promise for each would be garbage of every burst of starts. */
const NOW: Promise<void> = Promise.resolve();

const BATCH = 64;
const NEVER_RAN: Exit = Object.freeze(bare({ code: null, signal: null, coreDumped: false, usage: undefined }));

export class Submitter {
  readonly #binding: Binding;
  readonly #loop: Loop;
  readonly #ring: RingName;
  readonly #pending = new Map<number, StartingChild>();
  readonly #rows = new StartedRows(BATCH);
  #isScheduled = false;
  #isListening = false;

  constructor(binding: Binding, loop: Loop, ring: RingName) {
    this.#binding = binding;
    this.#loop = loop;
    this.#ring = ring;
  }

  add(ticket: number, child: StartingChild): StartingChild {
    this.#pending.set(ticket, child);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      void NOW.then(() => {
        if (this.#isScheduled) this.submit();
      });
    }
    return child;
  }

  /** Everything that is queued goes out, in one system call. */
  submit(): void {
    this.#isScheduled = false;
    this.#take(false);
  }

  #take(isNotified: boolean): void {
    let count: number;
    do {
      count = this.#binding.submit(this.#ring, isNotified, this.#rows.words);
      if (count < 0) throw new Error(`the ring takes no chains any more (errno ${-count})`);
      for (let i = 0; i < count; i++) {
        const { ticket, over, failure, pid, pidfd } = this.#rows.read(i);
        const child = this.#pending.get(ticket);
        // Without a child, JavaScript was cut off before it had one.
        if (pidfd >= 0 && child === undefined) this.#binding.abandon(pidfd);
        else if (pidfd >= 0) child?.born(pid, pidfd);
        if (!over) continue;
        this.#pending.delete(ticket);
        child?.over(failure);
      }
    } while (count === BATCH);
    if (this.#pending.size === 0 || this.#isListening) return;
    this.#isListening = true;
    this.#loop.watch(this.#binding.notifyFd(this.#ring), READY.readable, () => {
      this.#isListening = false;
      this.#take(true);
    });
  }
}

export class StartingChild extends NativeProcess implements Starting {
  readonly started: Promise<Failure | undefined>;
  readonly exited: Promise<Exit>;
  readonly #status: ExitStatus;
  readonly #submit: () => void;
  #pid = 0;
  #pidfd = -1;
  #isOver = false;
  #hasFailed = false;
  #exit: Exit | undefined;
  #tell!: (failure: Failure | undefined) => void;
  #end!: (exit: Exit) => void;

  constructor(
    binding: Binding,
    loop: Loop,
    request: SpawnRequest,
    outcome: Outcome,
    status: ExitStatus,
    submit: () => void,
  ) {
    super(binding, loop, request, outcome);
    this.#status = status;
    this.#submit = submit;
    this.started = new Promise((resolve) => (this.#tell = resolve));
    this.exited = new Promise((resolve) => (this.#end = resolve));
    this.keepAlive.begin();
  }

  get pid(): number {
    if (this.#pid === 0 && this.keepAlive.alive) this.#submit();
    return this.#pid;
  }

  born(pid: number, pidfd: number): void {
    this.#pid = pid;
    this.#pidfd = pidfd;
    whenEnded(this.binding, this.loop, pidfd, this.#status, (exit) => {
      this.#exit = exit;
      if (this.#isOver) this.#finish(exit);
    });
  }

  /** The last news of its start. */
  over(failure: Failure | undefined): void {
    this.#isOver = true;
    if (failure !== undefined) {
      for (const pipe of this.pipes.values()) pipe.close();
      this.terminal?.close();
    }
    this.#hasFailed = failure !== undefined;
    this.#tell(failure);
    // A child that was born and failed is reaped like any other: once its pidfd says that the child has ended.
    if (this.#pid === 0) this.#finish(NEVER_RAN);
    else if (this.#exit !== undefined) this.#finish(this.#exit);
  }

  kill(signal: number): boolean {
    if (this.pid === 0 || !this.keepAlive.alive) return false;
    // The pidfd is closed once the child was reaped, which may come before the last news of its start.
    return this.#exit === undefined && killPidfd(this.binding, this.#pidfd, this.#pid, signal);
  }

  #finish(exit: Exit): void {
    this.keepAlive.end();
    // How the child of a failed start ended is nobody's business: the program never ran.
    this.#end(this.#hasFailed ? NEVER_RAN : exit);
  }
}
