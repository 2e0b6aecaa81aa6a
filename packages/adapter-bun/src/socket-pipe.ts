/** The other end of a "pipe" beyond fd 2: Bun gives the raw fd of a socket, and no stream. */
import fs from "node:fs";
import { bare, brokenPipe, FedSource, type Half, halvesOf, pipeOf } from "@ringspawn/core/seam";
import type { Pipe, PipeSlot, Sink } from "@ringspawn/core/seam";

interface Socket {
  /** Bytes taken; negative when it is closed. */
  write(chunk: Uint8Array): number;
  /** Ends what the other side reads. */
  shutdown(): void;
  end(): void;
  pause(): void;
  resume(): void;
  unref(): void;
}

// Taken now: a program may put something else in its place.
const { connect } = Bun;
const { closeSync } = fs;

/** The parent's side of such a pipe. It never holds the program. */
export function socketPipe(fd: number, slot: PipeSlot): Pipe {
  const halves = halvesOf(slot);
  const { source, sink } = new SocketEnd(fd, halves);
  return pipeOf(halves, source, sink);
}

/** That fd itself: closed when nobody asked for it, and the program's own once somebody has. */
export function rawPipe(fd: number): Pipe {
  const pipe = {
    source: undefined,
    sink: undefined,
    shownFd: fd,
    get fd() {
      forgotten.unregister(pipe);
      return fd;
    },
  };
  forgotten.register(pipe, fd, pipe);
  return pipe;
}

const forgotten: FinalizationRegistry<number> = new FinalizationRegistry((fd) => closeSync(fd));

class SocketEnd {
  readonly source: FedSource;
  readonly sink: Sink = {
    write: (chunk) => this.#write(chunk),
    settle: (_isWanted, isEnd) => {
      if (!isEnd) return;
      this.#close("sink");
      this.#wake?.();
    },
    close: () => this.#close("sink"),
  };
  readonly #socket: Socket;
  /** Those that are neither closed nor at their end. */
  readonly #halves: Set<Half>;
  #isGone = false;
  #wake: (() => void) | undefined;

  constructor(fd: number, halves: ReadonlySet<Half>) {
    this.#halves = new Set(halves);
    this.source = new FedSource({
      want: () => this.#socket.resume(),
      settle: () => this.#socket.resume(),
      enough: () => this.#socket.pause(),
      close: () => this.#close("source"),
    });
    let opened: Socket | undefined;
    const gone = (): void => {
      this.#isGone = true;
      this.source.end();
      this.#wake?.();
    };
    const socket = bare({
      open: (socket: Socket) => void (opened = socket),
      data: (_: Socket, chunk: Uint8Array) => this.source.push(chunk),
      drain: () => this.#wake?.(),
      // Where nothing is to be read, this is how a socket says that the child is gone.
      end: () => {
        this.source.end();
        this.#close(halves.has("source") ? "source" : "sink");
      },
      close: gone,
      error: gone,
    });
    // `fd` is not in Bun's types. `open` is called before this returns.
    void connect(bare({ fd, socket, allowHalfOpen: true }) as never);
    if (opened === undefined) throw new Error(`Bun did not take over the socket ${fd}`);
    this.#socket = opened;
    this.#socket.unref();
    // Nothing is read before it is wanted.
    this.#socket.pause();
  }

  async #write(chunk: Uint8Array): Promise<void> {
    for (let left = chunk; left.byteLength > 0; ) {
      const count = this.#isGone || !this.#halves.has("sink") ? -1 : this.#socket.write(left);
      if (count < 0) throw brokenPipe();
      // The caller may do with its memory as it likes while this waits.
      left = left === chunk ? left.slice(count) : left.subarray(count);
      if (left.byteLength === 0) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #close(half: Half): void {
    if (!this.#halves.delete(half) || this.#isGone) return;
    if (this.#halves.size === 0) {
      this.#isGone = true;
      this.#socket.end();
    } else if (half === "sink") {
      this.#socket.shutdown();
    } else {
      // The other half lives on: what the child writes from now on is thrown away.
      this.#socket.resume();
    }
    this.#wake?.();
  }
}
