/** Reading a {@link Source} to its end. */
import { type Box, boxed } from "./builtins.js";
import type { Source } from "./engine.js";
import { FedSource } from "./fed-source.js";

/** As much as a pipe holds by default. */
const CHUNK = 64 * 1024;
/** Chunks below this are copied out of the buffer they were read into; above, the buffer itself is kept. */
const COPIED = CHUNK / 4;
/** Buffers kept for the next read. More would be memory that nobody uses once a crowd of children is gone. */
const SPARE = 64;

const spare: Uint8Array<ArrayBuffer>[] = [];

/** A buffer of {@link CHUNK} bytes that nobody else holds until it is given back. */
export function takeBuffer(): Uint8Array<ArrayBuffer> {
  return spare.pop() ?? new Uint8Array(CHUNK);
}

/** Only a buffer that no read is under way into, and of which no part was handed out. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  if (spare.length < SPARE) spare.push(buffer);
}

/** The first `count` bytes of a taken buffer as bytes of their own. The buffer is given back if it was only copied. */
export function handOut(buffer: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
  if (count >= COPIED) return buffer.subarray(0, count);
  const copy = buffer.slice(0, count);
  giveBuffer(buffer);
  return copy;
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const [only] = chunks;
  // Bytes of their own: what is handed out must not show the rest of a buffer behind its end.
  if (only !== undefined && chunks.length === 1) {
    return only.byteLength === only.buffer.byteLength ? (only as Uint8Array<ArrayBuffer>) : only.slice();
  }
  let length = 0;
  for (const chunk of chunks) length += chunk.byteLength;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

/** Gives every chunk to `take`, which then owns it, until the end; closes the source. Rejects if a read fails. */
export async function pump(source: Source, take: (chunk: Uint8Array<ArrayBuffer>) => void): Promise<void> {
  try {
    for (;;) {
      const buffer = takeBuffer();
      const reading = source.read(buffer);
      const count = typeof reading === "number" ? reading : await reading;
      if (count === 0) {
        giveBuffer(buffer);
        return;
      }
      take(handOut(buffer, count));
    }
  } finally {
    source.close();
  }
}

/** Everything until the end. Rejects if a read fails. */
export async function collect(source: Source): Promise<Box<Uint8Array<ArrayBuffer>>> {
  if (source instanceof Drain) return source.rest();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  await pump(source, (chunk) => chunks.push(chunk));
  return boxed(concat(chunks));
}

/** Reads a source from the beginning, without limit, so that the child never waits; others read from here. */
export class Drain extends FedSource {
  readonly #done: Promise<void>;

  constructor(source: Source) {
    super({ want: undefined, settle: undefined, enough: undefined, close: () => source.close() });
    this.#done = pump(source, (chunk) => this.push(chunk)).then(
      () => this.end(),
      (error: unknown) => this.end(error),
    );
  }

  /** Everything that was not read yet, once the end has come. */
  async rest(): Promise<Box<Uint8Array<ArrayBuffer>>> {
    await this.#done;
    return boxed(concat(this.takeAll()));
  }
}

/** Passes a source on until it gave more than `limit` bytes: says so, and that is the end. `exceeded` closes it. */
export function limited(source: Source, limit: number, exceeded: () => void): Source {
  let left = limit;
  const count = (bytes: number): number => {
    left -= bytes;
    if (left < 0) exceeded();
    return bytes;
  };
  return {
    read(into) {
      if (left < 0) return 0;
      const reading = source.read(into);
      return typeof reading === "number" ? count(reading) : reading.then(count);
    },
    settle: (isEnd) => source.settle(isEnd),
    close() {
      if (left >= 0) source.close();
    },
  };
}
