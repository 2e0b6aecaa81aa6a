/** What keeps the program alive for one child: the child itself, and the operations on its pipes that wait. */
import type { Loop } from "./loop.js";

export class KeepAlive {
  readonly #loop: Loop;
  #alive = true;
  #refd = true;
  #waiting = 0;
  #holds = false;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Once there is somebody who calls {@link end}. */
  begin(): void {
    this.#keep();
  }

  /** One more read or write waits, or one less. */
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
