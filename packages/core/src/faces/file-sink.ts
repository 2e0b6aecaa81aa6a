/** Bun's way to write to a child: a write returns at once as long as the pipe takes the bytes. */
import { isArrayBuffer, isSharedArrayBuffer } from "../builtins.js";
import { shown, usageError } from "../check.js";
import type { Sink } from "../engine.js";
import { asBytes } from "../streams.js";
import { showMembers } from "./as-native.js";

const utf8 = new TextEncoder();

/** stdin of a {@link Subprocess} that was started with `stdin: "pipe"`. */
export class FileSink {
  readonly #sink: Sink;
  /** The last write that waits; undefined while the pipe took everything. */
  #last: Promise<unknown> | undefined;
  #unflushed = 0;
  #closed: number | Promise<number> | undefined;
  /** Why the pipe takes no more bytes: the child does not read them. flush() and waiting writes report it. */
  #broken: Error | undefined;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Returns how many bytes were written; a promise of it when the pipe is full for now. */
  write(data: string | ArrayBufferView | ArrayBuffer | SharedArrayBuffer): number | Promise<number> {
    const bytes = bytesOf(data);
    if (this.#closed !== undefined) return 0;
    this.#unflushed += bytes.byteLength;
    if (this.#last === undefined) {
      const writing = this.#pass(bytes);
      if (writing === undefined) return bytes.byteLength;
      return this.#waits(writing, bytes.byteLength);
    }
    return this.#waits(
      this.#last.then(() => this.#pass(bytes)),
      bytes.byteLength,
    );
  }

  /** Returns how many bytes have gone since the last flush, once they have. */
  flush(): number | Promise<number> {
    const count = this.#unflushed;
    this.#unflushed = 0;
    if (this.#last !== undefined) return this.#told(this.#last, count);
    if (this.#broken !== undefined && this.#closed === undefined) throw this.#broken;
    return count;
  }

  /**
   * Closes the pipe when all is written: the child sees the end. Returns what `flush` would; 0 the second time. An
   * error changes nothing: there is nobody who could be told of it.
   */
  end(_error?: Error): number | Promise<number> {
    if (this.#closed !== undefined) return typeof this.#closed === "number" ? 0 : this.#closed;
    const count = this.#unflushed;
    this.#unflushed = 0;
    if (this.#last === undefined) {
      this.#closed = count;
      void this.#sink.close();
    } else {
      this.#closed = this.#told(
        this.#last.then(() => this.#sink.close()),
        count,
      );
    }
    return this.#closed;
  }

  /** The same as {@link end}, of which nothing is told. */
  close(): void {
    void this.end();
  }

  /** Without effect: bytes go to the pipe as they come, so there is no buffer to configure. */
  start(_options?: { readonly highWaterMark?: number }): void {}

  /** Without effect: what keeps the program alive is decided by `ref` and `unref` of the child's handle. */
  ref(): void {}
  unref(): void {}

  #pass(bytes: Uint8Array): void | Promise<void> {
    if (this.#broken !== undefined) return;
    try {
      return this.#sink.write(bytes)?.catch((error: unknown) => {
        throw this.#break(error);
      });
    } catch (error) {
      const broken = this.#break(error);
      if ((broken as { code?: unknown }).code !== "EPIPE") throw broken;
    }
  }

  #break(error: unknown): Error {
    return (this.#broken ??= error instanceof Error ? error : new Error("The pipe failed", { cause: error }));
  }

  #waits(writing: Promise<void>, count: number): Promise<number> {
    // Later writes go on after a failed one; the failure is reported to the caller of the failed write.
    const quiet = writing
      .catch(() => {})
      .finally(() => {
        if (this.#last === quiet) this.#last = undefined;
      });
    this.#last = quiet;
    return this.#told(writing, count);
  }

  /** A promise of `count`, which rejects if the pipe failed; without a listener that does not end the program. */
  #told(done: Promise<unknown>, count: number): Promise<number> {
    const told = done.then(() => {
      if (this.#broken !== undefined) throw this.#broken;
      return count;
    });
    told.catch(() => {});
    return told;
  }
}

showMembers(FileSink, { FileSink: function () {} as never }, [
  "close",
  "flush",
  "end",
  "start",
  "write",
  "ref",
  "unref",
]);

const WORDS = "write() expects a string, ArrayBufferView, or ArrayBuffer";

/** @throws {TypeError} with the code that Bun gives to what is none of these. */
function bytesOf(data: unknown): Uint8Array {
  // Copied: the caller may reuse its memory before the pipe has taken it.
  if (typeof data === "string" || data instanceof String) return utf8.encode(String(data));
  if (ArrayBuffer.isView(data) || isArrayBuffer(data)) return asBytes(data).slice();
  if (isSharedArrayBuffer(data)) return new Uint8Array(data).slice();
  const code = data === null || data === undefined ? "ERR_STREAM_NULL_VALUES" : "ERR_INVALID_ARG_TYPE";
  throw usageError(code, `${WORDS}, got ${shown(data)}`);
}
