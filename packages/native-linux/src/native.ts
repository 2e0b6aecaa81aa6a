/** An environment's half of the native engine, which its executors share. Opened when the first request comes. */
import type { SpawnRequest } from "@ringspawn/core/seam";
import { Block } from "./block.js";
import { ExitStatus, Outcome } from "./decode.js";
import { BLOCKING, type Binding, TURNING } from "./binding.js";
import { Loop } from "./loop.js";
import { Answer, refusal, type Shortage } from "./shortage.js";

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
  readonly #binding: Answer<Binding | string>;
  #loops: Answer<Loops | string> | undefined;

  /**
   * @param load opens the binding, or says in one sentence why there is none. Called when first needed, and again after
   *   a shortage.
   * @param environ Default: no change, which is right where C's `environ` shows what the program's variables are now.
   */
  constructor(
    load: () => Binding | Shortage | string,
    environ: (env: SpawnRequest["env"]) => SpawnRequest["env"] = (env) => env,
  ) {
    this.#binding = new Answer(load);
    this.environ = environ;
  }

  get binding(): Binding | Shortage | string {
    return this.#binding.get();
  }

  loops(binding: Binding): Loops | Shortage | string {
    return (this.#loops ??= new Answer(() => openLoops(binding))).get();
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
