/** The other end of a "pipe" beyond fd 2: Bun gives the raw fd of a socket, and no stream. */
import type { Sink, Source } from "@ringspawn/core/seam";

/** Bytes that are kept before the socket is not read any more. */
const HIGH_WATER = 64 * 1024;

interface Socket {
  /** Bytes taken; negative when it is closed. */
  write(chunk: Uint8Array): number;
  end(): void;
  pause(): void;
  resume(): void;
  unref(): void;
}

/** Never holds the program: whoever waits for it does. Bun keeps it as long as the socket is open. */
class SocketEnd {
  readonly socket: Socket;
  /** What was read and not yet asked for. */
  readonly chunks: Uint8Array[] = [];
  /** Whether the socket is gone, whoever closed it. */
  ended = false;
  #kept = 0;
  #wake: (() => void) | undefined;

  constructor(fd: number) {
    let opened: Socket | undefined;
    const wake = (): void => this.#awake();
    const end = (): void => {
      this.ended = true;
      wake();
    };
    const socket = {
      open: (socket: Socket) => void (opened = socket),
      data: (_: Socket, chunk: Uint8Array) => this.#keep(chunk),
      drain: wake,
      end,
      close: end,
      error: end,
    };
    // `fd` is not in Bun's types. `open` is called before this returns.
    void Bun.connect({ fd, socket } as never);
    if (opened === undefined) throw new Error(`Bun did not take over the socket ${fd}`);
    this.socket = opened;
    this.socket.unref();
    // Nothing is read before somebody wants it.
    this.socket.pause();
  }

  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  take(into: Uint8Array): number {
    const [chunk] = this.chunks;
    if (chunk === undefined) return 0;
    const count = Math.min(chunk.byteLength, into.byteLength);
    into.set(chunk.subarray(0, count));
    this.#kept -= count;
    if (count === chunk.byteLength) this.chunks.shift();
    else this.chunks[0] = chunk.subarray(count);
    return count;
  }

  close(): void {
    this.chunks.length = 0;
    if (this.ended) return;
    this.ended = true;
    this.socket.end();
    this.#awake();
  }

  #keep(chunk: Uint8Array): void {
    if (this.ended) return;
    this.chunks.push(chunk);
    this.#kept += chunk.byteLength;
    if (this.#kept >= HIGH_WATER) this.socket.pause();
    this.#awake();
  }

  #awake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}

/** Closes the socket of a pipe that nobody can use any more. */
const forgotten: FinalizationRegistry<SocketEnd> = new FinalizationRegistry((end) => end.close());

/** What the child writes. */
export class SocketSource implements Source {
  readonly #end: SocketEnd;

  constructor(fd: number) {
    this.#end = new SocketEnd(fd);
    forgotten.register(this, this.#end);
  }

  async read(into: Uint8Array): Promise<number> {
    const end = this.#end;
    while (end.chunks.length === 0 && !end.ended) {
      end.socket.resume();
      await end.wait();
    }
    return end.take(into);
  }

  close(): void {
    this.#end.close();
  }
}

/** What the child reads. */
export class SocketSink implements Sink {
  readonly #end: SocketEnd;

  constructor(fd: number) {
    this.#end = new SocketEnd(fd);
    forgotten.register(this, this.#end);
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let left = chunk; left.byteLength > 0; ) {
      const count = this.#end.ended ? -1 : this.#end.socket.write(left);
      if (count < 0) throw brokenPipe();
      left = left.subarray(count);
      if (left.byteLength > 0) await this.#end.wait();
    }
  }

  close(): void {
    this.#end.close();
  }
}

export function brokenPipe(): Error {
  const error = new Error("write EPIPE: nobody reads the pipe any more");
  return Object.assign(error, { code: "EPIPE", errno: -32, syscall: "write" });
}
