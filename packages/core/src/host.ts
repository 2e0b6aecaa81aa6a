import type { Step } from "./engine.js";
import type { SpawnRequest } from "./request.js";
import type { FileSlot, InputData } from "./stdio.js";
import type { Structured } from "./structured.js";

/** What a runtime supplies besides its engines. The adapters implement it; core never asks which runtime it is. */
export interface Host {
  /** For people: `node`, `bun`, `deno`. */
  readonly runtime: string;
  readonly version: string;
  readonly platform: string;
  /** One variable of the environment as it is now. */
  getenv(name: string): string | undefined;
  /**
   * Whether a variable with this value is one that the program was started with, and whose bytes are not UTF-8: then
   * the value names other files than the variable. Undefined: the runtime never gives such a value.
   */
  isMisread?(name: string, value: string): boolean;
  /** A snapshot of the whole environment, as a plain object of its own; undefined where it may not be read. */
  environ(): Record<string, string> | undefined;
  /**
   * The environment of the program's start, where Bun's shape gives that (and not the present one) to a child without
   * `env`. Always the same object.
   */
  readonly startEnviron?: Readonly<Record<string, string>>;
  /** The path or the fd of a file object of the runtime (`Bun.file()`); undefined for every other object. */
  fileOf?(value: object): string | number | undefined;
  /**
   * All bytes of this; undefined, as is the whole method, where they have to be waited for. A stream is then used up, a
   * body is not.
   */
  bytesOf?(data: Exclude<InputData, ArrayBufferView | ArrayBuffer>): Uint8Array | undefined;
  /** The mode of what stands at a path (of stat(2)); undefined where it cannot or may not be looked at. */
  modeOf?(path: string): number | undefined;
  /** Whether this is a terminal of the runtime's own (a `Bun.Terminal`), which its own spawn can give to a child. */
  ownsTerminal?(value: object): boolean;
  /** Path of a `file:` URL; throws a TypeError for any other. */
  pathFromURL(url: URL): string;
  /**
   * What this program may do of a request: the same object where it may do all of it, else one that says exactly what
   * is permitted, such as one absolute path in place of the candidates. Throws the runtime's own error where this
   * program may not start that process.
   */
  authorize(request: SpawnRequest): SpawnRequest;
  /**
   * Throws the runtime's own error where this program may not open a terminal. Not there: every program may.
   */
  authorizeTerminal?(): void;
  /**
   * Opens a file of the child as the runtime's own code would, because native code is not bound by the permissions of
   * the runtime. Undefined, as is the whole method: the engine opens it.
   *
   * @throws the runtime's own error: one of the system has its `code`, and a number as `errno`.
   */
  openFile?(slot: FileSlot): OpenFile | undefined;
  /**
   * What closes an fd of this program for a runtime that keeps a record of it. Closed otherwise, the number would count
   * as the program's own for ever. Undefined, as is the whole method: the engine closes what is given to a child.
   */
  closerOf?(fd: number): (() => void) | undefined;
  /** Bytes as the users of this runtime expect them of a blocking call: a Buffer, or the same array again. */
  bytes(array: Uint8Array): Uint8Array;
  /** What messages of `serialization: "advanced"` hold. */
  readonly structured: Structured;
  /**
   * The runtime's own class for errors with this code, if there is one: a SpawnError is then an instance of both. The
   * step is that of a start that does not block, which some runtimes tell in another class than one that does.
   */
  errorClass?(code: string, step: Step | undefined): (new (message?: string) => Error) | undefined;
}

/** A file that a {@link Host} has opened. */
export interface OpenFile {
  readonly fd: number;
  close(): void;
}
