/**
 * The FFI binding: the functions of engine.so, called by the FFI that a runtime has. Each adapter turns SYMBOLS into
 * the words of its runtime. Everything else about the binding is here.
 */
import { ABI, type Binding, type LoopName } from "./binding.js";

/**
 * Types of the C ABI as an FFI needs them. `bytes` is a typed array, passed as a pointer to its first byte. `handle` is
 * a pointer that only C follows, and a number in JavaScript.
 */
export type FfiType = "i32" | "u32" | "u64" | "bytes" | "handle" | "void";

export interface FfiSymbol {
  readonly args: readonly FfiType[];
  readonly returns: FfiType;
}

/** The functions of ringspawn.h that the binding calls. */
export const SYMBOLS = {
  rs_abi: { args: [], returns: "u32" },
  rs_probe: { args: ["bytes"], returns: "i32" },
  rs_probe_io_uring: { args: ["bytes"], returns: "i32" },
  rs_engine_open: { args: ["bytes"], returns: "i32" },
  rs_spawn: { args: ["handle", "bytes", "u32", "bytes"], returns: "i32" },
  rs_queue: { args: ["handle", "bytes", "u32", "bytes"], returns: "i32" },
  rs_submit: { args: ["handle", "u32", "u32", "bytes", "u32"], returns: "i32" },
  rs_notify_fd: { args: ["handle", "u32"], returns: "i32" },
  rs_eventfd: { args: [], returns: "i32" },
  rs_prespawn: { args: ["handle", "bytes", "u32", "u32", "bytes"], returns: "i32" },
  rs_prespawn_exec: { args: ["handle", "u32", "i32", "bytes", "u32"], returns: "i32" },
  rs_inherited_hash: { args: ["bytes"], returns: "i32" },
  rs_explain: { args: ["handle", "bytes", "u32", "bytes", "u32"], returns: "i32" },
  rs_kill: { args: ["i32", "i32"], returns: "i32" },
  rs_reap: { args: ["i32", "bytes"], returns: "i32" },
  rs_read: { args: ["i32", "bytes", "u32"], returns: "i32" },
  rs_write: { args: ["i32", "bytes", "u32"], returns: "i32" },
  rs_close: { args: ["i32"], returns: "i32" },
  rs_loop_open: { args: ["bytes"], returns: "i32" },
  rs_loop_watch: { args: ["handle", "i32", "u32", "u64"], returns: "i32" },
  rs_loop_forget: { args: ["handle", "i32"], returns: "i32" },
  rs_loop_take: { args: ["handle", "bytes", "u32", "i32"], returns: "i32" },
  rs_loop_start_fd: { args: ["handle"], returns: "i32" },
  rs_loop_taken: { args: ["handle"], returns: "void" },
  rs_thread_cleanup: { args: ["handle", "handle", "handle", "i32"], returns: "i32" },
} as const;

type Argument<T extends FfiType> = T extends "bytes" ? ArrayBufferView : number;
type Arguments<T extends readonly FfiType[]> = { [i in keyof T]: Argument<T[i]> };

/** The opened library. */
export type Library = {
  readonly [name in keyof typeof SYMBOLS]: (...args: Arguments<(typeof SYMBOLS)[name]["args"]>) => number;
};

/** Keeps the program alive while it is ref'd. It begins unref'd. */
export interface Listener {
  ref(): void;
  unref(): void;
}

/**
 * @param listen calls `notify` for every byte that comes on `fd`, a socket that belongs to the listener from then on
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
    // An address of user space has 48 bits, so a number can hold it.
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
      if (length > block.byteLength) return -22;
      return library.rs_spawn(engine, block, length, outcome);
    },
    queue(block, length, outcome) {
      if (length > block.byteLength) return -22;
      return library.rs_queue(engine, block, length, outcome);
    },
    submit: (ring, clear, out) => library.rs_submit(engine, ring, clear ? 1 : 0, out, out.length >> 3),
    notifyFd: (ring) => library.rs_notify_fd(engine, ring),
    eventfd: () => library.rs_eventfd(),
    prespawn(block, length, release, outcome) {
      if (length > block.byteLength) return -22;
      return library.rs_prespawn(engine, block, length, release, outcome);
    },
    prespawnExec(ticket, releaseFd, block, length) {
      if (length > block.byteLength) return -22;
      return library.rs_prespawn_exec(engine, ticket, releaseFd, block, length);
    },
    inheritedHash: (out) => library.rs_inherited_hash(out),
    explain: (block, length, out, capacity) => library.rs_explain(engine, block, length, out, capacity),
    kill: (pidfd, signal) => library.rs_kill(pidfd, signal),
    reap: (pidfd, out) => library.rs_reap(pidfd, out),
    read: (fd, into) => library.rs_read(fd, into, into.byteLength),
    write: (fd, from) => library.rs_write(fd, from, from.byteLength),
    close: (fd) => library.rs_close(fd),
    watch: (name, fd, ready, token) => library.rs_loop_watch(loop(name), fd, ready, token),
    forget: (name, fd) => library.rs_loop_forget(loop(name), fd),
    take: (name, out, timeoutMs) => library.rs_loop_take(loop(name), out, out.length >> 2, timeoutMs),
    start(notify) {
      const turning = loop(0);
      const fd = library.rs_loop_start_fd(turning);
      if (fd < 0) return fd;
      // A worker that ends may run no more JavaScript. The end of its thread cleans up then.
      const kept = library.rs_thread_cleanup(engine, turning, loop(1), fd);
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
