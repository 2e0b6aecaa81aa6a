/** Readiness of fds → callbacks, over one `rs_loop`. Every watch is one-shot. */
import { EVENT, EVENT_SIZE } from "./abi.gen.js";
import { type Binding, type LoopName, TURNING } from "./binding.js";

// As it was when this was loaded: a test framework may replace it.
const { setTimeout } = globalThis;

const BATCH = 64;
/** Milliseconds between two looks at what cannot be watched. */
const LOOK = 10;

export class Loop {
  readonly #binding: Binding;
  readonly #name: LoopName;
  /** By token. A token is never used twice, so an event of a closed fd finds nobody. */
  readonly #waiting = new Map<number, () => void>();
  readonly #events = new Uint32Array((BATCH * EVENT_SIZE) / 4);
  /** The tokens of fds that epoll refuses, as it does when this user has too many watches (ENOSPC). */
  readonly #unwatched = new Set<number>();
  #looksLater = false;
  #lastToken = 0;
  #holds = 0;

  constructor(binding: Binding, name: LoopName) {
    this.#binding = binding;
    this.#name = name;
  }

  /**
   * Calls back once, when `fd` is ready, or may be: who is called back looks, and watches again if it is not. Returns a
   * token for {@link forget}. Does not fail, since there is already a child that waits to be reaped.
   */
  watch(fd: number, ready: number, callback: () => void): number {
    const token = (this.#lastToken = (this.#lastToken + 1) >>> 0);
    this.#waiting.set(token, callback);
    if (this.#binding.watch(this.#name, fd, ready, token) < 0) {
      this.#unwatched.add(token);
      this.#lookLater();
    }
    return token;
  }

  /** Must come before the fd is closed: a child that has not exec'd yet would keep the watch alive. */
  forget(fd: number, token: number): void {
    if (!this.#waiting.delete(token)) return;
    if (!this.#unwatched.delete(token)) this.#binding.forget(this.#name, fd);
  }

  /** Takes what is ready and calls back; waits `timeoutMs` for the first (0: not at all, -1: for ever). */
  turn(timeoutMs: number): void {
    const looks = this.#unwatched.size > 0 && timeoutMs !== 0;
    const first = looks && (timeoutMs < 0 || timeoutMs > LOOK) ? LOOK : timeoutMs;
    for (let wait = first; ; wait = 0) {
      const count = this.#binding.take(this.#name, this.#events, wait);
      // The tokens first: a callback may turn this loop again (a spawnSync) and overwrite the events.
      const tokens: number[] = [];
      for (let i = 0; i < count; i++) tokens.push(this.#events[(i * EVENT_SIZE + EVENT.token) >> 2] as number);
      this.#callBack(tokens);
      if (count < BATCH) break;
    }
    if (looks) this.#look();
  }

  #callBack(tokens: Iterable<number>): void {
    for (const token of tokens) {
      const callback = this.#waiting.get(token);
      this.#waiting.delete(token);
      callback?.();
    }
  }

  #look(): void {
    const tokens = [...this.#unwatched];
    this.#unwatched.clear();
    this.#callBack(tokens);
  }

  /** A loop that blocks looks when it is turned. */
  #lookLater(): void {
    if (this.#name !== TURNING || this.#looksLater) return;
    this.#looksLater = true;
    const timer = setTimeout(() => {
      this.#looksLater = false;
      this.#look();
    }, LOOK);
    // What is to keep the program alive does so by hold().
    (timer as { unref?: () => void }).unref?.();
  }

  /** Each hold keeps the program alive until it is released. */
  hold(): void {
    if (this.#holds++ === 0) this.#binding.ref();
  }

  release(): void {
    if (--this.#holds === 0) this.#binding.unref();
  }
}
