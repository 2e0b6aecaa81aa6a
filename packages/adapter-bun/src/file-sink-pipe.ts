/** The stdin of Bun's own child as core's Sink. */
import { brokenPipe, isBrokenPipe, isPromise, type Sink } from "@ringspawn/core/seam";

/** Bun's FileSink keeps bytes until it is flushed, and says nothing once the child has ended. */
export class FileSinkPipe implements Sink {
  readonly #stdin: Bun.FileSink;
  readonly #hasEnded: () => boolean;
  #closed: Promise<void> | undefined;

  constructor(stdin: Bun.FileSink, hasEnded: () => boolean) {
    this.#stdin = stdin;
    this.#hasEnded = hasEnded;
  }

  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#closed !== undefined || this.#hasEnded()) throw brokenPipe();
    const waits = [this.#stdin.write(chunk), this.#stdin.flush()].filter((answer) => isPromise(answer));
    if (waits.length > 0) return this.#settled(waits);
  }

  settle(isWanted: boolean, isEnd: boolean): void {
    // Bun itself gives up a write that waits when the child has ended.
    if (!isWanted || isEnd) void this.close();
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }

  async #settled(waits: readonly Promise<number>[]): Promise<void> {
    for (const wait of waits) void wait.catch(() => {});
    try {
      for (const wait of waits) await wait;
    } catch (error) {
      throw isBrokenPipe(error) ? brokenPipe(error) : error;
    }
  }

  async #end(): Promise<void> {
    try {
      await this.#stdin.end();
    } catch {
      // The child reads no more: then its end of input is nothing to it.
    }
  }
}
