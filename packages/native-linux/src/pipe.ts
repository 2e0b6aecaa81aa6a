/** The parent's ends of the child's pipes: non-blocking reads and writes, on the JavaScript thread. */
import type { Sink, Source } from "@ringspawn/core/seam";
import type { Binding } from "./binding.js";
import type { KeepAlive } from "./keep-alive.js";
import { type Loop, READABLE, WRITABLE } from "./loop.js";

/** {@link PipeSource.attempt} returns its negative when there is nothing to read yet. */
export const EAGAIN = 11;
const EPIPE = 32;

/** One end of a pipe, and at most one operation that waits for it. */
class End {
  readonly binding: Binding;
  readonly #loop: Loop;
  readonly #keepAlive: KeepAlive | undefined;
  fd: number;
  #token = 0;
  #wake: (() => void) | undefined;

  constructor(binding: Binding, loop: Loop, fd: number, keepAlive: KeepAlive | undefined) {
    this.binding = binding;
    this.#loop = loop;
    this.fd = fd;
    this.#keepAlive = keepAlive;
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

  close(): void {
    const { fd } = this;
    if (fd < 0) return;
    this.fd = -1;
    if (this.#wake !== undefined) this.#loop.forget(fd, this.#token);
    this.binding.close(fd);
    this.#wake?.();
  }
}

/** Closes a pipe that can no longer be read or written: its fd would stay open for as long as the program runs. */
const forgotten: FinalizationRegistry<End> = new FinalizationRegistry((end) => end.close());

/** A pipe that the child writes. */
export class PipeSource implements Source {
  readonly #end: End;

  constructor(binding: Binding, loop: Loop, fd: number, keepAlive: KeepAlive | undefined) {
    this.#end = new End(binding, loop, fd, keepAlive);
    forgotten.register(this, this.#end);
  }

  read(into: Uint8Array): number | Promise<number> {
    const count = this.attempt(into);
    if (count !== -EAGAIN) return count;
    return new Promise((resolve, reject) => {
      const again = (): void => {
        try {
          const count = this.attempt(into);
          if (count === -EAGAIN) this.whenReady(again);
          else resolve(count);
        } catch (error) {
          reject(error);
        }
      };
      this.whenReady(again);
    });
  }

  /** Calls back once: when there is something to read, at the end, or after close(). */
  whenReady(callback: () => void): void {
    this.#end.wait(READABLE, callback);
  }

  close(): void {
    this.#end.close();
  }

  /** The bytes read now, 0 at the end or after close(), or -EAGAIN. */
  attempt(into: Uint8Array): number {
    if (this.#end.fd < 0) return 0;
    const count = this.#end.binding.read(this.#end.fd, into);
    if (count < 0 && count !== -EAGAIN) throw pipeError("read", -count);
    // At the end the fd has no more use, so it is closed before the reader closes it.
    if (count === 0 && into.byteLength > 0) this.#end.close();
    return count;
  }
}

/** A pipe that the child reads. */
export class PipeSink implements Sink {
  readonly #end: End;

  constructor(binding: Binding, loop: Loop, fd: number, keepAlive: KeepAlive | undefined) {
    this.#end = new End(binding, loop, fd, keepAlive);
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

  /** Calls back once: when the pipe takes more, when it has no reader any more, or after close(). */
  whenReady(callback: () => void): void {
    this.#end.wait(WRITABLE, callback);
  }

  close(): void {
    this.#end.close();
  }

  /** Writes what the pipe takes now, and returns the rest. Undefined: there is no rest. */
  attempt(chunk: Uint8Array): Uint8Array | undefined {
    let left = chunk;
    while (left.byteLength > 0) {
      if (this.#end.fd < 0) throw pipeError("write", EPIPE);
      const count = this.#end.binding.write(this.#end.fd, left);
      if (count === -EAGAIN) return left;
      if (count < 0) throw pipeError("write", -count);
      left = left.subarray(count);
    }
    return undefined;
  }
}

function pipeError(syscall: string, errno: number): Error {
  const code = errno === EPIPE ? "EPIPE" : `E${errno}`;
  const words = errno === EPIPE ? "nobody reads the pipe any more" : `errno ${errno}`;
  return Object.assign(new Error(`${syscall} ${code}: ${words}`), { code, errno: -errno, syscall });
}
