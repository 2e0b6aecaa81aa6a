/** The parent's ends of what a child reads and writes: non-blocking reads and writes on the JavaScript thread. */
import type { Pipe, Sink, Slot, Source, SpawnRequest } from "@ringspawn/core/seam";
import { ERRNO, READY } from "./abi.gen.js";
import type { Outcome } from "./decode.js";
import type { Binding } from "./binding.js";
import type { KeepAlive } from "./keep-alive.js";
import type { Loop } from "./loop.js";

/** How the fd of an end is given up. */
type Closing = "close" | "shutdownRead" | "shutdownWrite";

/** Bytes that are taken in of a pipe whose process has ended: more than any pipe holds that is not root's. */
const AT_HAND = 1024 * 1024;
const CHUNK = 64 * 1024;
let chunk: Uint8Array | undefined;

/** What an attempt answers that has to wait. */
const NOT_YET: unique symbol = Symbol("not yet");

/** One fd of ours, and at most one operation that waits for it. */
export class End {
  readonly binding: Binding;
  readonly #loop: Loop;
  readonly #keepAlive: KeepAlive | undefined;
  readonly #closing: Closing;
  /** -1 before it was taken, and after it was closed. */
  fd = -1;
  #token = 0;
  #wake: (() => void) | undefined;

  constructor(binding: Binding, loop: Loop, keepAlive: KeepAlive | undefined, closing: Closing) {
    this.binding = binding;
    this.#loop = loop;
    this.#keepAlive = keepAlive;
    this.#closing = closing;
  }

  get isWaiting(): boolean {
    return this.#wake !== undefined;
  }

  /** Calls back when the fd is ready, or closed. */
  wait(ready: number, callback: () => void): void {
    this.#wake = () => {
      this.#wake = undefined;
      this.#keepAlive?.waiting(-1);
      callback();
    };
    this.#token = this.#loop.watch(this.fd, ready, this.#wake);
    this.#keepAlive?.waiting(1);
  }

  /** Waits and tries, until an attempt has an answer. */
  retry<T>(ready: number, attempt: () => T | typeof NOT_YET): Promise<T> {
    return new Promise((resolve, reject) => {
      const again = (): void => {
        try {
          const answer = attempt();
          if (answer === NOT_YET) this.wait(ready, again);
          else resolve(answer);
        } catch (error) {
          reject(error);
        }
      };
      this.wait(ready, again);
    });
  }

  close(): void {
    const { fd } = this;
    if (fd < 0) return;
    this.fd = -1;
    if (this.#wake !== undefined) this.#loop.forget(fd, this.#token);
    this.binding[this.#closing](fd);
    this.#wake?.();
  }
}

/** An end that nobody used up, nor can any more: its fd would stay open for as long as the program runs. */
export const forgotten: FinalizationRegistry<End> = new FinalizationRegistry((end) => end.close());

/** Bytes that are read in one go: a firehose must not keep the program from its other work. */
const BURST = 1024 * 1024;

/** What the child writes. */
export class PipeSource implements Source {
  readonly #end: End;
  /** What was taken in and not read yet. */
  #atHand: Uint8Array | undefined;
  /** Bytes since the loop was last waited for. */
  #burst = 0;

  constructor(end: End) {
    this.#end = end;
    forgotten.register(this, end);
  }

  read(into: Uint8Array): number | Promise<number> {
    // What is at hand must not wait for an fd on which nothing more may come.
    const isHogging = this.#burst >= BURST && this.#atHand === undefined && this.#end.fd >= 0;
    const count = isHogging ? -ERRNO.EAGAIN : this.attempt(into);
    if (count !== -ERRNO.EAGAIN) {
      this.#burst += count;
      return count;
    }
    this.#burst = 0;
    return this.#end.retry(READY.readable, () => {
      const count = this.attempt(into);
      return count === -ERRNO.EAGAIN ? NOT_YET : count;
    });
  }

  /** Calls back once, when there is something to read, or the end, or after close(). */
  whenReady(callback: () => void): void {
    this.#end.wait(READY.readable, callback);
  }

  /** Where a read waits, that read comes to the end by itself. */
  settle(isEnd: boolean): void {
    if (isEnd || !this.#end.isWaiting) this.#takeIn();
    if (isEnd) this.#end.close();
  }

  close(): void {
    this.#atHand = undefined;
    this.#end.close();
  }

  /** The bytes read now, 0 at the end or after close(), or -EAGAIN. */
  attempt(into: Uint8Array): number {
    return this.#atHand === undefined ? this.#readFd(into) : this.#readAtHand(this.#atHand, into);
  }

  #readAtHand(bytes: Uint8Array, into: Uint8Array): number {
    const count = Math.min(bytes.byteLength, into.byteLength);
    into.set(bytes.subarray(0, count));
    this.#atHand = count < bytes.byteLength ? bytes.subarray(count) : undefined;
    return count;
  }

  /** At the end the fd is closed, and so it is only kept where another process still has the pipe. */
  #takeIn(): void {
    const { binding, fd } = this.#end;
    if (fd < 0) return;
    const into = (chunk ??= new Uint8Array(CHUNK));
    const chunks = this.#atHand === undefined ? [] : [this.#atHand];
    let count = 0;
    for (let total = 0; total < AT_HAND; total += count) {
      count = binding.read(fd, into);
      // The next read comes to the same error, and tells it.
      if (count <= 0) break;
      chunks.push(into.slice(0, count));
    }
    if (chunks.length > 0) this.#atHand = joined(chunks);
    // The bytes have to be there by now: this wakes a read that waits.
    if (count === 0 || isEndOfDuplex(count)) this.#end.close();
  }

  #readFd(into: Uint8Array): number {
    if (this.#end.fd < 0) return 0;
    const count = this.#end.binding.read(this.#end.fd, into);
    if (count === -ERRNO.EAGAIN) return count;
    const isEnd = count === 0 ? into.byteLength > 0 : isEndOfDuplex(count);
    if (count < 0 && !isEnd) throw pipeError("read", -count);
    // At the end the fd has no more use: free it before the reader gets round to it.
    if (isEnd) this.#end.close();
    return isEnd ? 0 : count;
  }
}

/**
 * A terminal that no process has open any more says EIO. A socket whose other end was closed before it had read all
 * that was written to it says so once, by ECONNRESET, where the end of what it wrote would be.
 */
function isEndOfDuplex(result: number): boolean {
  return result === -ERRNO.EIO || result === -ERRNO.ECONNRESET;
}

/** The memory belongs to the caller, who may do this while a write waits. What is gone cannot be written. */
const CHANGED = "the chunk was transferred or its buffer shrunk before all of it was written";

/** What the child reads. */
export class PipeSink implements Sink {
  readonly #end: End;
  readonly #write: "write" | "send";

  constructor(end: End, write: "write" | "send") {
    this.#end = end;
    this.#write = write;
    forgotten.register(this, end);
  }

  write(chunk: Uint8Array): void | Promise<void> {
    const rest = this.attempt(chunk);
    if (rest === undefined) return;
    let length = rest.byteLength;
    // A view of its own does not grow with its buffer.
    let left = rest.subarray(0, length);
    return this.#end.retry<void>(READY.writable, () => {
      if (left.byteLength !== length) throw new TypeError(CHANGED);
      const rest = this.attempt(left);
      if (rest === undefined) return;
      left = rest;
      length = left.byteLength;
      return NOT_YET;
    });
  }

  /** Calls back once, when more can be written, or nobody reads it, or after close(). */
  whenReady(callback: () => void): void {
    this.#end.wait(READY.writable, callback);
  }

  settle(_isWanted: boolean, isEnd: boolean): void {
    const { binding, fd } = this.#end;
    if (isEnd || (fd >= 0 && binding.hungUp(fd) === 1)) this.close();
  }

  close(): void {
    this.#end.close();
  }

  /** Writes what is taken now and returns what is not. */
  attempt(chunk: Uint8Array): Uint8Array | undefined {
    let left = chunk;
    while (left.byteLength > 0) {
      if (this.#end.fd < 0) throw pipeError("write", ERRNO.EPIPE);
      const count = this.#end.binding[this.#write](this.#end.fd, left);
      if (count === -ERRNO.EAGAIN) return left;
      if (count < 0) throw pipeError("write", isEndOfDuplex(count) ? ERRNO.EPIPE : -count);
      left = left.subarray(count);
    }
    return undefined;
  }
}

/** A pipe, a socket pair or a pseudo-terminal, by its one or two fds. */
class StreamPipe implements Pipe {
  readonly source: PipeSource | undefined;
  readonly sink: PipeSink | undefined;
  readonly fd: undefined;

  constructor(
    binding: Binding,
    loop: Loop,
    outcome: Outcome,
    i: number,
    keepAlive: KeepAlive | undefined,
    isSocket: boolean,
  ) {
    if (outcome.reader(i) >= 0) {
      const end = new End(binding, loop, keepAlive, isSocket ? "shutdownRead" : "close");
      this.source = new PipeSource(end);
      end.fd = outcome.takeReader(i);
    }
    if (outcome.writer(i) >= 0) {
      const end = new End(binding, loop, keepAlive, isSocket ? "shutdownWrite" : "close");
      this.sink = new PipeSink(end, isSocket ? "send" : "write");
      end.fd = outcome.takeWriter(i);
    }
  }

  close(): void {
    this.source?.close();
    this.sink?.close();
  }
}

/** An fd without streams: the program's own from the moment it asks for it, and ours to close until then. */
class RawPipe implements Pipe {
  readonly source: undefined;
  readonly sink: undefined;
  readonly #end: End;
  #isTaken = false;

  constructor(binding: Binding, loop: Loop, outcome: Outcome, i: number, keepAlive: KeepAlive | undefined) {
    this.#end = new End(binding, loop, keepAlive, "close");
    forgotten.register(this, this.#end, this);
    this.#end.fd = outcome.reader(i) >= 0 ? outcome.takeReader(i) : outcome.takeWriter(i);
  }

  get shownFd(): number {
    return this.#end.fd;
  }

  /** -1 when it was closed before anybody asked. */
  get fd(): number {
    const { binding, fd } = this.#end;
    if (fd >= 0 && !this.#isTaken) {
      this.#isTaken = true;
      forgotten.unregister(this);
      binding.release(fd);
    }
    return fd;
  }

  close(): void {
    if (!this.#isTaken) this.#end.close();
  }
}

/** Core's, with what only this package asks of it. `close`: of all that is still ours. */
export type NativePipe = StreamPipe | RawPipe;

const NO_PIPES: ReadonlyMap<number, NativePipe> = new Map();

/** Our ends, by the child's fd number. */
export function openPipes(
  binding: Binding,
  loop: Loop,
  { slots }: SpawnRequest,
  outcome: Outcome,
  keepAlive: KeepAlive | undefined,
): ReadonlyMap<number, NativePipe> {
  let pipes: Map<number, NativePipe> | undefined;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as Slot;
    if (slot.kind !== "pipe" && slot.kind !== "socket" && slot.kind !== "pty") continue;
    // Of several that are one terminal, the first has our ends.
    if (outcome.reader(i) < 0 && outcome.writer(i) < 0) continue;
    const pipe = slot.raw
      ? new RawPipe(binding, loop, outcome, i, keepAlive)
      : new StreamPipe(binding, loop, outcome, i, keepAlive, slot.kind === "socket");
    (pipes ??= new Map()).set(slot.target, pipe);
  }
  return pipes ?? NO_PIPES;
}

export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const all = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function pipeError(syscall: string, errno: number): Error {
  const code = errno === ERRNO.EPIPE ? "EPIPE" : `E${errno}`;
  const words = errno === ERRNO.EPIPE ? "nobody reads the pipe any more" : `errno ${errno}`;
  return Object.assign(new Error(`${syscall} ${code}: ${words}`), { code, errno: -errno, syscall });
}
