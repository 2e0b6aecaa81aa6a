/** Web streams of a runtime's own child as {@link Source} and {@link Sink}: for engines without pipes of their own. */
import type { Sink, Source } from "./engine.js";

const EPIPE = 32;

/** Reads a web stream. Nothing is asked of it before a read. */
export class WebSource implements Source {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** The part of the last chunk that did not fit. */
  #rest: Uint8Array | undefined;
  #ended = false;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  read(into: Uint8Array): number | Promise<number> {
    if (this.#rest !== undefined) return this.#give(this.#rest, into);
    return this.#ended ? 0 : this.#wait(into);
  }

  close(): void {
    this.#ended = true;
    this.#rest = undefined;
    // A stream that failed refuses to be cancelled; whoever read it was told.
    void this.#reader.cancel().catch(() => {});
  }

  async #wait(into: Uint8Array): Promise<number> {
    for (;;) {
      const { done, value } = await this.#reader.read();
      if (done || this.#ended) {
        this.#ended = true;
        return 0;
      }
      // An empty chunk is not the end, and 0 would say it is.
      if (value.byteLength > 0) return this.#give(value, into);
    }
  }

  #give(chunk: Uint8Array, into: Uint8Array): number {
    const count = Math.min(chunk.byteLength, into.byteLength);
    into.set(count === chunk.byteLength ? chunk : chunk.subarray(0, count));
    this.#rest = count === chunk.byteLength ? undefined : chunk.subarray(count);
    return count;
  }
}

/** Writes a web stream. A write is done when the stream has taken it for good. */
export class WebSink implements Sink {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #closed: Promise<void> | undefined;

  constructor(stream: WritableStream<Uint8Array>) {
    this.#writer = stream.getWriter();
    // The writer's own promises: failures are told by write(), not as unhandled rejections.
    this.#writer.closed.catch(() => {});
    this.#writer.ready.catch(() => {});
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#closed !== undefined) throw brokenPipe(undefined);
    try {
      await this.#writer.write(chunk);
    } catch (error) {
      throw hasCode(error) ? error : brokenPipe(error);
    } finally {
      // Made anew after every write that had to wait
      this.#writer.ready.catch(() => {});
    }
  }

  close(): Promise<void> {
    // One that failed is closed already.
    return (this.#closed ??= this.#writer.close().catch(() => {}));
  }
}

function hasCode(error: unknown): boolean {
  return error instanceof Error && typeof (error as { code?: unknown }).code === "string";
}

/** Also for a stream that says no more than that it failed: a pipe that takes no bytes has lost its reader. */
export function brokenPipe(cause: unknown): Error {
  const error = new Error("write EPIPE: nobody reads the pipe any more", cause === undefined ? undefined : { cause });
  return Object.assign(error, { code: "EPIPE", errno: -EPIPE, syscall: "write" });
}
