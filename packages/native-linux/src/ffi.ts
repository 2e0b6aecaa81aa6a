/**
 * The FFI binding: engine.so's functions, called by whatever FFI a runtime has. Each adapter says how its
 * runtime names the types; everything else about the binding is here once.
 */
import { ABI, ERRNO, EVENT_SIZE, OPENED, OPENED_SIZE, STARTED_SIZE, SYMBOLS } from "./abi.gen.js";
import { bare } from "./bare.js";
import { type Binding, type LoopName, type RingName, TURNING } from "./binding.js";
import { loadFailure } from "./load.js";
import { refusal, type Shortage } from "./shortage.js";

/**
 * Types of the C ABI as an FFI needs them. `bytes`: a typed array, passed as a pointer to its first byte.
 * `handle`: a pointer that only C looks behind.
 */
type FfiType = "i32" | "u32" | "bytes" | "handle" | "void";

const utf8 = new TextEncoder();

/** Bytes of one read or write: the length and the answer are 32 bits each. */
const MAX_IO = 2 ** 31 - 1;

type Handle = number | bigint;

type Argument<T extends FfiType> = T extends "bytes" ? ArrayBufferView : T extends "handle" ? Handle : number;
type Arguments<T extends readonly FfiType[]> = { [i in keyof T]: Argument<T[i]> };

/** The opened library. */
type Library = {
  readonly [name in keyof typeof SYMBOLS]: (...args: Arguments<(typeof SYMBOLS)[name]["args"]>) => number;
};

/** Keeps the program alive while ref'd; begins unref'd. */
export interface Listener {
  ref(): void;
  /** @param isWatching whether something is watched on, as a child that was unref'd. */
  unref(isWatching: boolean): void;
  /** Nothing is watched any more. */
  idle?(): void;
  /**
   * Whether it has to keep its {@link Owner}. It begins without, and closes what the owner had opened once nobody has
   * the owner any more. Undefined where it keeps it always.
   */
  retain?(isWanted: boolean): void;
}

/** Whom a listener tells. */
export interface Owner {
  /** A byte has come. */
  rung(): void;
  /** What it had opened is closed. */
  closed(): void;
}

/** What a runtime's FFI is to us. `Name` is how the runtime names a type. */
export interface Ffi<Name> {
  readonly types: { readonly [type in FfiType]: Name };
  /** A handle as this FFI takes it fastest. */
  handle(address: bigint): Handle;
  /** Opens the library with these functions. Throws why it cannot. */
  open(path: string, symbols: readonly FfiSymbol<Name>[]): unknown;
  /** The part of an error of {@link open} that says why. */
  reason(error: Error, path: string): string;
  /** Whether this program may read that file. */
  mayRead(path: string): boolean;
  readonly barredBy?: Bar;
  /**
   * Tells the owner of every byte that comes on `fd`, a socket, which is the listener's from then on. Where the owner's
   * environment may end before its thread does, `close` is called then, once.
   */
  listen(fd: number, owner: Owner, close: () => void): Listener;
  /**
   * When this JavaScript environment began, where a thread may have one after another. What an earlier one had opened
   * in this thread is closed then: it has ended.
   */
  readonly began?: () => number;
}

/** A variable with which a program may be started, and then does not use the native engine. */
export interface Bar {
  readonly variable: string;
  /** What to say of it, where it is so. */
  readonly why: () => string;
}

interface FfiSymbol<Name> {
  readonly name: string;
  readonly args: readonly Name[];
  readonly returns: Name;
}

/**
 * Opens the binding of engine.so; or says in one sentence why there is none. It is closed at the latest when its thread
 * ends.
 */
export function openFfi<Name>(path: string, ffi: Ffi<Name>): Binding | Shortage | string {
  const { types } = ffi;
  const symbols = Object.entries(SYMBOLS).map(([name, { args, returns }]) => {
    return { name, args: args.map((type) => types[type]), returns: types[returns] };
  });
  let library: Library;
  try {
    library = ffi.open(path, symbols) as Library;
  } catch (error) {
    return loadFailure(path, ffi.reason(error as Error, path), ffi.mayRead(path));
  }
  const abi = library.rs_abi();
  if (abi !== ABI) return `engine.so speaks ABI ${abi}, this version needs ${ABI}`;
  const barred = ffi.barredBy && bar(library, ffi.barredBy);
  if (barred !== undefined) return barred;
  if (ffi.began !== undefined) library.rs_thread_entered(new Float64Array([ffi.began()]));
  return new FfiBinding(library, ffi);
}

/** Why the library is not to be used, now that it is loaded. */
function bar(library: Library, { variable, why }: Bar): Shortage | string | undefined {
  const answer = library.rs_started_with(utf8.encode(`${variable}\0`));
  if (answer < 0) return refusal(-answer, `what this program was started with cannot be read (errno ${-answer})`);
  return answer === 0 ? undefined : why();
}

/** What a binding calls that is closed: its engine is gone, and its fds are those of others by now. */
const CLOSED = bare(
  Object.fromEntries(Object.keys(SYMBOLS).map((name) => [name, () => -ERRNO.EBADF])),
) as unknown as Library;

class FfiBinding implements Binding, Owner {
  #library: Library;
  readonly #ffi: Pick<Ffi<unknown>, "handle" | "listen">;
  readonly #clock = new Float64Array(1);
  #engine: Handle = 0;
  /** By {@link LoopName}. */
  #loops: readonly Handle[] = [];
  /** The notifier's, which the runtime listens to. */
  #socket = -1;
  #listener: Listener | undefined;
  #notify: (() => void) | undefined;
  #isRetained = false;

  constructor(library: Library, ffi: Pick<Ffi<unknown>, "handle" | "listen">) {
    this.#library = library;
    this.#ffi = ffi;
  }

  probe(out: Uint32Array): number {
    return this.#library.rs_probe(out);
  }

  probeIoUring(out: Uint32Array): number {
    return this.#library.rs_probe_io_uring(out);
  }

  open(): number {
    if (this.#engine !== 0) return 0;
    const out = new BigUint64Array(OPENED_SIZE / 8);
    const words = new Int32Array(out.buffer);
    words[OPENED.size >> 2] = OPENED_SIZE;
    // One call: a worker may be ended between any two, and from then on runs no more JavaScript.
    const error = this.#library.rs_thread_open(out);
    if (error < 0) return error;
    const handle = (at: number): Handle => this.#ffi.handle(out[at >> 3] as bigint);
    this.#engine = handle(OPENED.engine);
    this.#loops = [handle(OPENED.turning), handle(OPENED.blocking)];
    this.#socket = words[OPENED.socket >> 2] as number;
    return 0;
  }

  spawn(block: Uint8Array, length: number, outcome: Int32Array): number {
    if (length > block.byteLength) return -ERRNO.EINVAL;
    return this.#library.rs_spawn(this.#engine, block, length, outcome);
  }

  queue(block: Uint8Array, length: number, outcome: Int32Array): number {
    if (length > block.byteLength) return -ERRNO.EINVAL;
    return this.#library.rs_queue(this.#engine, block, length, outcome);
  }

  submit(ring: RingName, clear: boolean, out: Int32Array): number {
    return this.#library.rs_submit(this.#engine, ring, clear ? 1 : 0, out, out.byteLength / STARTED_SIZE);
  }

  notifyFd(ring: RingName): number {
    return this.#library.rs_notify_fd(this.#engine, ring);
  }

  eventfd(): number {
    return this.#library.rs_eventfd();
  }

  prespawn(block: Uint8Array, length: number, release: number, outcome: Int32Array): number {
    if (length > block.byteLength) return -ERRNO.EINVAL;
    return this.#library.rs_prespawn(this.#engine, block, length, release, outcome);
  }

  prespawnExec(ticket: number, releaseFd: number, block: Uint8Array, length: number): number {
    if (length > block.byteLength) return -ERRNO.EINVAL;
    return this.#library.rs_prespawn_exec(this.#engine, ticket, releaseFd, block, length);
  }

  inheritedHash(out: BigUint64Array): number {
    return this.#library.rs_inherited_hash(out);
  }

  explain(block: Uint8Array, length: number, out: BigInt64Array, capacity: number): number {
    return this.#library.rs_explain(this.#engine, block, length, out, capacity);
  }

  kill(pidfd: number, signal: number): number {
    return this.#library.rs_kill(pidfd, signal);
  }

  reap(pidfd: number, out: Int32Array): number {
    return this.#library.rs_reap(pidfd, out);
  }

  read(fd: number, into: Uint8Array): number {
    return this.#library.rs_read(fd, into, Math.min(into.byteLength, MAX_IO));
  }

  write(fd: number, from: Uint8Array): number {
    return this.#library.rs_write(fd, from, Math.min(from.byteLength, MAX_IO));
  }

  hungUp(fd: number): number {
    return this.#library.rs_hung_up(fd);
  }

  close(fd: number): number {
    return this.#library.rs_close(fd);
  }

  send(fd: number, from: Uint8Array): number {
    return this.#library.rs_send(fd, from, Math.min(from.byteLength, MAX_IO));
  }

  shutdownWrite(fd: number): number {
    return this.#library.rs_shutdown_write(fd);
  }

  shutdownRead(fd: number): number {
    return this.#library.rs_shutdown_read(fd);
  }

  release(fd: number): number {
    return this.#library.rs_release(fd);
  }

  abandon(pidfd: number): number {
    return this.#library.rs_abandon(pidfd);
  }

  watch(loop: LoopName, fd: number, ready: number, token: number): number {
    if (loop === TURNING) this.#retain(true);
    return this.#library.rs_loop_watch(this.#loop(loop), fd, ready, token);
  }

  forget(loop: LoopName, fd: number): number {
    return this.#library.rs_loop_forget(this.#loop(loop), fd);
  }

  take(loop: LoopName, out: Uint32Array, timeoutMs: number): number {
    return this.#library.rs_loop_take(this.#loop(loop), out, out.byteLength / EVENT_SIZE, timeoutMs);
  }

  alarm(ms: number): number {
    return this.#library.rs_loop_alarm(this.#loop(TURNING), ms);
  }

  now(): number {
    this.#library.rs_now(this.#clock);
    return this.#clock[0] as number;
  }

  terminalOpen(rows: number, cols: number, out: Int32Array): number {
    return this.#library.rs_terminal_open(this.#engine, rows, cols, out);
  }

  terminalResize(fd: number, rows: number, cols: number): number {
    return this.#library.rs_terminal_resize(fd, rows, cols);
  }

  terminalGetMode(fd: number, out: Uint32Array): number {
    return this.#library.rs_terminal_get_mode(fd, out);
  }

  terminalSetMode(fd: number, mode: Uint32Array): number {
    return this.#library.rs_terminal_set_mode(fd, mode);
  }

  start(notify: () => void): number {
    const { rs_thread_close: close } = this.#library;
    const engine = this.#engine;
    this.#notify = notify;
    this.#listener = this.#ffi.listen(this.#socket, this, () => void close(engine));
    return 0;
  }

  rung(): void {
    this.#notify?.();
  }

  closed(): void {
    this.#library = CLOSED;
  }

  idle(): void {
    this.#retain(false);
    this.#listener?.idle?.();
  }

  ref(): void {
    this.#listener?.ref();
  }

  unref(isWatching: boolean): void {
    this.#listener?.unref(isWatching);
  }

  #retain(isWanted: boolean): void {
    if (isWanted === this.#isRetained) return;
    this.#isRetained = isWanted;
    this.#listener?.retain?.(isWanted);
  }

  #loop(name: LoopName): Handle {
    return this.#loops[name] as Handle;
  }
}
