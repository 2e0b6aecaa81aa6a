/**
 * Messages between a parent and its child as bytes on a socket, in the forms in which the runtimes write them:
 * lines of JSON, or frames around what the runtime's engine makes of structured values.
 */
import { shown, usageError } from "../check.js";
import { concat } from "../collect.js";
import type { Structured } from "../structured.js";

/** The values of `serialization`. */
export type Serialization = "json" | "advanced";

/** Both directions of one channel. */
export interface Codec {
  /** What is written before any message. */
  readonly greeting: Uint8Array | undefined;
  /** @throws {unknown} for what this form cannot hold. */
  encode(message: unknown): Uint8Array;
  /**
   * Takes in what has come, which is the codec's from now on, and hands out each message that is complete.
   *
   * @throws {ChannelError} for bytes that are no message. Those before them have been handed out.
   */
  decode(bytes: Uint8Array, deliver: (message: unknown) => void): void;
  /** Whether a message has begun to come, and is not complete. */
  readonly isWithin: boolean;
  /** The child has read nothing of what was sent: it would have said what it speaks first. */
  readonly isUnheard: boolean;
}

/** Why the messages of a channel cannot be read. */
export class ChannelError extends Error {
  readonly code = "ERR_IPC_CHANNEL_BROKEN";
  /** The child is a program of another runtime, which writes another format: no message can ever be read. */
  readonly isForeign: boolean;

  constructor(message: string, { isForeign = false, cause }: { isForeign?: boolean; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.isForeign = isForeign;
  }
}

export function codecOf(serialization: Serialization, structured: Structured): Codec {
  if (serialization === "json") return new JsonLines();
  return structured.format === "v8" ? new V8Frames(structured) : new JscFrames(structured);
}

/** The messages by which the runtimes pass each other handles, which are none of the user's. */
const HANDLE = "NODE_HANDLE";
const ACCEPTED = { cmd: "NODE_HANDLE_ACK" };
const REFUSED = { cmd: "NODE_HANDLE_NACK" };
/** What is answered to an answer. */
export const NOTHING: unique symbol = Symbol("nothing");

/**
 * What to answer to a message that carries a handle (a server, a socket), which cannot be taken: without an answer the
 * child would hold back all that it sends later. Undefined for every other message.
 */
export function handleAnswer(message: unknown): object | typeof NOTHING | undefined {
  if (typeof message !== "object" || message === null || !Object.hasOwn(message, "cmd")) return undefined;
  const { cmd } = message as { readonly cmd: unknown };
  if (cmd === ACCEPTED.cmd || cmd === REFUSED.cmd) return NOTHING;
  if (cmd !== HANDLE) return undefined;
  // The runtime that says this as well goes on waiting after a refusal.
  return Object.hasOwn(message, "nativeKind") ? ACCEPTED : REFUSED;
}

const NEWLINE = 10;
/** Before a line that one runtime's cluster sends to itself. */
const INTERNAL = "\x02";
const encoder = new TextEncoder();
// A byte order mark is a part of the text, which JSON does not allow.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

class JsonLines implements Codec {
  readonly greeting: undefined;
  readonly isUnheard = false;
  #parts: Uint8Array[] = [];

  get isWithin(): boolean {
    return this.#parts.length > 0;
  }

  encode(message: unknown): Uint8Array {
    const json = JSON.stringify(message) as string | undefined;
    if (json === undefined) throw usageError("ERR_INVALID_ARG_TYPE", `JSON cannot hold ${shown(message)} as a message`);
    return encoder.encode(`${json}\n`);
  }

  decode(bytes: Uint8Array, deliver: (message: unknown) => void): void {
    const length = bytes.lastIndexOf(NEWLINE) + 1;
    if (length > 0) {
      const lines = joined(this.#parts, bytes.subarray(0, length));
      this.#parts = [];
      for (const line of linesOf(lines)) if (!line.startsWith(INTERNAL)) deliver(parsed(line));
    }
    if (length < bytes.byteLength) this.#parts.push(bytes.subarray(length));
  }
}

/** The lines of bytes that end with one. */
function linesOf(bytes: Uint8Array): string[] {
  try {
    return decoder.decode(bytes).split("\n").slice(0, -1);
  } catch (cause) {
    // One that is longer than a string can be.
    throw new ChannelError("the child sent a line that is too long", { cause });
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new ChannelError("the child sent a line that is not JSON", { cause });
  }
}

/** Whether the message that begins at `at` is one for the user, and where it is; `end` is where the next one begins. */
interface Frame {
  readonly isMessage: boolean;
  /** What belongs before its bytes. */
  readonly before?: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Every frame is known, with its length, by its first five bytes. */
const HEAD = 5;
/** The longest message: its length is 32 bits. */
const MAX_LENGTH = 2 ** 32 - 1;

abstract class Frames implements Codec {
  abstract readonly greeting: Uint8Array | undefined;
  abstract readonly isUnheard: boolean;
  protected readonly structured: Structured;
  #parts: Uint8Array[] = [];
  /** Bytes in the parts. */
  #size = 0;
  /** Bytes of a frame that have to be there before more can be said of it. */
  #needed = HEAD;

  constructor(structured: Structured) {
    this.structured = structured;
  }

  get isWithin(): boolean {
    return this.#size > 0;
  }

  encode(message: unknown): Uint8Array {
    const [head, bytes] = this.framed(this.structured.serialize(message));
    const length = bytes.byteLength;
    if (length > MAX_LENGTH) throw new RangeError(`a message has at most ${MAX_LENGTH} bytes, got ${length}`);
    const frame = new Uint8Array(head.length + length);
    frame.set(head);
    frame.set(bytes, head.length);
    return frame;
  }

  decode(bytes: Uint8Array, deliver: (message: unknown) => void): void {
    // A long message is put together once, when all of it is there.
    if (this.#size + bytes.byteLength < this.#needed) return this.#keep(bytes);
    const all = joined(this.#parts, bytes);
    this.#parts = [];
    this.#size = 0;
    let at = 0;
    for (;;) {
      this.#needed = HEAD;
      if (all.byteLength - at < HEAD) break;
      const { isMessage, before, start, end } = this.frame(all, at);
      this.#needed = end - at;
      if (end > all.byteLength) break;
      at = end;
      if (!isMessage) continue;
      const bytes = before === undefined ? all.slice(start, end) : concat([before, all.subarray(start, end)]);
      deliver(this.#deserialized(bytes));
    }
    if (at < all.byteLength) this.#keep(all.subarray(at));
  }

  /** What of these bytes is written, and what before it. */
  protected abstract framed(bytes: Uint8Array): readonly [head: readonly number[], bytes: Uint8Array];

  /** The frame that begins at `at`, of which at least {@link HEAD} bytes are there. @throws {ChannelError} for none. */
  protected abstract frame(bytes: Uint8Array, at: number): Frame;

  #keep(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#size += bytes.byteLength;
  }

  #deserialized(bytes: Uint8Array): unknown {
    try {
      return this.structured.deserialize(bytes);
    } catch (cause) {
      throw new ChannelError("the child sent a message that cannot be deserialized", { cause });
    }
  }
}

/** The bytes that all messages of V8 begin with, and those that all channels of JSC do. */
const V8_MAGIC = 0xff;
const JSC_GREETING: readonly number[] = [1, 2, 0, 0, 0];

/** The length, with the most significant byte first, then the message. */
class V8Frames extends Frames {
  readonly greeting: undefined;
  readonly isUnheard = false;

  protected framed(bytes: Uint8Array): readonly [head: readonly number[], bytes: Uint8Array] {
    const length = bytes.byteLength;
    return [[length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255], bytes];
  }

  protected frame(bytes: Uint8Array, at: number): Frame {
    if (JSC_GREETING.every((byte, i) => bytes[at + i] === byte)) throw foreign("JSC");
    const start = at + 4;
    if (bytes[start] !== V8_MAGIC) throw new ChannelError("the child sent bytes that are no message");
    return { isMessage: true, start, end: start + new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0) };
  }
}

const TYPE = { version: 1, message: 2, internal: 3, messageWithBuffers: 4 } as const;
const JSC_VERSION = 2;
/** The runtime itself puts this before what says which of its arrays are Buffers. In a frame, the type says it. */
const WITH_BUFFERS = Uint8Array.of(0xff, 0x42, 0x55, 0x4e, 1);

/** A type, the length with the least significant byte first, then the message. Each end first says its version. */
class JscFrames extends Frames {
  readonly greeting: Uint8Array = Uint8Array.from(JSC_GREETING);
  isUnheard = true;

  protected framed(bytes: Uint8Array): readonly [head: readonly number[], bytes: Uint8Array] {
    const hasBuffers = WITH_BUFFERS.every((byte, i) => bytes[i] === byte);
    const rest = hasBuffers ? bytes.subarray(WITH_BUFFERS.length) : bytes;
    const type = hasBuffers ? TYPE.messageWithBuffers : TYPE.message;
    const length = rest.byteLength;
    return [[type, length & 255, (length >>> 8) & 255, (length >>> 16) & 255, length >>> 24], rest];
  }

  protected frame(bytes: Uint8Array, at: number): Frame {
    const type = bytes[at];
    const start = at + HEAD;
    const length = new DataView(bytes.buffer, bytes.byteOffset + at + 1).getUint32(0, true);
    switch (type) {
      default:
        if (bytes[at + 4] === V8_MAGIC) throw foreign("V8");
        throw new ChannelError("the child sent bytes that are no message");
      case TYPE.version:
        if (length !== JSC_VERSION) {
          throw new ChannelError(`the child speaks version ${length}, not ${JSC_VERSION}`);
        }
        this.isUnheard = false;
        return { isMessage: false, start, end: start };
      case TYPE.internal:
        return { isMessage: false, start, end: start + length };
      case TYPE.message:
        return { isMessage: true, start, end: start + length };
      case TYPE.messageWithBuffers:
        return { isMessage: true, before: WITH_BUFFERS, start, end: start + length };
    }
  }
}

const ADVICE = 'use serialization: "json"';

function foreign(engine: string): ChannelError {
  const what = `the child writes its messages in the format of ${engine}, which this runtime cannot read`;
  return new ChannelError(`${what}: ${ADVICE}`, { isForeign: true });
}

/** A child that only listens cannot be told from one that reads another format. */
export function unheard(): ChannelError {
  const reads = `If it listens, it reads another format than that of this runtime: ${ADVICE}`;
  return new ChannelError(`the child has read nothing of what was sent to it. ${reads}`);
}

function joined(parts: readonly Uint8Array[], last: Uint8Array): Uint8Array {
  return parts.length === 0 ? last : concat([...parts, last]);
}
