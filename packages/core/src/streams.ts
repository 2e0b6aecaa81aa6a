/** The parent's ends of pipes as web streams. A stream is made only when a user asks for it. */
import { Bare, bare, type Box, boxed, isArrayBuffer } from "./builtins.js";
import { collect, concat, giveBuffer, handOut, takeBuffer } from "./collect.js";
import type { Sink, Source } from "./engine.js";
import { inClassOf } from "./error.js";
import type { Host } from "./host.js";

const utf8 = new TextDecoder();
/** Said, because a runtime looks for the size of a queue on Object.prototype where nothing is. */
const NO_STRATEGY: object = Object.freeze(new Bare());

/** The state that a stream shares with its underlying source; outside the class, because `super()` needs it. */
interface Flow {
  readonly source: Source;
  controller: ReadableByteStreamController | undefined;
  /** Whether the stream has asked for bytes; its queue may then hold some. */
  pulled: boolean;
  cancelled: boolean;
}

let readAll: (stream: SubprocessReadableStream) => Promise<Box<Uint8Array<ArrayBuffer>>>;

/**
 * What a child writes, as a byte stream. Nothing is read before it is asked for, so a child that writes more than a
 * pipe holds waits for its reader.
 */
export class SubprocessReadableStream extends ReadableStream<Uint8Array<ArrayBuffer>> {
  static {
    readAll = (stream) => stream.#all();
  }

  readonly #flow: Flow;

  constructor(source: Source) {
    const flow: Flow = { source, controller: undefined, pulled: false, cancelled: false };
    const underlying: UnderlyingByteSource = bare<UnderlyingByteSource>({
      type: "bytes",
      start: (controller) => {
        flow.controller = controller;
      },
      pull: (controller) => pull(flow, controller),
      cancel: () => {
        flow.cancelled = true;
        source.close();
      },
    });
    super(underlying as unknown as UnderlyingSource<Uint8Array<ArrayBuffer>>, NO_STRATEGY);
    this.#flow = flow;
  }

  /** Everything until the end. Locks the stream. @throws {TypeError} (rejects) when it is locked already. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return (await this.#all()).value;
  }

  /** Everything until the end, as UTF-8: without its BOM, U+FFFD for what is none. */
  async text(): Promise<string> {
    return utf8.decode((await this.#all()).value);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const { value } = await this.#all();
    return value.byteLength === value.buffer.byteLength ? value.buffer : value.slice().buffer;
  }

  async blob(): Promise<Blob> {
    return new Blob([(await this.#all()).value]);
  }

  async #all(): Promise<Box<Uint8Array<ArrayBuffer>>> {
    const reader = this.getReader();
    const flow = this.#flow;
    if (!flow.pulled) {
      // Nothing is queued and the stream is locked: the source can be read directly, which is faster.
      try {
        const all = await collect(flow.source);
        if (!flow.cancelled) flow.controller?.close();
        return all;
      } catch (error) {
        flow.controller?.error(error);
        throw error;
      }
    }
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return boxed(concat(chunks));
      chunks.push(value);
    }
  }
}

/** As `bytes()` of the stream. */
export function bytesOf(stream: SubprocessReadableStream): Promise<Box<Uint8Array<ArrayBuffer>>> {
  return readAll(stream);
}

/** One read. Returns a promise only when the bytes are not at hand. */
function pull(flow: Flow, controller: ReadableByteStreamController): void | Promise<void> {
  flow.pulled = true;
  const request = controller.byobRequest;
  const view = request?.view as Uint8Array<ArrayBuffer> | undefined;
  const buffer = view ?? takeBuffer();
  const done = (count: number): void => {
    if (flow.cancelled || count === 0) {
      if (view === undefined) giveBuffer(buffer);
      if (flow.cancelled) return;
      flow.source.close();
      controller.close();
      // A BYOB reader waits for its buffer to come back, even empty.
      request?.respond(0);
    } else if (request) {
      request.respond(count);
    } else {
      controller.enqueue(handOut(buffer, count));
    }
  };
  const failed = (error: unknown): never => {
    flow.source.close();
    throw error;
  };
  try {
    const reading = flow.source.read(buffer);
    if (typeof reading !== "number") return reading.then(done, failed);
    done(reading);
  } catch (error) {
    return failed(error);
  }
}

/** What a child reads, as a stream that takes bytes. A write is done when all of it is in the pipe. */
export function writableStream(sink: Sink, host: Host): WritableStream<Uint8Array> {
  // A stream that has failed calls neither close nor abort later: the pipe must be closed here.
  const failed = (error: unknown): never => {
    void sink.close();
    throw inClassOf(host, error);
  };
  const underlying = bare<UnderlyingSink<Uint8Array>>({
    write(chunk) {
      try {
        return sink.write(asBytes(chunk))?.catch(failed);
      } catch (error) {
        return failed(error);
      }
    },
    close: () => sink.close(),
    abort: () => sink.close(),
  });
  return new WritableStream(underlying, NO_STRATEGY);
}

/**
 * The same memory as a plain Uint8Array, whose methods are known: slice() of a Buffer does not copy.
 *
 * @throws {TypeError} for what is not bytes. A string is not: it has no encoding of its own.
 */
export function asBytes(chunk: unknown): Uint8Array {
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (isArrayBuffer(chunk)) return new Uint8Array(chunk);
  throw new TypeError("Expected ArrayBuffer or ArrayBufferView for write chunk");
}
