/** What the native engines of one environment share. It is opened when the first request comes. */
import type { SpawnRequest } from "@ringspawn/core/seam";
import { ExitStatus, Outcome } from "./decode.js";
import { BLOCKING, type Binding, TURNING } from "./binding.js";
import { Block } from "./encode.js";
import { Loop } from "./loop.js";

/** There was no process, fd or memory for opening the engine. That says nothing about what this machine can do. */
export class Shortage {
  constructor(readonly errno: number) {}
}

/** EAGAIN, ENOMEM, ENFILE, EMFILE: what lacks now may be there later. */
const PASSING: readonly number[] = [11, 12, 23, 24];

/** Why something could not be opened or tried: a sentence, if that will be the same the next time. */
export function refusal(errno: number, what: string): Shortage | string {
  return PASSING.includes(errno) ? new Shortage(errno) : what;
}

export interface Loops {
  readonly turning: Loop;
  readonly blocking: Loop;
}

export class Native {
  // There is one of each, because no other request is served while one is filled and read.
  readonly block: Block = new Block();
  readonly outcome: Outcome = new Outcome();
  readonly status: ExitStatus = new ExitStatus();
  /** A request's environment as C gets it. Undefined is the `environ` of C, which takes no copy. */
  readonly environ: (env: SpawnRequest["env"]) => SpawnRequest["env"];
  readonly #load: () => Binding | string;
  #binding: Binding | string | undefined;
  #loops: Loops | string | undefined;

  /**
   * @param load opens the binding, or says in one sentence why there is none. Called once, when it is first needed.
   * @param environ By default nothing is changed, which is right where the `environ` of C has what the program's
   * variables are now.
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
