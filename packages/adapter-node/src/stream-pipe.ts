/** Node's streams as core's Source and Sink, for the runtime engine. */
import type { Duplex } from "node:stream";
import { brokenPipe, FedSource, type Half, halvesOf, isBrokenPipe, pipeOf } from "@ringspawn/core/seam";
import type { Pipe, PipeSlot, Sink } from "@ringspawn/core/seam";

/** The parent's side of a "pipe" of child_process, which is a socket whatever it is wanted for. */
export function streamPipe(stream: Duplex, slot: PipeSlot): Pipe {
  const halves = halvesOf(slot);
  const { source, sink } = new StreamEnd(stream, halves);
  return pipeOf(halves, source, sink);
}

class StreamEnd {
  readonly source: FedSource;
  readonly sink: Sink = {
    write: (chunk) => this.#write(chunk),
    settle: (isWanted, isEnd) => {
      if (isEnd) this.#giveUp();
      else if (!isWanted && !this.#isDuplex) void this.sink.close();
    },
    close: () => (this.#finished ??= this.#finish()),
  };
  readonly #stream: Duplex;
  readonly #isDuplex: boolean;
  /** Those that are not closed. */
  readonly #halves: Set<Half>;
  #finished: Promise<void> | undefined;
  #isGivenUp = false;

  constructor(stream: Duplex, halves: ReadonlySet<Half>) {
    this.#stream = stream;
    this.#halves = new Set(halves);
    this.#isDuplex = halves.size === 2;
    this.source = new FedSource({
      want: () => void stream.resume(),
      settle: undefined,
      enough: () => void stream.pause(),
      close: () => {
        this.#close("source");
        // The other half may live on: then what the child writes is thrown away.
        stream.resume();
      },
    });
    // Else Node would end what the child reads as soon as the child has ended what it writes.
    stream.allowHalfOpen = this.#isDuplex;
    // From the beginning: child_process empties a stream at the child's exit, and only who listens gets what it held.
    if (halves.has("source")) stream.on("data", (chunk: Uint8Array) => this.source.push(chunk)).pause();
    for (const event of ["end", "close"]) stream.on(event, () => this.source.end());
    // A child that goes away is told to the writer by write(), and is the end to the reader.
    stream.on("error", (error) => this.source.end(isBrokenPipe(error) ? undefined : error));
  }

  #write(chunk: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      // A stream that has ended would be destroyed by a write, and what can be read of it be lost.
      if (this.#finished !== undefined) throw brokenPipe();
      this.#stream.write(chunk, (error) => {
        if (error) reject(isBrokenPipe(error) ? brokenPipe(error) : error);
        // Node 20 calls back without an error for what was under way when the stream was destroyed.
        else if (this.#isGivenUp) reject(brokenPipe());
        else resolve();
      });
    });
  }

  async #finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      if (this.#stream.destroyed) resolve();
      else this.#stream.end(() => resolve());
    });
    this.#close("sink");
  }

  /** What waits to be written is not waited for. Of a duplex, it is given up when the source comes to its end. */
  #giveUp(): void {
    this.#finished ??= Promise.resolve();
    this.#isGivenUp = true;
    this.#close("sink");
  }

  #close(half: Half): void {
    this.#halves.delete(half);
    if (this.#halves.size === 0) this.#stream.destroy();
  }
}
