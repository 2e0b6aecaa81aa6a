/** What the witness prints: a process as the kernel knows it. */

export interface ReportedFd {
  readonly fd: number;
  readonly kind: "pipe" | "file" | "chr" | "blk" | "socket" | "dir" | "other";
  /** The link in /proc/self/fd; null where there is no /proc. */
  readonly target: string | null;
  readonly access: "r" | "w" | "rw";
  readonly append: boolean;
  readonly nonblock: boolean;
  readonly path: boolean;
  readonly cloexec: boolean;
  readonly tty: boolean;
  /** Of a terminal's window; 0 for what is none. */
  readonly rows: number;
  readonly cols: number;
  readonly dev: number;
  readonly ino: number;
  /** -1 where it cannot seek. */
  readonly offset: number;
}

export interface Report {
  /** Bytes that are not UTF-8 are lone surrogates, U+DC00 + byte; likewise in every other string. */
  readonly argv: readonly string[];
  /** `K=V`, in the order the child has them. */
  readonly env: readonly string[];
  readonly fds: readonly ReportedFd[];
  readonly cwd: string | null;
  readonly exe: string | null;
  readonly pid: number;
  readonly ppid: number;
  readonly sid: number;
  readonly pgid: number;
  readonly terminal: { readonly controlling: boolean; readonly device: number; readonly foreground: number };
  readonly signals: {
    readonly mask: readonly number[];
    readonly ignored: readonly number[];
    readonly caught: readonly number[];
    readonly default: readonly number[];
  };
  /** Real, effective, saved. */
  readonly uid: readonly [number, number, number];
  readonly gid: readonly [number, number, number];
  readonly groups: readonly number[];
  /** Soft and hard, "unlimited" or decimal digits. */
  readonly limits: Readonly<Record<string, readonly [string, string]>>;
  readonly umask: number;
  readonly nice: number;
  readonly ioPriority: { readonly class: string; readonly level: number };
  readonly scheduler: { readonly policy: string; readonly priority: number };
  readonly affinity: readonly number[];
  readonly noNewPrivileges: boolean;
  readonly seccomp: number;
  /** Signal number, 0 for none. */
  readonly dieWithParent: number;
  readonly root: { readonly dev: number; readonly ino: number };
  readonly namespaces: Readonly<Record<string, string | null>>;
  /** /proc/self/cgroup */
  readonly cgroup: string | null;
}
