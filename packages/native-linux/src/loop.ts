/** Readiness of fds → callbacks, over one `rs_loop`. Every watch is one-shot. */
import { EVENT, EVENT_SIZE } from "./abi.gen.js";
import { type Binding, type LoopName, TURNING } from "./binding.js";

// eslint-disable-next-line no-restricted-syntax -- as it was at load, for where epoll refuses the alarm as well
const { setTimeout } = globalThis;

/** Milliseconds between two looks at what cannot be watched. */
const LOOK = 10;
const BATCH = 64;
/** The token of the alarm. */
const ALARM = 0;
/** The number beyond is the notifier's own. */
const MAX_TOKEN = 2 ** 32 - 2;
/** The longest time that an alarm is set to, in milliseconds. Who waits longer is found not to be due, and waits on. */
const MAX_ALARM = 2 ** 31 - 1;

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

export class Loop {
  readonly #binding: Binding;
  readonly #name: LoopName;
  /** By token. A token is never used twice, so an event of a closed fd finds nobody. */
  readonly #waiting = new Map<number, () => void>();
  readonly #events = new Uint32Array((BATCH * EVENT_SIZE) / 4);
  /** The tokens of fds that epoll refuses, as it does when this user has too many watches (ENOSPC). */
  readonly #unwatched = new Set<number>();
  #looksLater = false;
  readonly #timers = new Set<Timer>();
  /** When the alarm goes off. */
  #alarm = Infinity;
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
    const token = (this.#lastToken = this.#lastToken === MAX_TOKEN ? 1 : this.#lastToken + 1);
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
    this.#rest();
  }

  /** Takes what is ready and calls back; waits `timeoutMs` for the first (0: not at all, -1: for ever). */
  turn(timeoutMs: number): void {
    const looks = this.#unwatched.size > 0 && timeoutMs !== 0;
    const first = looks && (timeoutMs < 0 || timeoutMs > LOOK) ? LOOK : timeoutMs;
    // All of them are taken before anything is called back: the notifier tells of no event twice.
    const tokens: number[] = [];
    for (let wait = first, count = BATCH; count === BATCH; wait = 0) {
      count = this.#binding.take(this.#name, this.#events, wait);
      for (let i = 0; i < count; i++) tokens.push(this.#events[(i * EVENT_SIZE + EVENT.token) >> 2] as number);
    }
    this.#callBack(tokens);
    if (looks) this.#look();
    else this.#rest();
  }

  /** What one of them throws is thrown behind the last: no other may miss its event, which comes once. */
  #callBack(tokens: Iterable<number>): void {
    let failed: { readonly error: unknown } | undefined;
    for (const token of tokens) {
      try {
        if (token === ALARM) {
          this.#ring();
          continue;
        }
        const callback = this.#waiting.get(token);
        this.#waiting.delete(token);
        callback?.();
      } catch (error) {
        failed ??= { error };
      }
    }
    if (failed !== undefined) throw failed.error;
  }

  #look(): void {
    const tokens = [...this.#unwatched];
    this.#unwatched.clear();
    this.#callBack(tokens);
    this.#rest();
  }

  /** A loop that blocks looks when it is turned. */
  #lookLater(): void {
    if (this.#name !== TURNING || this.#looksLater) return;
    this.#looksLater = true;
    const look = (): void => {
      this.#looksLater = false;
      this.#look();
    };
    if (this.after(LOOK, look) !== undefined) return;
    // What is to keep the program alive does so by hold().
    (setTimeout(look, LOOK) as { unref?: () => void }).unref?.();
  }

  /**
   * Calls back in `ms` milliseconds, and returns what cancels that. It is for what is watched as well: it holds neither
   * the program nor the binding. Undefined where there is no fd left for it.
   */
  after(ms: number, callback: () => void): (() => void) | undefined {
    const timer = { due: this.#binding.now() + ms, callback };
    // Where the alarm goes off earlier, it is set anew then: programs of one time limit set it once for many children.
    if (timer.due < this.#alarm && !this.#set(timer.due)) return undefined;
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  #set(due: number): boolean {
    const ms = Math.min(Math.max(Math.ceil(due - this.#binding.now()), 0), MAX_ALARM);
    if (this.#binding.alarm(ms) < 0) return false;
    this.#alarm = due;
    return true;
  }

  #ring(): void {
    const now = this.#binding.now();
    const due: Timer[] = [];
    let next = Infinity;
    for (const timer of this.#timers) {
      if (timer.due <= now) due.push(timer);
      else next = Math.min(next, timer.due);
    }
    this.#alarm = Infinity;
    if (next < Infinity) this.#set(next);
    // A busy machine may come late to several.
    due.sort((a, b) => a.due - b.due);
    for (const timer of due) if (this.#timers.delete(timer)) timer.callback();
  }

  /** Each hold keeps the program alive until it is released. */
  hold(): void {
    if (this.#holds++ === 0) this.#binding.ref();
  }

  release(): void {
    if (--this.#holds === 0) this.#binding.unref(this.#waiting.size > 0);
  }

  #rest(): void {
    if (this.#waiting.size === 0 && this.#name === TURNING) this.#binding.idle?.();
  }
}
