/** Node's streams as core's Source and Sink, for the runtime engine. */
import type { Readable, Writable } from "node:stream";
import type { Sink, Source } from "@ringspawn/core/seam";

export class StreamSource implements Source {
  readonly #stream: Readable;
  #wake: (() => void) | undefined;
  #ended = false;
  #error: Error | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    const wake = (): void => {
      const wake = this.#wake;
      this.#wake = undefined;
      wake?.();
    };
    // From the beginning: child_process empties a stream at the child's exit unless somebody listens to it.
    stream.on("readable", wake);
    stream.on("end", () => {
      this.#ended = true;
      wake();
    });
    stream.on("close", () => {
      this.#ended = true;
      wake();
    });
    stream.on("error", (error) => {
      this.#error = error;
      wake();
    });
  }

  read(into: Uint8Array): number | Promise<number> {
    const count = this.#attempt(into);
    if (count !== undefined) return count;
    return new Promise((resolve, reject) => {
      const again = (): void => {
        try {
          const count = this.#attempt(into);
          if (count === undefined) this.#wake = again;
          else resolve(count);
        } catch (error) {
          reject(error);
        }
      };
      this.#wake = again;
    });
  }

  close(): void {
    this.#stream.destroy();
  }

  #attempt(into: Uint8Array): number | undefined {
    const size = Math.min(into.byteLength, this.#stream.readableLength);
    // read() with nothing at hand is what makes the stream look for more
    const chunk = this.#stream.read(size > 0 ? size : undefined) as Buffer | null;
    if (chunk !== null) {
      into.set(chunk);
      return chunk.byteLength;
    }
    if (this.#error) throw this.#error;
    return this.#ended ? 0 : undefined;
  }
}

export class StreamSink implements Sink {
  readonly #stream: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    // A child that goes away is told to the writer by write(), not to the program as an uncaught error.
    stream.on("error", () => {});
  }

  write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#stream.destroyed || this.#stream.writableEnded) resolve();
      else this.#stream.end(() => resolve());
    });
  }
}
