/** Starts that were queued: submitted together at the end of the tick, and told what came of them. */
import type { Exit, Failure, SpawnRequest, Starting } from "@ringspawn/core/seam";
import { READY } from "./abi.gen.js";
import { killPidfd, NativeProcess, whenEnded } from "./child.js";
import { type ExitStatus, News, type Outcome } from "./decode.js";
import type { Door, RingName } from "./door.js";
import type { Loop } from "./loop.js";

const BATCH = 64;
const NEVER_RAN: Exit = Object.freeze({ code: null, signal: null, coreDumped: false, usage: undefined });

export class Submitter {
  readonly #door: Door;
  readonly #loop: Loop;
  readonly #ring: RingName;
  readonly #late = new Map<number, LateChild>();
  readonly #news = new News(BATCH);
  #isScheduled = false;
  #isListening = false;

  constructor(door: Door, loop: Loop, ring: RingName) {
    this.#door = door;
    this.#loop = loop;
    this.#ring = ring;
  }

  add(ticket: number, child: LateChild): LateChild {
    this.#late.set(ticket, child);
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      queueMicrotask(() => {
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

  #take(rang: boolean): void {
    let count: number;
    do {
      count = this.#door.submit(this.#ring, rang, this.#news.words);
      if (count < 0) throw new Error(`the ring takes no chains any more (errno ${-count})`);
      for (let i = 0; i < count; i++) {
        const { ticket, over, failure, pid, pidfd } = this.#news.read(i);
        const child = this.#late.get(ticket);
        if (pidfd >= 0) child?.born(pid, pidfd);
        if (!over) continue;
        this.#late.delete(ticket);
        child?.over(failure);
      }
    } while (count === BATCH);
    if (this.#late.size === 0 || this.#isListening) return;
    this.#isListening = true;
    this.#loop.watch(this.#door.bell(this.#ring), READY.readable, () => {
      this.#isListening = false;
      this.#take(true);
    });
  }
}

export class LateChild extends NativeProcess implements Starting {
  readonly started: Promise<Failure | undefined>;
  readonly exited: Promise<Exit>;
  readonly #status: ExitStatus;
  readonly #submit: () => void;
  #pid = 0;
  #pidfd = -1;
  #tell!: (failure: Failure | undefined) => void;
  #end!: (exit: Exit) => void;

  constructor(door: Door, loop: Loop, request: SpawnRequest, outcome: Outcome, status: ExitStatus, submit: () => void) {
    super(door, loop, request, outcome);
    this.#status = status;
    this.#submit = submit;
    this.started = new Promise((resolve) => (this.#tell = resolve));
    this.exited = new Promise((resolve) => (this.#end = resolve));
  }

  get pid(): number {
    if (this.#pid === 0 && this.life.alive) this.#submit();
    return this.#pid;
  }

  born(pid: number, pidfd: number): void {
    this.#pid = pid;
    this.#pidfd = pidfd;
    whenEnded(this.door, this.loop, pidfd, this.#status, (exit) => this.#finish(exit));
  }

  /** The last news of its start. */
  over(failure: Failure | undefined): void {
    if (failure !== undefined) for (const pipe of this.pipes.values()) pipe.close();
    this.#tell(failure);
    // A child that was born and failed has been reaped; its pidfd says so in its turn.
    if (this.#pid === 0) this.#finish(NEVER_RAN);
  }

  kill(signal: number): boolean {
    return this.pid !== 0 && this.life.alive && killPidfd(this.door, this.#pidfd, this.#pid, signal);
  }

  #finish(exit: Exit): void {
    this.life.end();
    this.#end(exit);
  }
}
