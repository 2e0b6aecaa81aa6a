/** Starts that are not waited for: those of one tick are submitted together, at its end. */
import type { Exit, Failure, Pipe, SpawnRequest, Starting } from "@ringspawn/core/seam";
import { killPidfd, openPipes } from "./child.js";
import { type ExitStatus, StartedRows, type Outcome } from "./decode.js";
import type { Binding, RingName } from "./binding.js";
import { KeepAlive } from "./keep-alive.js";
import { type Loop, READABLE } from "./loop.js";

const BATCH = 64;
const NEVER_RAN: Exit = Object.freeze({ code: null, signal: null, coreDumped: false, usage: undefined });

export class Submitter {
  readonly #binding: Binding;
  readonly #loop: Loop;
  readonly #ring: RingName;
  readonly #starting = new Map<number, StartingChild>();
  readonly #rows = new StartedRows(BATCH);
  #isScheduled = false;
  #isListening = false;

  constructor(binding: Binding, loop: Loop, ring: RingName) {
    this.#binding = binding;
    this.#loop = loop;
    this.#ring = ring;
  }

  add(ticket: number, child: StartingChild): StartingChild {
    this.#starting.set(ticket, child);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      queueMicrotask(() => {
        if (this.#isScheduled) this.submit();
      });
    }
    return child;
  }

  /** Submits everything that is queued, by one system call. */
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
        const child = this.#starting.get(ticket);
        if (pidfd >= 0) child?.born(pid, pidfd);
        if (!over) continue;
        this.#starting.delete(ticket);
        child?.over(failure);
      }
    } while (count === BATCH);
    if (this.#starting.size === 0 || this.#isListening) return;
    this.#isListening = true;
    this.#loop.watch(this.#binding.notifyFd(this.#ring), READABLE, () => {
      this.#isListening = false;
      this.#take(true);
    });
  }
}

export class StartingChild implements Starting {
  readonly pipes: ReadonlyMap<number, Pipe>;
  readonly started: Promise<Failure | undefined>;
  readonly exited: Promise<Exit>;
  readonly #binding: Binding;
  readonly #loop: Loop;
  readonly #status: ExitStatus;
  readonly #keepAlive: KeepAlive;
  readonly #submit: () => void;
  #pid = 0;
  #pidfd = -1;
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
    this.#binding = binding;
    this.#loop = loop;
    this.#status = status;
    this.#submit = submit;
    this.#keepAlive = new KeepAlive(loop);
    this.pipes = openPipes(binding, loop, request, outcome, this.#keepAlive);
    this.started = new Promise((resolve) => (this.#tell = resolve));
    this.exited = new Promise((resolve) => (this.#end = resolve));
  }

  get pid(): number {
    if (this.#pid === 0 && this.#keepAlive.alive) this.#submit();
    return this.#pid;
  }

  born(pid: number, pidfd: number): void {
    this.#pid = pid;
    this.#pidfd = pidfd;
    const look = (): void => {
      if (this.#binding.reap(pidfd, this.#status.words) === 0) {
        this.#loop.watch(pidfd, READABLE, look);
        return;
      }
      this.#binding.close(pidfd);
      this.#finish(this.#status.read());
    };
    this.#loop.watch(pidfd, READABLE, look);
  }

  /** The last row of this start has come. */
  over(failure: Failure | undefined): void {
    this.#tell(failure);
    // A child that failed has been reaped, which its pidfd tells in its turn. Without a child there is no pidfd.
    if (this.#pid === 0) this.#finish(NEVER_RAN);
  }

  kill(signal: number): boolean {
    return this.pid !== 0 && this.#keepAlive.alive && killPidfd(this.#binding, this.#pidfd, this.#pid, signal);
  }

  ref(): void {
    this.#keepAlive.ref(true);
  }

  unref(): void {
    this.#keepAlive.ref(false);
  }

  #finish(exit: Exit): void {
    this.#keepAlive.end();
    this.#end(exit);
  }
}
