/** The parent's ends of the child's pipes: non-blocking reads and writes on the JavaScript thread. */
import type { Sink, Source } from "@ringspawn/core/seam";
import { ERRNO, READY } from "./abi.gen.js";
import type { Door } from "./door.js";
import type { Life } from "./life.js";
import type { Loop } from "./loop.js";

/** One fd of ours, and at most one operation that waits for it. */
class End {
  readonly door: Door;
  readonly #loop: Loop;
  readonly #life: Life | undefined;
  fd: number;
  #token = 0;
  #wake: (() => void) | undefined;

  constructor(door: Door, loop: Loop, fd: number, life: Life | undefined) {
    this.door = door;
    this.#loop = loop;
    this.fd = fd;
    this.#life = life;
  }

  /** Calls back when the fd is ready, or closed. */
  wait(ready: number, callback: () => void): void {
    this.#wake = () => {
      this.#wake = undefined;
      this.#life?.waiting(-1);
      callback();
    };
    this.#token = this.#loop.watch(this.fd, ready, this.#wake);
    this.#life?.waiting(1);
  }

  close(): void {
    const { fd } = this;
    if (fd < 0) return;
    this.fd = -1;
    if (this.#wake !== undefined) this.#loop.forget(fd, this.#token);
    this.door.close(fd);
    this.#wake?.();
  }
}

/** A pipe that nobody read to its end, nor can any more: its fd would stay open for as long as the program runs. */
const forgotten: FinalizationRegistry<End> = new FinalizationRegistry((end) => end.close());

/** A pipe the child writes. */
export class PipeSource implements Source {
  readonly #end: End;

  constructor(door: Door, loop: Loop, fd: number, life: Life | undefined) {
    this.#end = new End(door, loop, fd, life);
    forgotten.register(this, this.#end);
  }

  read(into: Uint8Array): number | Promise<number> {
    const count = this.attempt(into);
    if (count !== -ERRNO.EAGAIN) return count;
    return new Promise((resolve, reject) => {
      const again = (): void => {
        try {
          const count = this.attempt(into);
          if (count === -ERRNO.EAGAIN) this.whenReady(again);
          else resolve(count);
        } catch (error) {
          reject(error);
        }
      };
      this.whenReady(again);
    });
  }

  /** Calls back once, when there is something to read, or the end, or after close(). */
  whenReady(callback: () => void): void {
    this.#end.wait(READY.readable, callback);
  }

  close(): void {
    this.#end.close();
  }

  /** The bytes read now, 0 at the end or after close(), or -EAGAIN. */
  attempt(into: Uint8Array): number {
    if (this.#end.fd < 0) return 0;
    const count = this.#end.door.read(this.#end.fd, into);
    if (count < 0 && count !== -ERRNO.EAGAIN) throw pipeError("read", -count);
    // At the end the fd has no more use: free it before the reader gets round to it.
    if (count === 0 && into.byteLength > 0) this.#end.close();
    return count;
  }
}

/** A pipe the child reads. */
export class PipeSink implements Sink {
  readonly #end: End;

  constructor(door: Door, loop: Loop, fd: number, life: Life | undefined) {
    this.#end = new End(door, loop, fd, life);
    forgotten.register(this, this.#end);
  }

  write(chunk: Uint8Array): void | Promise<void> {
    let rest = this.attempt(chunk);
    if (rest === undefined) return;
    return new Promise((resolve, reject) => {
      const again = (): void => {
        try {
          rest = this.attempt(rest as Uint8Array);
          if (rest === undefined) resolve();
          else this.whenReady(again);
        } catch (error) {
          reject(error);
        }
      };
      this.whenReady(again);
    });
  }

  /** Calls back once, when the pipe takes more, or nobody reads it, or after close(). */
  whenReady(callback: () => void): void {
    this.#end.wait(READY.writable, callback);
  }

  close(): void {
    this.#end.close();
  }

  /** Writes what the pipe takes now and returns what it did not. */
  attempt(chunk: Uint8Array): Uint8Array | undefined {
    let left = chunk;
    while (left.byteLength > 0) {
      if (this.#end.fd < 0) throw pipeError("write", ERRNO.EPIPE);
      const count = this.#end.door.write(this.#end.fd, left);
      if (count === -ERRNO.EAGAIN) return left;
      if (count < 0) throw pipeError("write", -count);
      left = left.subarray(count);
    }
    return undefined;
  }
}

function pipeError(syscall: string, errno: number): Error {
  const code = errno === ERRNO.EPIPE ? "EPIPE" : `E${errno}`;
  const words = errno === ERRNO.EPIPE ? "nobody reads the pipe any more" : `errno ${errno}`;
  return Object.assign(new Error(`${syscall} ${code}: ${words}`), { code, errno: -errno, syscall });
}
