/** An environment's half of the native engine, which its executors share. Opened when the first request comes. */
import type { SpawnRequest } from "@ringspawn/core/seam";
import { ERRNO } from "./abi.gen.js";
import { Block } from "./block.js";
import { ExitStatus, Outcome } from "./decode.js";
import { BLOCKING, type Binding, TURNING } from "./binding.js";
import { Loop } from "./loop.js";

/** This program has no process, fd or memory left for the engine's own start: that says nothing about this machine. */
export class Shortage {
  constructor(readonly errno: number) {}
}

const PASSING: readonly number[] = [ERRNO.EAGAIN, ERRNO.ENOMEM, ERRNO.ENFILE, ERRNO.EMFILE];

/** Why something could not be opened or tried out: in a sentence, if it will be so the next time. */
export function refusal(errno: number, what: string): Shortage | string {
  return PASSING.includes(errno) ? new Shortage(errno) : what;
}

export interface Loops {
  readonly turning: Loop;
  readonly blocking: Loop;
}

export class Native {
  // One of each: nothing else runs while one is filled and read.
  readonly block: Block = new Block();
  readonly outcome: Outcome = new Outcome();
  readonly status: ExitStatus = new ExitStatus();
  /** A request's environment as C gets it; undefined is C's own `environ`, which costs no copy. */
  readonly environ: (env: SpawnRequest["env"]) => SpawnRequest["env"];
  readonly #load: () => Binding | string;
  #binding: Binding | string | undefined;
  #loops: Loops | string | undefined;

  /**
   * @param load opens the binding, or says in one sentence why there is none. Called once, when first needed.
   * @param environ Default: no change, which is right where C's `environ` shows what the program's variables are now.
   */
  constructor(load: () => Binding | string, environ: (env: SpawnRequest["env"]) => SpawnRequest["env"] = (env) => env) {
    this.#load = load;
    this.environ = environ;
  }

  get binding(): Binding | string {
    return (this.#binding ??= this.#load());
  }

  loops(binding: Binding): Loops | Shortage | string {
    if (this.#loops !== undefined) return this.#loops;
    const loops = openLoops(binding);
    // A shortage is not kept: the next request asks again.
    if (!(loops instanceof Shortage)) this.#loops = loops;
    return loops;
  }
}

function openLoops(binding: Binding): Loops | Shortage | string {
  const opened = binding.open();
  if (opened < 0) return refusal(-opened, `the native engine could not be opened (errno ${-opened})`);
  const turning = new Loop(binding, TURNING);
  const started = binding.start(() => turning.turn(0));
  if (started < 0) return refusal(-started, `the native engine's loop could not be started (errno ${-started})`);
  return { turning, blocking: new Loop(binding, BLOCKING) };
}
