/** Web streams of a runtime's own child as {@link Source} and {@link Sink}: for engines without pipes of their own. */
import { turned } from "./builtins.js";
import { brokenPipe, isBrokenPipe } from "./pipe.js";
import type { Sink, Source } from "./engine.js";
import { FedSource } from "./fed-source.js";

/** Bytes that are read in one go: a stream that always has more at hand must not keep the program from its timers. */
const BURST = 4 * 1024 * 1024;

/** Reads a web stream. Nothing is asked of it before a read. */
export function webSource(stream: ReadableStream<Uint8Array>): Source {
  const reader = stream.getReader();
  let isReading = false;
  let burst = 0;
  const source = new FedSource({
    want: () => {
      if (isReading) return;
      isReading = true;
      void next().finally(() => (isReading = false));
    },
    settle: undefined,
    enough: undefined,
    // A stream that failed refuses to be cancelled; whoever read it was told.
    close: () => void reader.cancel().catch(() => {}),
  });
  const next = async (): Promise<void> => {
    try {
      let chunk: Uint8Array;
      if (burst >= BURST) {
        burst = 0;
        await turned();
      }
      do {
        const { done, value } = await reader.read();
        if (done) return source.end();
        chunk = value;
      } while (chunk.byteLength === 0);
      burst += chunk.byteLength;
      source.push(chunk);
    } catch (error) {
      source.end(error);
    }
  };
  return source;
}

/** Writes a web stream. A write is done when the stream has taken it for good. */
export class WebSink implements Sink {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #closed: Promise<void> | undefined;
  /** Rejects the write that waits. */
  #giveUp: ((error: Error) => void) | undefined;

  constructor(stream: WritableStream<Uint8Array>) {
    this.#writer = stream.getWriter();
    // The writer's own promises: failures are told by write(), not as unhandled rejections.
    this.#writer.closed.catch(() => {});
    this.#writer.ready.catch(() => {});
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#closed !== undefined) throw brokenPipe();
    try {
      await new Promise<void>((resolve, reject) => {
        this.#giveUp = reject;
        this.#writer.write(chunk).then(resolve, reject);
      });
    } catch (error) {
      // A stream may say no more than that it failed: a pipe that takes no bytes has lost its reader.
      throw isBrokenPipe(error) || !hasCode(error) ? brokenPipe(error) : error;
    } finally {
      // Made anew after every write that had to wait
      this.#writer.ready.catch(() => {});
    }
  }

  settle(isWanted: boolean, isEnd: boolean): void {
    if (isEnd) this.#end();
    else if (!isWanted) void this.close();
  }

  close(): Promise<void> {
    // One that failed is closed already.
    return (this.#closed ??= this.#writer.close().catch(() => {}));
  }

  /** A stream aborts only after a write that is under way, which may be never: nobody waits for that here. */
  #end(): void {
    const error = brokenPipe();
    this.#closed ??= Promise.resolve();
    this.#writer.abort(error).catch(() => {});
    this.#giveUp?.(error);
  }
}

function hasCode(error: unknown): boolean {
  return error instanceof Error && typeof (error as { code?: unknown }).code === "string";
}
