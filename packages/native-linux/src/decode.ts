/** The structs that C fills (`rs_outcome`, `rs_exit`, `rs_explained`, `rs_probe`) → core's types. */
import type { Exit, ExplainedStep, Failure, Step } from "@ringspawn/core/seam";

/** `enum rs_step` by number. */
const STEPS: Readonly<Record<number, Step>> = {
  1: "request",
  2: "memory",
  3: "stdio",
  4: "cgroup",
  5: "birth",
  16: "namespaces",
  17: "session",
  18: "processGroup",
  19: "fds",
  20: "controllingTerminal",
  21: "limits",
  22: "priority",
  23: "ioPriority",
  24: "affinity",
  25: "scheduler",
  26: "umask",
  27: "root",
  28: "cwd",
  29: "groups",
  30: "gid",
  31: "uid",
  32: "dieWithParent",
  33: "noNewPrivileges",
  34: "closeFds",
  35: "signals",
  36: "mask",
  48: "file",
  49: "interpreter",
};

/** `{error, step, index}` from word `at` on. */
function failureAt(words: Int32Array, at: number): Failure | undefined {
  const errno = words[at] as number;
  if (errno === 0) return undefined;
  return { errno, step: STEPS[words[at + 1] as number], index: words[at + 2] as number };
}

const MAX_SLOTS = 256;
const OUTCOME_WORDS = 6 + MAX_SLOTS;

/** `struct rs_outcome`, one for all spawns of an environment. */
export class Outcome {
  readonly words: Int32Array = new Int32Array(OUTCOME_WORDS);

  constructor() {
    this.words[0] = OUTCOME_WORDS * 4;
  }

  get failure(): Failure | undefined {
    return failureAt(this.words, 1);
  }

  get pid(): number {
    return this.words[4] as number;
  }

  get pidfd(): number {
    return this.words[5] as number;
  }

  /** The parent's end of the pipe in slot `i`, or -1. */
  fd(i: number): number {
    return this.words[6 + i] as number;
  }
}

const STARTED_WORDS = 8;

interface Started {
  readonly ticket: number;
  readonly over: boolean;
  readonly failure: Failure | undefined;
  /** 0 if there never was a child. */
  readonly pid: number;
  /** -1 if an earlier row had it. */
  readonly pidfd: number;
}

/** Rows of `struct rs_started`: what became of starts. */
export class StartedRows {
  readonly words: Int32Array;

  constructor(readonly capacity: number) {
    this.words = new Int32Array(capacity * STARTED_WORDS);
  }

  read(i: number): Started {
    const at = i * STARTED_WORDS;
    const word = (k: number): number => this.words[at + k] as number;
    const failure = failureAt(this.words, at + 2);
    return { ticket: word(0), over: word(1) === 1, failure, pid: word(5), pidfd: word(6) };
  }
}

const EXIT_BYTES = 96;

/** `struct rs_exit`, one for all processes of an environment. */
export class ExitStatus {
  readonly words: Int32Array = new Int32Array(EXIT_BYTES / 4);
  readonly #unsigned: Uint32Array = new Uint32Array(this.words.buffer);

  constructor() {
    this.words[0] = EXIT_BYTES;
  }

  read(): Exit {
    const { words } = this;
    if (words[1] === 0) return { code: null, signal: null, coreDumped: false, usage: undefined };
    const signal = words[3] as number;
    // A number made of two halves is faster than a BigInt, and this is read once for each process.
    const low = this.#unsigned;
    const quad = (i: number): number => (low[i * 2] as number) + (low[i * 2 + 1] as number) * 2 ** 32;
    return {
      code: signal === 0 ? (words[2] as number) : null,
      signal: signal === 0 ? null : signal,
      coreDumped: words[4] !== 0,
      usage: {
        userMicros: quad(3),
        systemMicros: quad(4),
        maxRss: quad(5),
        voluntarySwitches: quad(6),
        involuntarySwitches: quad(7),
        minorFaults: quad(8),
        majorFaults: quad(9),
        blocksIn: quad(10),
        blocksOut: quad(11),
      },
    };
  }
}

export const EXPLAINED_QUADS = 4;

/** `count` times `struct rs_explained`. */
export function decodeExplained(quads: BigInt64Array, count: number): ExplainedStep[] {
  const words = new Uint32Array(quads.buffer, quads.byteOffset);
  return Array.from({ length: count }, (_, i) => ({
    step: STEPS[words[i * 8] as number] as Step,
    index: words[i * 8 + 1] as number,
    args: [Number(quads[i * 4 + 1]), Number(quads[i * 4 + 2]), Number(quads[i * 4 + 3])],
  }));
}

/** What `rs_probe` or `rs_probe_io_uring` found missing, as a sentence. Undefined: nothing is missing. */
export function decodeProbe(words: Uint32Array): string | undefined {
  const errno = words[2] as number;
  const because = errno === 0 ? "" : ` (errno ${errno})`;
  switch (words[1]) {
    case 0:
      return undefined;
    case 1:
      return `neither clone3 nor clone may start a process here${because}`;
    case 2:
      return `this kernel or sandbox gives no usable pidfd${because}`;
    case 3:
      return "a CLONE_VM child does not really share memory here";
    case 4:
      return `this kernel or sandbox has no close_range${because}`;
    case 16:
      return `this kernel has no io_uring_spawn, or /proc does not show it${because}`;
    case 17:
      return `this kernel's io_uring_spawn speaks ABI ${errno}, this version needs 1`;
    case 18:
      return `a ring for spawning is refused here${because}`;
    case 19:
      return `the trial spawn by io_uring failed${because}`;
    default:
      return `the trial spawn failed in a way this version does not know (${words[1]})`;
  }
}
