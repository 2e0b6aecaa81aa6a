/** What keeps the program alive for one child: the child itself and the operations on its pipes that wait. */
import type { Loop } from "./loop.js";

export class Life {
  readonly #loop: Loop;
  #alive = true;
  #refd = true;
  #waiting = 0;
  #holds = false;

  constructor(loop: Loop) {
    this.#loop = loop;
    this.#keep();
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** A read or write begins to wait, or no longer does. */
  waiting(change: 1 | -1): void {
    this.#waiting += change;
    this.#keep();
  }

  end(): void {
    this.#alive = false;
    this.#keep();
  }

  ref(refd: boolean): void {
    this.#refd = refd;
    this.#keep();
  }

  #keep(): void {
    const holds = this.#refd && (this.#alive || this.#waiting > 0);
    if (holds === this.#holds) return;
    this.#holds = holds;
    if (holds) this.#loop.hold();
    else this.#loop.release();
  }
}
