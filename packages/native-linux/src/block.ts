/** A request block (`struct rs_request` and what it points to) in one buffer that is used again for every request. */
import { REQUEST, REQUEST_SIZE, SPAN } from "./abi.gen.js";

const utf8 = new TextEncoder();

export class Block {
  bytes: Uint8Array = new Uint8Array(16 * 1024);
  #words: Uint32Array = new Uint32Array(this.bytes.buffer);
  #view: DataView = new DataView(this.bytes.buffer);
  /** What is behind it is zeros. */
  #end = 0;
  /** The last string and its offset: argv[0] is mostly the path as well, and is then written once. */
  #text: string | undefined;
  #textAt = 0;

  /** How many of `bytes` are the request. */
  get length(): number {
    return this.#end;
  }

  /** Begins a new request: a header of zeros, and nothing behind it. */
  begin(): void {
    this.bytes.fill(0, 0, this.#end);
    this.#end = REQUEST_SIZE;
    this.#text = undefined;
    this.u32(REQUEST.size, REQUEST_SIZE);
  }

  u8(at: number, value: number): void {
    this.bytes[at] = value;
  }

  u16(at: number, value: number): void {
    this.#view.setUint16(at, value, true);
  }

  /** `at`: a multiple of 4. Of a negative number, the same 32 bits. */
  u32(at: number, value: number): void {
    this.#words[at >> 2] = value;
  }

  u64(at: number, value: bigint): void {
    // There are zeros. Two of the three masks of every request have no other value.
    if (value !== 0n) this.#view.setBigUint64(at, value, true);
  }

  /** Sets bits in a word that may have some. */
  or(at: number, bits: number): void {
    this.u32(at, (this.#words[at >> 2] as number) | bits);
  }

  /** Appends a table of `count` zeroed rows of `size` bytes, tells the header's span of it, and returns its offset. */
  table(span: number, count: number, size: number): number {
    if (count === 0) return this.#end;
    // Numbers of 64 bits are the widest that a row can have.
    const at = size === 1 ? this.#end : (this.#end + 7) & ~7;
    const end = at + count * size;
    this.#room(end - this.#end);
    this.u32(span + SPAN.offset, at);
    this.u32(span + SPAN.count, count);
    this.#end = end;
    return at;
  }

  /** Appends strings and a table of their offsets. */
  strings(span: number, list: readonly string[]): void {
    const table = this.table(span, list.length, 4);
    for (let i = 0; i < list.length; i++) this.u32(table + i * 4, this.string(list[i] as string));
  }

  /** Appends a NUL-terminated string, unless it is the last one again, and returns its offset. */
  string(text: string): number {
    if (text === this.#text) return this.#textAt;
    // UTF-8 takes at most three bytes for a UTF-16 code unit.
    this.#room(text.length * 3 + 1);
    const { bytes } = this;
    const start = this.#end;
    let at = start;
    // Most are short and ASCII: a loop beats a call of the encoder with a subarray made for it.
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f || i === 256) {
        at += utf8.encodeInto(text.slice(i), bytes.subarray(at)).written;
        break;
      }
      bytes[at++] = unit;
    }
    this.#end = at + 1;
    this.#text = text;
    this.#textAt = start;
    return start;
  }

  /** Makes sure that `more` bytes fit behind what is there. */
  #room(more: number): void {
    if (this.#end + more <= this.bytes.length) return;
    const larger = new Uint8Array(Math.ceil((this.#end + more) / 4) * 8);
    larger.set(this.bytes.subarray(0, this.#end));
    this.bytes = larger;
    this.#words = new Uint32Array(larger.buffer);
    this.#view = new DataView(larger.buffer);
  }
}
