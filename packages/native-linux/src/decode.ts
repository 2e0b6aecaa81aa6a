/** What C answers (`rs_outcome`, `rs_exit`, `rs_explained`, `rs_probe`) → core's words for it. */
import type { Exit, ExplainedStep, Failure, Step } from "@ringspawn/core/seam";
import {
  END,
  END_SIZE,
  EXIT,
  EXIT_SIZE,
  EXPLAINED,
  EXPLAINED_SIZE,
  OUTCOME,
  OUTCOME_SIZE,
  PROBE,
  PROBE_PART,
  PROBE_SIZE,
  STARTED,
  STARTED_SIZE,
  STEP,
} from "./abi.gen.js";
import { bare } from "./bare.js";

/** Those that a request's chain can have: `open` and `foreground` are of the preload library alone. */
type StepName = Exclude<keyof typeof STEP, "none" | "open" | "foreground">;

/**
 * `enum rs_step` by number. A Step of core that the header does not have does not compile, nor does a step of the
 * header that is no Step.
 */
const STEPS: ReadonlyMap<number, Step> = new Map(
  Object.entries(STEP satisfies { readonly [step in Step]: number }).map(([name, number]) => [
    number,
    name as StepName,
  ]),
);

/** In the place of an fd that is not there, or taken. */
const NONE = -1;

/** Where a field of 32 bits is among the words of its struct. */
const wordAt = (offset: number): number => offset >> 2;

/** The three fields of a failure, which `at` says where to find. */
function failureIn(
  words: Int32Array,
  row: number,
  at: { readonly error: number; readonly step: number; readonly index: number },
): Failure | undefined {
  const word = (offset: number): number => words[wordAt(row + offset)] as number;
  const errno = word(at.error);
  if (errno === 0) return undefined;
  return bare({ errno, step: STEPS.get(word(at.step)), index: word(at.index) });
}

/**
 * `struct rs_outcome`, one for all spawns of an environment. JavaScript may be cut off anywhere, by a timeout of
 * node:vm or the end of the stack, and no `finally` runs then. So an fd is C's until it is taken, and what was not
 * taken is given up by the next start. A call of `take…` ends with the taking: whoever keeps what it returns does so
 * at once.
 */
export class Outcome {
  readonly words: Int32Array = new Int32Array(OUTCOME_SIZE / 4);
  /** Who waits for the child while its pidfd is not taken yet; and what is to be done where that was cut off. */
  holder: { giveUp(): void } | undefined;

  constructor() {
    this.words[wordAt(OUTCOME.size)] = OUTCOME_SIZE;
    this.words[wordAt(OUTCOME.takes)] = 1;
    this.words[wordAt(OUTCOME.pidfd)] = NONE;
  }

  /** For a start that is made now. What was not taken of the last one is given up by it. */
  begin(): Int32Array {
    this.holder?.giveUp();
    this.holder = undefined;
    return this.words;
  }

  get failure(): Failure | undefined {
    return failureIn(this.words, 0, OUTCOME);
  }

  get pid(): number {
    return this.words[wordAt(OUTCOME.pid)] as number;
  }

  get pidfd(): number {
    return this.words[wordAt(OUTCOME.pidfd)] as number;
  }

  /** The parent's fd to read from slot `i`, or -1. */
  reader(i: number): number {
    return this.words[wordAt(OUTCOME.ends + i * END_SIZE + END.read)] as number;
  }

  /** The parent's fd to write to slot `i`, or -1. */
  writer(i: number): number {
    return this.words[wordAt(OUTCOME.ends + i * END_SIZE + END.write)] as number;
  }

  takePidfd(): number {
    return this.#take(wordAt(OUTCOME.pidfd));
  }

  takeReader(i: number): number {
    return this.#take(wordAt(OUTCOME.ends + i * END_SIZE + END.read));
  }

  takeWriter(i: number): number {
    return this.#take(wordAt(OUTCOME.ends + i * END_SIZE + END.write));
  }

  #take(word: number): number {
    const fd = this.words[word] as number;
    this.words[word] = NONE;
    return fd;
  }
}

interface Started {
  readonly ticket: number;
  readonly over: boolean;
  readonly failure: Failure | undefined;
  /** 0 if it was never born. */
  readonly pid: number;
  /** -1 if it was given before. */
  readonly pidfd: number;
}

/** Rows of `struct rs_started`. */
export class StartedRows {
  readonly words: Int32Array;

  constructor(readonly capacity: number) {
    this.words = new Int32Array((capacity * STARTED_SIZE) / 4);
  }

  read(i: number): Started {
    const row = i * STARTED_SIZE;
    const word = (offset: number): number => this.words[wordAt(row + offset)] as number;
    return {
      ticket: word(STARTED.ticket),
      over: word(STARTED.over) === 1,
      failure: failureIn(this.words, row, STARTED),
      pid: word(STARTED.pid),
      pidfd: word(STARTED.pidfd),
    };
  }
}

/** `struct rs_exit`, one for all. */
export class ExitStatus {
  readonly words: Int32Array = new Int32Array(EXIT_SIZE / 4);
  readonly #unsigned: Uint32Array = new Uint32Array(this.words.buffer);

  constructor() {
    this.words[wordAt(EXIT.size)] = EXIT_SIZE;
  }

  read(): Exit {
    const word = (offset: number): number => this.words[wordAt(offset)] as number;
    if (word(EXIT.known) === 0) return bare({ code: null, signal: null, coreDumped: false, usage: undefined });
    const signal = word(EXIT.signal);
    // Two halves rather than a BigInt each: this is read once a process.
    const half = (offset: number): number => this.#unsigned[wordAt(offset)] as number;
    const quad = (offset: number): number => half(offset) + half(offset + 4) * 2 ** 32;
    return bare({
      code: signal === 0 ? word(EXIT.code) : null,
      signal: signal === 0 ? null : signal,
      coreDumped: word(EXIT.coreDumped) !== 0,
      usage:
        word(EXIT.hasUsage) === 0
          ? undefined
          : {
              userMicros: quad(EXIT.userUs),
              systemMicros: quad(EXIT.systemUs),
              maxRss: quad(EXIT.maxRss),
              voluntarySwitches: quad(EXIT.voluntarySwitches),
              involuntarySwitches: quad(EXIT.involuntarySwitches),
              minorFaults: quad(EXIT.minorFaults),
              majorFaults: quad(EXIT.majorFaults),
              blocksIn: quad(EXIT.blocksIn),
              blocksOut: quad(EXIT.blocksOut),
            },
    });
  }
}

/** Rows of `struct rs_explained`. */
export class Explained {
  readonly quads: BigInt64Array;

  constructor(readonly capacity: number) {
    this.quads = new BigInt64Array((capacity * EXPLAINED_SIZE) / 8);
  }

  read(count: number): ExplainedStep[] {
    const words = new Uint32Array(this.quads.buffer);
    return Array.from({ length: count }, (_, i) => {
      const row = i * EXPLAINED_SIZE;
      const arg = (k: number): number => Number(this.quads[((row + EXPLAINED.args) >> 3) + k]);
      return {
        step: STEPS.get(words[wordAt(row + EXPLAINED.step)] as number) as Step,
        index: words[wordAt(row + EXPLAINED.index)] as number,
        args: [arg(0), arg(1), arg(2)],
      };
    });
  }
}

/** `struct rs_probe`: what the trial of an executor told. */
export class Probe {
  readonly words: Uint32Array = new Uint32Array(PROBE_SIZE / 4);

  constructor() {
    this.words[wordAt(PROBE.size)] = PROBE_SIZE;
  }

  /** What the kernel answered; 0 where it answered and did the wrong thing. */
  get errno(): number {
    return this.#part === PROBE_PART.spawnAbi ? 0 : this.#error;
  }

  get #part(): number {
    return this.words[wordAt(PROBE.part)] as number;
  }

  get #error(): number {
    return this.words[wordAt(PROBE.error)] as number;
  }

  /** Of the vfork executor: the errno with which clone3 is refused here, or 0. */
  get clone3(): number {
    return this.words[wordAt(PROBE.clone3)] as number;
  }

  /** What is missing here, as a sentence; undefined: nothing. */
  get missing(): string | undefined {
    const { errno } = this;
    const because = errno === 0 ? "" : ` (errno ${errno})`;
    switch (this.#part) {
      case PROBE_PART.ok:
        return undefined;
      case PROBE_PART.clone:
        return `neither clone3 nor clone may start a process here${because}`;
      case PROBE_PART.pidfd:
        return `this kernel or sandbox gives no usable pidfd${because}`;
      case PROBE_PART.memory:
        return "a CLONE_VM child does not really share memory here";
      case PROBE_PART.closeRange:
        return `this kernel or sandbox has no close_range${because}`;
      case PROBE_PART.signal:
        return `this sandbox lets no process be signalled by its pidfd${because}`;
      case PROBE_PART.noSpawnAbi:
        return `this kernel has no io_uring_spawn, or /proc does not show it${because}`;
      case PROBE_PART.spawnAbi:
        return `this kernel's io_uring_spawn speaks ABI ${this.#error}, this version needs 1`;
      case PROBE_PART.ring:
        return `a ring for spawning is refused here${because}`;
      case PROBE_PART.chain:
        return `the trial spawn by io_uring failed${because}`;
      default:
        return `the trial spawn failed in a way this version does not know (${this.#part})`;
    }
  }
}
