/** The one {@link Source} over what comes by itself: events of a stream or a socket, chunks of a web stream. */
import { after } from "./builtins.js";
import type { Source } from "./engine.js";

/** Bytes at hand from which on no more are wanted before the next read. */
const ENOUGH = 64 * 1024;
/** Chunks that were read before the list is shortened: to shift a long list each time costs in proportion to it. */
const SLACK = 64;
/** Turns of the event loop in which nothing came, after which nothing is at hand that could come. */
const QUIET = 4;
/** Bytes after which it is the end in any case, although more comes without a pause. */
const AT_HAND = 1024 * 1024;
const EMPTY = new Uint8Array(0);

/** Where the bytes come from. */
export interface Feeder {
  /** More is wanted, which may have been said before. */
  readonly want: (() => void) | undefined;
  /** The process has ended. Needed where the runtime does not close a pipe that nobody reads by itself. */
  readonly settle: (() => void) | undefined;
  /** Enough is at hand until more is wanted. */
  readonly enough: (() => void) | undefined;
  /** Called once. */
  close(): void;
}

/** Gives what was pushed into it, in order. */
export class FedSource implements Source {
  readonly #feeder: Feeder;
  #chunks: Uint8Array[] = [];
  #first = 0;
  /** Bytes of the first chunk that were read. */
  #taken = 0;
  /** Bytes at hand. */
  #size = 0;
  /** Bytes that have come in all. */
  #came = 0;
  #ended = false;
  #closed = false;
  #error: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(feeder: Feeder) {
    this.#feeder = feeder;
  }

  /** The chunk is the source's from now on. */
  push(chunk: Uint8Array): void {
    // An empty chunk would be taken for the end.
    if (this.#ended || chunk.byteLength === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.byteLength;
    this.#came += chunk.byteLength;
    if (this.#size >= ENOUGH) this.#feeder.enough?.();
    this.#awake();
  }

  /** Nothing comes any more. With an error: told by the read that comes to it. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    if (error !== undefined) {
      this.#error = error instanceof Error ? error : new Error("The pipe could not be read", { cause: error });
    }
    this.#awake();
  }

  read(into: Uint8Array): number | Promise<number> {
    if (this.#size > 0) return this.#take(into);
    if (this.#ended) {
      if (this.#error !== undefined) throw this.#error;
      return 0;
    }
    return new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#feeder.want?.();
    }).then(() => this.read(into));
  }

  settle(isEnd: boolean): void {
    if (isEnd) this.#endWhenQuiet(QUIET, this.#came - this.#size + AT_HAND);
    else this.#feeder.settle?.();
  }

  close(): void {
    this.#error = undefined;
    this.#clear();
    this.#stop();
  }

  /** Once all has come that is at hand, which a runtime does not tell. */
  #endWhenQuiet(turns: number, most: number): void {
    if (this.#ended) return;
    // Whoever reads meanwhile changes nothing: it is what has come that counts.
    if (turns === 0 || this.#came >= most) return this.#stop();
    const came = this.#came;
    this.#feeder.want?.();
    after(0, () => this.#endWhenQuiet(this.#came === came ? turns - 1 : QUIET, most));
  }

  #stop(): void {
    this.end();
    if (this.#closed) return;
    this.#closed = true;
    this.#feeder.close();
  }

  /** All that is at hand, which then no longer is. @throws what a read would throw. */
  takeAll(): Uint8Array[] {
    if (this.#error !== undefined) throw this.#error;
    const chunks = this.#chunks.slice(this.#first);
    if (chunks[0] !== undefined) chunks[0] = chunks[0].subarray(this.#taken);
    this.#clear();
    return chunks;
  }

  #take(into: Uint8Array): number {
    const chunk = this.#chunks[this.#first] as Uint8Array;
    const count = Math.min(into.byteLength, chunk.byteLength - this.#taken);
    into.set(chunk.subarray(this.#taken, this.#taken + count));
    this.#taken += count;
    this.#size -= count;
    if (this.#taken < chunk.byteLength) return count;
    this.#taken = 0;
    // The list is shortened later; what it held must not wait for that.
    this.#chunks[this.#first++] = EMPTY;
    if (this.#size === 0) this.#clear();
    else if (this.#first > SLACK) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    }
    return count;
  }

  #clear(): void {
    this.#chunks = [];
    this.#first = this.#taken = this.#size = 0;
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
