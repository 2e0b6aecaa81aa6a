/** The parent's end of the channel over which it and its child send each other messages. */
import { invoke, isPromise, soon } from "../builtins.js";
import { usageError } from "../check.js";
import { concat, pump } from "../collect.js";
import type { Sink, Source } from "../engine.js";
import { brokenPipe } from "../pipe.js";
import { ChannelError, type Codec, handleAnswer, NOTHING, unheard } from "./ipc.js";

/** Told once a message is written, with null, or cannot be any more, with the reason. */
export type SendCallback = (error: Error | null) => void;

/** Who hears of a channel. What they throw is an uncaught error of the program, as with every callback. */
export interface Listener {
  message(message: unknown): void;
  /** Called once, after the last message. The error: what came could not be read. */
  disconnect(error: ChannelError | undefined): void;
}

interface Waiting {
  readonly bytes: Uint8Array;
  readonly callback: SendCallback | undefined;
}

/** Bytes that wait to be written, from which on `send` says that it would be better to wait. */
const ENOUGH = 128 * 1024;
/** Bytes that are put together for one write, where many short messages wait. */
const BATCH = 64 * 1024;

export class Channel {
  /** Resolves once the last message was handed out, and its end told. Never rejects. */
  readonly over: Promise<void>;
  readonly #source: Source;
  readonly #sink: Sink;
  readonly #codec: Codec;
  readonly #listener: Listener;
  #connected = true;
  /** Nothing is written any more. */
  #closed = false;
  #error: ChannelError | undefined;
  /** What is being written, and what waits for that. */
  #batch: readonly Waiting[] = [];
  #queue: Waiting[] = [];
  /** Bytes in the queue, and of the write that is under way. */
  #waiting = 0;
  #isWriting = false;
  #hasSent = false;
  /** It was ended here. */
  #isLeft = false;

  constructor(source: Source, sink: Sink, codec: Codec, listener: Listener) {
    this.#source = source;
    this.#sink = sink;
    this.#codec = codec;
    this.#listener = listener;
    if (codec.greeting !== undefined) this.#write({ bytes: codec.greeting, callback: undefined });
    // Who listens has got the handle of the process by then.
    this.over = Promise.resolve().then(() => this.#read());
  }

  get connected(): boolean {
    return this.#connected;
  }

  /**
   * False where so much waits already that it would be better to wait.
   *
   * @throws {TypeError} for what is no message. @throws {unknown} what the runtime throws for what cannot be cloned.
   */
  send(message: unknown, callback: SendCallback | undefined): boolean {
    if (message === undefined) throw usageError("ERR_MISSING_ARGS", 'The "message" argument must be specified');
    if (typeof message === "symbol" || typeof message === "bigint") {
      const expected = 'The "message" argument must be one of type string, object, number, or boolean';
      throw usageError("ERR_INVALID_ARG_TYPE", `${expected}. Received type ${typeof message} (${String(message)})`);
    }
    const bytes = this.#codec.encode(message);
    // A function of the message's own, as toJSON, may have ended the channel.
    if (this.#closed) {
      if (callback !== undefined) soon(() => callback(brokenPipe()));
      return false;
    }
    this.#write({ bytes, callback });
    this.#hasSent = true;
    return this.#waiting < ENOUGH;
  }

  /** What waits is still written, and what is at hand still handed out. */
  disconnect(): void {
    this.#connected = false;
    this.#isLeft = true;
    this.#source.settle(true);
    if (!this.#isWriting) this.#close();
  }

  /** The child reads no more. What is at hand is still handed out; then it is over, whoever else may have its end. */
  end(error?: Error): void {
    this.#connected = false;
    this.#close(error);
    this.#source.settle(true);
  }

  /** Why there are no messages any more, where that is not as it should be. */
  get error(): ChannelError | undefined {
    return this.#error;
  }

  async #read(): Promise<void> {
    try {
      await pump(this.#source, (bytes) => this.#codec.decode(bytes, (message) => this.#deliver(message)));
      if (!this.#isLeft) this.#checkEnd();
    } catch (error) {
      this.#error =
        error instanceof ChannelError ? error : new ChannelError("the channel could not be read", { cause: error });
    }
    const wasConnected = this.#connected;
    this.#connected = false;
    // After disconnect() the child may go on reading what was sent before.
    if (wasConnected || !this.#isWriting) this.#close();
    invoke(() => this.#listener.disconnect(this.#error));
  }

  /** @throws {ChannelError} where the child has left something unsaid, or unread. */
  #checkEnd(): void {
    if (this.#codec.isWithin) throw new ChannelError("the channel ended within a message");
    if (this.#hasSent && this.#codec.isUnheard) throw unheard();
  }

  #deliver(message: unknown): void {
    const answer = handleAnswer(message);
    if (answer === undefined) invoke(() => this.#listener.message(message));
    else if (answer !== NOTHING && !this.#closed)
      this.#write({ bytes: this.#codec.encode(answer), callback: undefined });
  }

  #write(entry: Waiting): void {
    this.#waiting += entry.bytes.byteLength;
    this.#queue.push(entry);
    if (!this.#isWriting) this.#writeOn();
  }

  #writeOn(): void {
    while (this.#queue.length > 0) {
      const batch = (this.#batch = this.#take());
      try {
        const [first] = batch;
        const bytes = batch.length === 1 && first ? first.bytes : concat(batch.map(({ bytes }) => bytes));
        const writing = this.#sink.write(bytes);
        if (isPromise(writing)) return this.#wait(writing);
      } catch (error) {
        return this.end(error as Error);
      }
      this.#written();
    }
    if (!this.#connected) this.#close();
  }

  #wait(writing: Promise<void>): void {
    this.#isWriting = true;
    const go = (onward: () => void): void => {
      this.#isWriting = false;
      if (!this.#closed) onward();
    };
    void writing.then(
      () =>
        go(() => {
          this.#written();
          this.#writeOn();
        }),
      (error: unknown) => go(() => this.end(error as Error)),
    );
  }

  #take(): Waiting[] {
    let count = 0;
    for (let size = 0; size < BATCH && count < this.#queue.length; count++)
      size += this.#queue[count]!.bytes.byteLength;
    return this.#queue.splice(0, count);
  }

  #written(): void {
    for (const { bytes, callback } of this.#batch) {
      this.#waiting -= bytes.byteLength;
      if (callback !== undefined) soon(() => callback(null));
    }
    this.#batch = [];
  }

  /** Who still waits for a write learns that nobody reads the other end any more. */
  #close(error?: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    const lost = [...this.#batch, ...this.#queue];
    this.#batch = this.#queue = [];
    for (const { callback } of lost) if (callback !== undefined) soon(() => callback(error ?? brokenPipe()));
    void this.#sink.close();
  }
}
