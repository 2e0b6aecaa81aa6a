import type { RING } from "./abi.gen.js";

/**
 * The C ABI (c/include/ringspawn.h) as JavaScript functions of numbers and byte arrays: what a binding has to offer, by
 * N-API or by FFI. Every function returns a value >= 0, or -errno, as the C function of its name does.
 */
export interface Binding {
  /** Fills an `rs_probe`. */
  probe(out: Uint32Array): number;
  /** The same for io_uring. */
  probeIoUring(out: Uint32Array): number;
  /** Opens the environment's engine and its two loops. Idempotent. */
  open(): number;
  /** Fills an `rs_outcome`. */
  spawn(block: Uint8Array, length: number, outcome: Int32Array): number;
  /** Fills an `rs_outcome` without a pid. Returns a ticket; or 0, where the start has failed already. */
  queue(block: Uint8Array, length: number, outcome: Int32Array): number;
  /** Submits what is queued, and fills as many `rs_started` as fit. `clear`: {@link notifyFd} was readable. */
  submit(ring: RingName, clear: boolean, out: Int32Array): number;
  /** The fd that becomes readable when {@link submit} has something new. */
  notifyFd(ring: RingName): number;
  /** An eventfd for {@link prespawn}. */
  eventfd(): number;
  /** As {@link queue}, for a child that waits for its program. `release`: the number of the eventfd in the child. */
  prespawn(block: Uint8Array, length: number, release: number, outcome: Int32Array): number;
  /** Gives the child the program of this block. `releaseFd`: the parent's fd of its eventfd. */
  prespawnExec(ticket: number, releaseFd: number, block: Uint8Array, length: number): number;
  /** Fills one u64: a hash of what a child inherits from this process. */
  inheritedHash(out: BigUint64Array): number;
  /** Fills at most `capacity` times `rs_explained`. */
  explain(block: Uint8Array, length: number, out: BigInt64Array, capacity: number): number;
  kill(pidfd: number, signal: number): number;
  /** Fills an `rs_exit`. */
  reap(pidfd: number, out: Int32Array): number;
  read(fd: number, into: Uint8Array): number;
  /** Raises no SIGPIPE. */
  write(fd: number, from: Uint8Array): number;
  /** 1: no process has the other end open any more. */
  hungUp(fd: number): number;
  close(fd: number): number;
  /** As {@link write}, for a socket. */
  send(fd: number, from: Uint8Array): number;
  /** As {@link close}, for the fd by which a socket was written: its other end sees the end of what was sent. */
  shutdownWrite(fd: number): number;
  /** As {@link close}, for the fd by which a socket was read: its other end may not write any more. */
  shutdownRead(fd: number): number;
  /** The fd becomes the program's own: it is not closed with this environment. */
  release(fd: number): number;
  /** As {@link close}, for the pidfd of a child that nobody waits for: it is reaped once it has ended. */
  abandon(pidfd: number): number;
  watch(loop: LoopName, fd: number, ready: number, token: number): number;
  forget(loop: LoopName, fd: number): number;
  /** Fills as many `rs_event` as fit. */
  take(loop: LoopName, out: Uint32Array, timeoutMs: number): number;
  /** The turning loop has an event with the token 0 in `ms` milliseconds, instead of any that was to come later. */
  alarm(ms: number): number;
  /** The milliseconds of a clock that no program can set or stop. */
  now(): number;
  /** Opens a pseudo-terminal of this size, 1 to 65535 each, and fills an `rs_terminal`. */
  terminalOpen(rows: number, cols: number, out: Int32Array): number;
  terminalResize(fd: number, rows: number, cols: number): number;
  /** Fills an `rs_terminal_mode`. */
  terminalGetMode(fd: number, out: Uint32Array): number;
  terminalSetMode(fd: number, mode: Uint32Array): number;
  /** From now on, `notify` is called on the JavaScript thread when the turning loop has something to take. */
  start(notify: () => void): number;
  /** While it is ref'd, the turning loop keeps the program alive. It begins unref'd. */
  ref(): void;
  /** @param isWatching whether the turning loop watches on, as for a child that was unref'd. */
  unref(isWatching: boolean): void;
  /**
   * The turning loop watches nothing any more. Until the next {@link watch}, the binding lasts only as long as somebody
   * has it. Undefined where it lasts as long as its environment.
   */
  idle?(): void;
}

/** `TURNING` is served by the runtime's event loop. `BLOCKING` is waited for by spawnSync alone. */
export type LoopName = 0 | 1;
export const TURNING: LoopName = 0;
export const BLOCKING: LoopName = 1;

/** `RING.starts` has the starts that are not waited for, `RING.prespawns` the children that wait for their program. */
export type RingName = (typeof RING)[keyof typeof RING];
