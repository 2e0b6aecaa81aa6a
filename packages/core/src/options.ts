/** What people write. setup.ts has, for each key of `setup`, how it is read. */
import type { EngineName } from "./engine.js";
import type { LimitName, SignalName } from "./numbers.js";

/** What an fd of the child is to be. */
export type FdSpec =
  /** `/dev/null`, for reading and writing. */
  | "null"
  /** The parent's fd of the same number. */
  | "inherit"
  /** The parent's fd of this number. */
  | number
  /**
   * A new pipe: with `"in"` the child reads it, with `"out"` the child writes it. With `"both"` a pair of connected
   * sockets, of which each side reads what the other writes. With `raw`, the child's `fds` has the number of the
   * parent's fd, which blocks and is yours to close, in the place of streams. Default false. Under Deno, node:fs
   * neither knows nor closes it: use it by `new Socket({ fd })` of node:net, by FFI, or give it to another child.
   */
  | { readonly pipe: "in" | "out" | "both"; readonly raw?: boolean }
  /**
   * A new pseudo-terminal, by default of 24 rows and 80 columns. Several fds of one child that ask for one get the
   * same, and the parent has its side with the lowest of them: it reads what is printed and writes what is typed. It is
   * the child's controlling terminal only with `controllingTerminal`. `raw` as of a pipe.
   */
  | { readonly pty: true | { readonly rows?: number; readonly cols?: number }; readonly raw?: boolean }
  /**
   * The parent's fd of this number, 3 or more, which is the child's from now on: closed in the parent once the child
   * runs, and not to be closed by anybody else. When it could not be started, it stays open. Never the fd of an object
   * that closes it itself, as a FileHandle of node:fs/promises does when it is collected, or a socket at its end: by
   * then the number may be another file's.
   */
  | { readonly give: number }
  /**
   * A file, opened before the child starts, relative to the parent's working directory.
   * `"r"` reads, `"w"` truncates or creates, `"a"` appends or creates, `"r+"` reads and writes,
   * `"w+"` and `"a+"` as in fopen(3). Default `"r"`. `mode`: permission bits of a created file, default 0o666
   * before the umask.
   *
   * To open a FIFO for reading or writing alone waits for its other end, and this whole program with it. What does not
   * wait: `"r+"`; or the number of an fd that `open` of node:fs or node:fs/promises has opened. Keep the FileHandle of
   * the latter until the child runs, and close it then.
   */
  | { readonly file: string | URL; readonly open?: "r" | "r+" | "w" | "w+" | "a" | "a+"; readonly mode?: number };

export type NamespaceName = "cgroup" | "ipc" | "mount" | "net" | "pid" | "time" | "user" | "uts";

/** A resource limit: both values alike, or each for itself (what is not given stays). Bytes, seconds or a count. */
export type Limit =
  | number
  | "unlimited"
  | { readonly soft?: number | "unlimited"; readonly hard?: number | "unlimited" };

/**
 * Everything else a process can be born with. Each key is one step of the chain (docs/chain.md tells
 * order, system call and errors); all default to "as the parent".
 */
export interface ProcessSetup {
  /** A new session, led by the child (setsid). Default false. */
  readonly session?: boolean;
  /** Process group to join; 0 makes a new one led by the child. */
  readonly processGroup?: number;
  /** The child's fd that becomes its controlling terminal; needs `session`. `true` means 0. */
  readonly controllingTerminal?: boolean | number;
  /** Real, effective and saved user id. */
  readonly uid?: number;
  /** Real, effective and saved group id. */
  readonly gid?: number;
  /**
   * Supplementary groups; `[]` drops all. Default: dropped when `uid` or `gid` changes, we are root and the user
   * namespace lets us; else the parent's.
   */
  readonly groups?: readonly number[];
  /** File mode creation mask, 0 … 0o777. */
  readonly umask?: number;
  /** Nice value, -20 (most favourable) … 19. */
  readonly priority?: number;
  /** I/O scheduling class, and level within it: 0 (first) … 7, default 4. */
  readonly ioPriority?: { readonly class: "realtime" | "best-effort" | "idle"; readonly level?: number };
  /** Numbers of the CPUs that the child may run on. */
  readonly affinity?: readonly number[];
  /** CPU scheduling policy; `priority` 1 … 99 for `"fifo"` and `"rr"`, default 1. */
  readonly scheduler?: { readonly policy: "other" | "batch" | "idle" | "fifo" | "rr"; readonly priority?: number };
  /** Resource limits (setrlimit), by name: nofile, core, as, cpu, … */
  readonly limits?: { readonly [name in LimitName]?: Limit };
  /** Signals that are reset, ignored and blocked when the program begins. */
  readonly signals?: {
    /** Ignored signals of the parent that are reset for the child. Default `"all"`. */
    readonly default?: "all" | readonly (SignalName | number)[];
    /** Signals the child starts with ignored. */
    readonly ignore?: readonly (SignalName | number)[];
    /** Signals the child starts with blocked. Default none. */
    readonly mask?: readonly (SignalName | number)[];
  };
  /** New root directory (chroot). `cwd` is then a path inside it, "/" by default; so is the command. */
  readonly root?: string | URL;
  /** New namespaces the child is born in. */
  readonly namespaces?: readonly NamespaceName[];
  /** A cgroup v2 directory the child is born in: its path, or an open fd of it. */
  readonly cgroup?: string | number;
  /** No program that the child executes gains privileges (PR_SET_NO_NEW_PRIVS). Default false. */
  readonly noNewPrivileges?: boolean;
  /**
   * The signal the child gets when this program ends, however it ends. `true` means SIGKILL. The kernel spares a child
   * that signal which has more privileges than this program, or which it may not signal when it ends. So it is refused
   * for a program whose exec changes ids or gives capabilities (setuid, setgid, or capabilities of its own; of a
   * script, its interpreter is what counts), for one that begins as root while this program lacks capabilities which
   * exec gives to root, and for a `uid` of somebody else without CAP_KILL. With `uid`, `gid` or `groups`, which decide
   * what the child may execute, every candidate of the search in PATH counts. A program that changes its own ids or
   * gives up CAP_KILL later loses the signal of children with other ids.
   */
  readonly dieWithParent?: boolean | SignalName | number;
  /** Close every fd that was not asked for, whether CLOEXEC or not. Default true. */
  readonly closeFds?: boolean;
  /** fds of the child beyond 0, 1 and 2, by number. */
  readonly fds?: { readonly [fd: number]: FdSpec };
}

/** A key of `setup`. */
export type SetupKey = keyof ProcessSetup;

/** The two options that every face takes beyond the API it imitates. */
export interface EngineOptions {
  /** An engine, an order of preference, or `"auto"` (all there are). Default: `RINGSPAWN_ENGINE`, else `"auto"`. */
  readonly engine?: EngineName | readonly EngineName[] | "auto";
  readonly setup?: ProcessSetup;
}
