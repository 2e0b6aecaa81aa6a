/** What is not there now and may be there the next time. */
import { ERRNO } from "./abi.gen.js";

/**
 * This program has no process, fd or memory left for the engine's own start, or that was cut off: it says nothing about
 * this machine.
 */
export class Shortage {
  constructor(readonly errno: number) {}
}

const PASSING: readonly number[] = [ERRNO.EAGAIN, ERRNO.ENOMEM, ERRNO.ENFILE, ERRNO.EMFILE, ERRNO.EINTR];

/** Why something could not be opened or tried out: in a sentence, if it will be so the next time. */
export function refusal(errno: number, what: string): Shortage | string {
  return PASSING.includes(errno) ? new Shortage(errno) : what;
}

/** Remembers an answer, unless it is that of a shortage: then the next call asks again. */
export class Answer<T> {
  readonly #ask: () => T | Shortage;
  #kept: T | undefined;

  constructor(ask: () => T | Shortage) {
    this.#ask = ask;
  }

  get(): T | Shortage {
    if (this.#kept !== undefined) return this.#kept;
    const answer = this.#ask();
    if (!(answer instanceof Shortage)) this.#kept = answer;
    return answer;
  }
}
