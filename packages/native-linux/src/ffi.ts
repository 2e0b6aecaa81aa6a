/**
 * The FFI binding: engine.so's functions, called by whatever FFI a runtime has. Each adapter turns SYMBOLS into its
 * runtime's own words for them; everything else about the binding is here once.
 */
import { ABI, ERRNO, EVENT_SIZE, STARTED_SIZE, type SYMBOLS } from "./abi.gen.js";
import { BLOCKING, type Binding, type LoopName, TURNING } from "./binding.js";

/**
 * Types of the C ABI as an FFI needs them. `bytes`: a typed array, passed as a pointer to its first byte.
 * `handle`: a pointer that only C looks behind; to us a number.
 */
export type FfiType = "i32" | "u32" | "u64" | "bytes" | "handle" | "void";

type Argument<T extends FfiType> = T extends "bytes" ? ArrayBufferView : number;
type Arguments<T extends readonly FfiType[]> = { [i in keyof T]: Argument<T[i]> };

/** The opened library. */
export type Library = {
  readonly [name in keyof typeof SYMBOLS]: (...args: Arguments<(typeof SYMBOLS)[name]["args"]>) => number;
};

/** Keeps the program alive while ref'd; begins unref'd. */
export interface Listener {
  ref(): void;
  unref(): void;
}

/**
 * @param listen calls `notify` for every byte that comes on `fd`, a socket, which is the listener's from then on
 * @returns the binding, or one sentence that says why there is none. What it opens is closed when its thread ends.
 */
export function ffiBinding(library: Library, listen: (fd: number, notify: () => void) => Listener): Binding | string {
  const abi = library.rs_abi();
  if (abi !== ABI) return `engine.so speaks ABI ${abi}, this version needs ${ABI}`;
  let engine = 0;
  const loops: number[] = [];
  let listener: Listener | undefined;

  const opened = (open: (out: BigUint64Array) => number): number => {
    const out = new BigUint64Array(1);
    const error = open(out);
    // Addresses of user space fit a number.
    return error < 0 ? error : Number(out[0]);
  };
  const loop = (name: LoopName): number => loops[name] as number;

  return {
    probe: (out) => library.rs_probe(out),
    probeIoUring: (out) => library.rs_probe_io_uring(out),
    open() {
      if (engine !== 0) return 0;
      const made = [
        opened((out) => library.rs_engine_open(out)),
        opened((out) => library.rs_loop_open(out)),
        opened((out) => library.rs_loop_open(out)),
      ] as const;
      for (const handle of made) if (handle < 0) return handle;
      engine = made[0];
      loops.push(made[1], made[2]);
      return 0;
    },
    spawn(block, length, outcome) {
      if (length > block.byteLength) return -ERRNO.EINVAL;
      return library.rs_spawn(engine, block, length, outcome);
    },
    queue(block, length, outcome) {
      if (length > block.byteLength) return -ERRNO.EINVAL;
      return library.rs_queue(engine, block, length, outcome);
    },
    submit: (ring, clear, out) => library.rs_submit(engine, ring, clear ? 1 : 0, out, out.byteLength / STARTED_SIZE),
    notifyFd: (ring) => library.rs_notify_fd(engine, ring),
    eventfd: () => library.rs_eventfd(),
    prespawn(block, length, release, outcome) {
      if (length > block.byteLength) return -ERRNO.EINVAL;
      return library.rs_prespawn(engine, block, length, release, outcome);
    },
    prespawnExec(ticket, release, block, length) {
      if (length > block.byteLength) return -ERRNO.EINVAL;
      return library.rs_prespawn_exec(engine, ticket, release, block, length);
    },
    inheritedHash: (out) => library.rs_inherited_hash(out),
    explain: (block, length, out, capacity) => library.rs_explain(engine, block, length, out, capacity),
    kill: (pidfd, signal) => library.rs_kill(pidfd, signal),
    reap: (pidfd, out) => library.rs_reap(pidfd, out),
    read: (fd, into) => library.rs_read(fd, into, into.byteLength),
    write: (fd, from) => library.rs_write(fd, from, from.byteLength),
    close: (fd) => library.rs_close(fd),
    send: (fd, from) => library.rs_send(fd, from, from.byteLength),
    shutdownWrite: (fd) => library.rs_shutdown_write(fd),
    shutdownRead: (fd) => library.rs_shutdown_read(fd),
    release: (fd) => library.rs_release(fd),
    watch: (name, fd, ready, token) => library.rs_loop_watch(loop(name), fd, ready, token),
    forget: (name, fd) => library.rs_loop_forget(loop(name), fd),
    take: (name, out, timeoutMs) => library.rs_loop_take(loop(name), out, out.byteLength / EVENT_SIZE, timeoutMs),
    start(notify) {
      const turning = loop(TURNING);
      const fd = library.rs_loop_start_fd(turning);
      if (fd < 0) return fd;
      // An environment that ends (a worker) may run no more JavaScript: then the end of its thread cleans up.
      const kept = library.rs_thread_cleanup(engine, turning, loop(BLOCKING), fd);
      if (kept < 0) return kept;
      listener = listen(fd, () => {
        try {
          notify();
        } finally {
          library.rs_loop_taken(turning);
        }
      });
      return 0;
    },
    ref: () => listener?.ref(),
    unref: () => listener?.unref(),
  };
}
