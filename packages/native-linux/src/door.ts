/**
 * The C ABI (c/include/ringspawn.h) as JavaScript functions: what a door, N-API or FFI, has to offer. Numbers
 * and plain byte arrays only. Every function answers a value >= 0, or -errno, as its C namesake does.
 */
import type { RING } from "./abi.gen.js";

export interface Door {
  /** Fills an `rs_probe`. */
  probe(out: Uint32Array): number;
  /** The same for io_uring. */
  probeIoUring(out: Uint32Array): number;
  /** Opens the environment's engine and its two loops. Idempotent. */
  open(): number;
  /** Fills an `rs_outcome`. */
  spawn(block: Uint8Array, length: number, outcome: Int32Array): number;
  /** Fills an `rs_outcome` without a pid. Answers a ticket, or 0 when it has failed already. */
  queue(block: Uint8Array, length: number, outcome: Int32Array): number;
  /** Submits what is queued and fills `rs_started`s, as many as fit. `hush`: because the bell was readable. */
  submit(ring: RingName, hush: boolean, out: Int32Array): number;
  /** The fd that is readable when {@link submit} has news. */
  bell(ring: RingName): number;
  /** An eventfd for {@link park}. */
  gate(): number;
  /** As {@link queue}, for a child that stops in front of its program. `gate`: the eventfd's number in the child. */
  park(block: Uint8Array, length: number, gate: number, outcome: Int32Array): number;
  /** Gives it the program of this block. `gate`: our fd of its eventfd. */
  fill(ticket: number, gate: number, block: Uint8Array, length: number): number;
  /** Fills one u64: what a child takes from this process at its birth. */
  birthmark(out: BigUint64Array): number;
  /** Fills `capacity` times `rs_explained`. */
  explain(block: Uint8Array, length: number, out: BigInt64Array, capacity: number): number;
  kill(pidfd: number, signal: number): number;
  /** Fills an `rs_exit`. */
  reap(pidfd: number, out: Int32Array): number;
  read(fd: number, into: Uint8Array): number;
  write(fd: number, from: Uint8Array): number;
  close(fd: number): number;
  /** {@link write} to a socket: no SIGPIPE. */
  send(fd: number, from: Uint8Array): number;
  /** {@link close} of the fd by which a socket was written: its other end sees the end. */
  shutdownWrite(fd: number): number;
  /** The same of the fd by which it was read: its other end may not write any more. */
  shutdownRead(fd: number): number;
  /** It is the program's own from now on: not closed with this environment. */
  release(fd: number): number;
  watch(loop: LoopName, fd: number, ready: number, token: number): number;
  forget(loop: LoopName, fd: number): number;
  /** Fills `rs_event`s, as many as fit. */
  take(loop: LoopName, out: Uint32Array, timeoutMs: number): number;
  /** Calls `notify` on the JavaScript thread whenever the turning loop has something to take, until it is taken. */
  start(notify: () => void): number;
  /** While ref'd, the turning loop keeps the program alive. It begins unref'd. */
  ref(): void;
  unref(): void;
}

/** `TURNING`: served by the runtime's event loop. `BLOCKING`: waited for by spawnSync alone. */
export type LoopName = 0 | 1;
export const TURNING: LoopName = 0;
export const BLOCKING: LoopName = 1;

/** Of starts that nobody waits for, and of children that wait for their program. */
export type RingName = (typeof RING)[keyof typeof RING];
