/**
 * What {@link RuntimeEngine} asks of a runtime's own spawn. An adapter writes one such object, and takes all that it
 * calls when it is loaded: a program may put ringspawn in the place of that API later.
 */
import type { OpenTerminal, Pipe, SyncOptions, SyncResult, TerminalEnd, TerminalSize, Usage } from "./engine.js";
import type { SetupKey } from "./options.js";
import type { Files } from "./path.js";
import type { Slot } from "./stdio.js";

/** What is not the same for every API. */
export type Feature =
  /** argv[0] may be another than the command. */
  | "argv0"
  /** It may be the empty string too, which is not taken for none. */
  | "empty argv0"
  /** There are pairs of sockets from fd 3 on. */
  | "socket"
  /** The parent's end of such a pair can be had as an fd, which does not block. */
  | "raw sockets"
  /** An fd of the parent can be closed when the child has it. */
  | "give"
  /** The parent's 1 and 2 can be the child's 0, and its 0 the child's 1 and 2. */
  | "crossed"
  /** There are pipes beyond fd 2 in a call that blocks. */
  | "blocking pipes"
  /** A call that blocks takes an AbortSignal, and learns of its abort by time. */
  | "blocking signal"
  /** A call that blocks takes less than one byte for a limit, and not for none. */
  | "maxBuffer 0"
  /** Signals without a name can be sent, though not by a call that blocks. */
  | "real-time signals"
  /** A text without `#!` is always run by /bin/sh. */
  | "shell"
  /** Ids are taken as signed numbers. */
  | "int32";

export interface RuntimeApi {
  /** For people: `child_process`. */
  readonly name: string;
  /** The keys of `setup` that it has an option for. */
  readonly serves: ReadonlySet<SetupKey>;
  /** The highest fd that a child can be given. An API fills every fd below. */
  readonly lastFd: number;
  readonly features: ReadonlySet<Feature>;
  readonly files: Files;
  readonly devNull: string;
  /** Whether the file system may be looked at there. */
  readonly mayLook: (path: string) => boolean;
  /** Opens a pseudo-terminal. Undefined: it has none, and no call has a `terminal`. */
  readonly openTerminal: ((size: TerminalSize) => OpenTerminal | string) | undefined;
  /** Starts the process. Answers with the code of the error, or throws it. */
  start(call: RuntimeCall): RuntimeChild | string;
  /** Runs the process to its end, while nothing else of the program runs. */
  runSync(call: RuntimeCall, options: SyncOptions, killSignal: string | number): RuntimeResult | string;
  /** The code of an error of the system: `"ENOENT"`. Undefined for other errors, which are thrown on. */
  codeOf(error: RuntimeError): string | undefined;
}

/** What was thrown. */
export type RuntimeError = { readonly code?: unknown; readonly errno?: unknown };

/** @throws {unknown} what is no answer of the system, as a permission that is missing. */
export function codeThrown(api: RuntimeApi, error: unknown): string {
  const code = api.codeOf(error as RuntimeError);
  if (code === undefined) throw error;
  return code;
}

/** What to start, with all that is the same for every API done. */
export interface RuntimeCall {
  /** A path, or a name where the search is left to the API. */
  readonly file: string;
  readonly argv: readonly string[];
  /** On Windows: the arguments are to reach the program as they are, joined by spaces. */
  readonly verbatim: boolean;
  /** Undefined: the program's own. */
  readonly env: Readonly<Record<string, string>> | undefined;
  /** `env` is only what is added to the program's own. */
  readonly envIsAdded: boolean;
  readonly cwd: string | undefined;
  /** By the child's fd number, without holes. A number is an fd of this program. */
  readonly stdio: readonly ("pipe" | "ignore" | number)[];
  /** In the place of 0, 1 and 2: a new terminal of this size, or one that `openTerminal` or the runtime has given. */
  readonly terminal: TerminalSize | { readonly open: object } | undefined;
  readonly session: boolean;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly cgroup: string | number | undefined;
}

/** A pipe or a pair of sockets. */
export type PipeSlot = Slot & { readonly kind: "pipe" | "socket" };

export interface RuntimeChild {
  readonly pid: number;
  /** Never rejects. */
  readonly exited: Promise<RuntimeExit>;
  /** The parent's side; asked for once. */
  pipe(slot: PipeSlot): Pipe;
  /** The parent's side of a new terminal. */
  readonly terminal: TerminalEnd | undefined;
  /** By the signal's name where it has one. False once the process is gone. */
  kill(signal: string | number): boolean;
  ref(): void;
  unref(): void;
}

export interface RuntimeExit {
  readonly code: number | null;
  readonly signal: string | number | null;
  readonly usage: Usage | undefined;
}

export interface RuntimeResult extends Omit<SyncResult, "exit" | "output"> {
  readonly exit: RuntimeExit;
  /** By the child's fd number. */
  readonly output: readonly (Uint8Array | null | undefined)[];
}
