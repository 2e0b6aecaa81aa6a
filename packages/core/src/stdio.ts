/** The normal form of one fd slot, whichever way it was written. */
import { isArrayBuffer, isURL, isUsed } from "./builtins.js";
import { boolean, fd, integer, knownKeys, listed, mustBe, mustBeOfType, nonEmptyText, usageError } from "./check.js";
import type { Host } from "./host.js";

/**
 * One fd of the child. `in`: the child reads it. `raw`: the parent's end is an fd and no stream, which blocks; with
 * "any" it need not. `given`: the parent's fd is closed once the process was started. `buffer`: the bytes that each
 * socket holds of what was sent, by default as the system has it. All of kind "pty" are the same pseudo-terminal, of
 * equal size; the parent's end is with the first. So are all of kind "terminal", which is the controlling terminal of
 * the child, the leader of a new session. An "open terminal" was opened before, without a process: an fd of its own
 * side, or an object of the runtime's, which only the runtime's own spawn can give.
 */
export type Slot =
  | { readonly target: number; readonly kind: "null" }
  | { readonly target: number; readonly kind: "fd"; readonly fd: number; readonly given: boolean }
  | { readonly target: number; readonly kind: "pipe"; readonly direction: Direction; readonly raw: boolean }
  | { readonly target: number; readonly kind: "socket"; readonly raw: boolean | "any"; readonly buffer?: number }
  | {
      readonly target: number;
      readonly kind: "pty";
      readonly rows: number;
      readonly cols: number;
      readonly raw: boolean;
    }
  | TerminalSlot
  | { readonly target: number; readonly kind: "open terminal"; readonly terminal: number | object }
  | FileSlot;

/** The options that stand for the first elements of `stdio`. */
export const STDIO_NAMES: readonly string[] = ["stdin", "stdout", "stderr"];

/** The slots of one request at most. The C engine has the same limit. */
export const MAX_SLOTS = 256;

/** A new pseudo-terminal: 0, 1 and 2 all are of this kind then. */
interface TerminalSlot {
  readonly target: number;
  readonly kind: "terminal";
  readonly cols: number;
  readonly rows: number;
}

/** A file, which is opened for the child before it starts. */
export interface FileSlot {
  readonly target: number;
  readonly kind: "file";
  readonly path: string;
  readonly open: (typeof OPEN_MODES)[number];
  readonly mode: number;
}

/** Which way data goes: `in` when the child reads. */
type Direction = "in" | "out";

/** Rows and columns are 16 bits each. */
const MAX_TERMINAL = 65_535;
const OPEN_MODES = ["r", "r+", "w", "w+", "a", "a+"] as const;

// The slots of nearly every spawn: one frozen object of each serves all requests.
const NULL_SLOTS: readonly Slot[] = [0, 1, 2].map((target) => Object.freeze({ target, kind: "null" }));
const INHERIT_SLOTS: readonly Slot[] = [0, 1, 2].map((target) =>
  Object.freeze({ target, kind: "fd", fd: target, given: false }),
);
const PIPE_SLOTS: readonly Slot[] = ([0, 1, 2] as const).map((target) =>
  Object.freeze({ target, kind: "pipe", direction: target === 0 ? "in" : "out", raw: false }),
);

export function nullSlot(target: number): Slot {
  return NULL_SLOTS[target] ?? { target, kind: "null" };
}

export function fdSlot(target: number, from: number): Slot {
  return (target === from ? INHERIT_SLOTS[target] : undefined) ?? { target, kind: "fd", fd: from, given: false };
}

/** A pair of sockets, of which each end reads what the other writes. */
export function socketSlot(target: number): Slot {
  return { target, kind: "socket", raw: false };
}

/** A new pipe; for 0, 1 and 2 in the usual direction. */
export function pipeSlot(target: number, direction: Direction = target === 0 ? "in" : "out"): Slot {
  const usual = PIPE_SLOTS[target];
  if (usual?.kind === "pipe" && usual.direction === direction) return usual;
  return { target, kind: "pipe", direction, raw: false };
}

/** The keys of an entry of `setup.fds` that is an object, and what each may stand beside. */
const BESIDE: { readonly [key: string]: readonly string[] } = {
  pipe: [],
  pty: [],
  give: [],
  file: [],
  raw: ["pipe", "pty"],
  open: ["file"],
  mode: ["file"],
};
const WORDS = '"null", "inherit", an fd number, { pipe }, { pty }, { give: fd } or { file: path }';

/** An entry of `setup.fds`. */
export function slotOfSpec(host: Host, target: number, spec: unknown, option: string): Slot {
  if (spec === "null") return nullSlot(target);
  if (spec === "inherit") return fdSlot(target, target);
  if (typeof spec === "number") return fdSlot(target, fd(option, spec));
  if (typeof spec !== "object" || spec === null) throw mustBe(option, WORDS, spec);
  const given = knownKeys(option, spec, Object.keys(BESIDE));
  const kind = (["pipe", "pty", "give"] as const).find((key) => given[key] !== undefined) ?? "file";
  for (const key of Object.keys(given)) {
    if (key === kind || BESIDE[key]?.includes(kind) || given[key] === undefined) continue;
    throw mustBe(`${option}.${key}`, `absent beside ${kind}`, given[key]);
  }
  switch (kind) {
    case "pipe":
      return pipeOfSpec(target, given, option);
    case "pty":
      return { target, kind, ...sizeOfPty(given.pty, `${option}.pty`), raw: isRawEnd(given.raw, option) };
    case "give":
      return { target, kind: "fd", fd: givenFd(`${option}.give`, given.give), given: true };
    case "file":
      return fileOfSpec(host, target, given, option);
  }
}

type Spec = Readonly<Record<string, unknown>>;

const NOTHING: Spec = Object.freeze(Object.create(null) as Spec);

function pipeOfSpec(target: number, { pipe, raw }: Spec, option: string): Slot {
  if (pipe !== "in" && pipe !== "out" && pipe !== "both") throw mustBe(`${option}.pipe`, '"in", "out" or "both"', pipe);
  const isRaw = isRawEnd(raw, option);
  if (pipe === "both") return { target, kind: "socket", raw: isRaw };
  return isRaw ? { target, kind: "pipe", direction: pipe, raw: isRaw } : pipeSlot(target, pipe);
}

function isRawEnd(raw: unknown, option: string): boolean {
  return raw !== undefined && boolean(`${option}.raw`, raw);
}

function sizeOfPty(pty: unknown, option: string): { readonly rows: number; readonly cols: number } {
  const { rows = 24, cols = 80 } = pty === true ? NOTHING : knownKeys(option, pty, ["rows", "cols"]);
  return {
    rows: integer(`${option}.rows`, rows, 1, MAX_TERMINAL),
    cols: integer(`${option}.cols`, cols, 1, MAX_TERMINAL),
  };
}

function givenFd(option: string, value: unknown): number {
  const number = fd(option, value);
  if (number <= 2) throw mustBe(option, "3 or more (the others are this program's stdin, stdout and stderr)", number);
  return number;
}

function fileOfSpec(host: Host, target: number, { file, open = "r", mode = 0o666 }: Spec, option: string): Slot {
  if (!OPEN_MODES.includes(open as "r")) throw mustBe(`${option}.open`, `one of ${listed(OPEN_MODES)}`, open);
  return {
    target,
    kind: "file",
    path: filePath(host, file, `${option}.file`),
    open: open as (typeof OPEN_MODES)[number],
    mode: integer(`${option}.mode`, mode, 0, 0o7777),
  };
}

/** Mistakes that no single slot shows. */
export function checkSlots(slots: readonly Slot[]): void {
  let pty: (Slot & { readonly kind: "pty" }) | undefined;
  // Every spawn comes by here, and an index makes no iterator for it.
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as Slot;
    if (slot.kind === "null" || slot.kind === "pipe") continue;
    if (slot.kind === "pty") {
      // An engine makes one pseudo-terminal for a child, which is that of the option.
      if (slots[0]?.kind === "terminal") {
        throw mustBe(`setup.fds.${slot.target}.pty`, "absent beside the option terminal", true);
      }
      pty ??= slot;
      if (slot.rows !== pty.rows || slot.cols !== pty.cols || slot.raw !== pty.raw) {
        const which = `fds ${pty.target} and ${slot.target} of the child`;
        throw usageError("ERR_INVALID_ARG_VALUE", `${which} are one pseudo-terminal: its size and raw must not differ`);
      }
    }
    if (slot.kind !== "fd" || !slot.given) continue;
    const { fd, target } = slot;
    const other = slots.find((other) => other !== slot && other.kind === "fd" && other.fd === fd);
    if (other !== undefined) {
      const which = `fd ${fd} is given to the child as its fd ${target}`;
      throw usageError("ERR_INVALID_ARG_VALUE", `${which}, and cannot be its fd ${other.target} as well`);
    }
  }
}

/** Deno's words for stdin, stdout and stderr; a number is an fd. */
export function slotOfDenoWord(target: number, word: unknown, option: string): Slot {
  switch (word) {
    case "null":
      return nullSlot(target);
    case "inherit":
      return fdSlot(target, target);
    case "piped":
      return pipeSlot(target);
    default:
      if (typeof word === "number") return fdSlot(target, fd(option, word));
      throw mustBe(option, '"piped", "inherit", "null" or an fd number', word);
  }
}

/** The option by which a request got this slot. */
export function optionOfSlot(slot: Slot, fds: readonly Slot[] | undefined): string {
  const { target, kind } = slot;
  if (kind === "terminal" || kind === "open terminal") return "terminal";
  if (fds?.some((slot) => slot.target === target)) return `setup.fds.${target}`;
  // The sockets that a word for stdio means are the user's to read and write.
  if (kind === "socket" && !slot.raw && target > 2) return "ipc";
  return STDIO_NAMES[target] ?? `stdio[${target}]`;
}

/** What Bun's stdin may be read from. */
export type InputData = ArrayBufferView | ArrayBuffer | ReadableStream<Uint8Array> | Blob | Response | Request;

interface SlotWithData {
  readonly slot: Slot | undefined;
  readonly data: InputData | undefined;
}

const withoutData = (slot: Slot | undefined): SlotWithData => ({ slot, data: undefined });

/** Words of Bun for a pipe. The last means one on Windows only; the one before, that its fd is never Bun's to close. */
const PIPE_WORDS: readonly unknown[] = ["pipe", "socket-fd", "overlapped"];

/**
 * The slot of one of Bun's words; undefined for an ignored fd beyond 2, which the child does not have. Data in place of
 * a word is returned with its slot, to be fed to the child. `names`: of the options that stand for elements of `stdio`.
 */
export function slotOfBunWord(
  host: Host,
  target: number,
  word: unknown,
  names: readonly string[] | undefined,
  isBlocking = false,
): SlotWithData {
  if (word === "ignore" || word === null) return withoutData(target <= 2 ? nullSlot(target) : undefined);
  if (word === "inherit") return withoutData(fdSlot(target, target));
  if (word === "pipe" && target <= 2) return withoutData(pipeSlot(target));
  const option = names?.[target] ?? `stdio[${target}]`;
  if (PIPE_WORDS.includes(word)) return withoutData(slotOfPipeWord(target, word, option, isBlocking));
  if (typeof word === "number") return withoutData(fdSlot(target, fd(option, word)));
  const file = typeof word === "object" ? host.fileOf?.(word) : undefined;
  if (typeof file === "number") return withoutData(fdSlot(target, file));
  // Beyond 2 the child may read it as well as write it, and nothing of what is there is lost.
  if (file !== undefined) {
    return withoutData({
      target,
      kind: "file",
      path: file,
      open: (["r", "w", "w"] as const)[target] ?? "a+",
      mode: 0o666,
    });
  }
  if (target === 0 && isInputData(word)) {
    if (!isBytes(word)) refuseUsed(word, option);
    return { slot: pipeSlot(0), data: word };
  }
  if (target > 2 && isBytes(word) && word.byteLength > 0) return { slot: pipeSlot(target, "in"), data: word };
  refuseAsBun(target, word, option);
  if (isEmptyData(word)) return withoutData(target <= 2 ? nullSlot(target) : undefined);
  const more = target === 0 ? ", bytes, a Blob, a ReadableStream, a Response or a Request" : "";
  throw mustBeOfType(option, `"pipe", "inherit", "ignore", an fd number${more}`, word);
}

function slotOfPipeWord(target: number, word: unknown, option: string, isBlocking: boolean): Slot {
  const refusal = (words: string): TypeError => usageError("ERR_INVALID_ARG_TYPE", `${option}: ${words}`);
  if (word === "socket-fd" && target <= 2) throw refusal("'socket-fd' is only supported at indices >= 3");
  if (word === "socket-fd" && isBlocking) throw refusal("'socket-fd' cannot be used with spawnSync");
  if (target <= 2) return pipeSlot(target);
  // Nobody could have the other end before the process of a blocking call has ended.
  return isBlocking ? nullSlot(target) : { target, kind: "socket", raw: "any" };
}

/** @throws {TypeError} for what has been read already, of which the child would get nothing. */
function refuseUsed(data: Exclude<InputData, ArrayBufferView | ArrayBuffer>, option: string): void {
  if ("getReader" in data && isUsed(data)) throw usageError("ERR_INVALID_STATE", `${option} has already been used`);
  if ("bodyUsed" in data && data.bodyUsed) {
    throw usageError("ERR_BODY_ALREADY_USED", `${option} has already been used`);
  }
}

/** What Bun refuses to use as an output, in the words that programs look for. */
function refuseAsBun(target: number, word: unknown, option: string): void {
  const refusal = (words: string): TypeError => usageError("ERR_INVALID_ARG_TYPE", `${option}: ${words}`);
  if (!isInputData(word)) return;
  const isStream = "getReader" in word;
  const isBlob = !isStream && ("stream" in word || "body" in word);
  if (target > 2 && isStream) throw refusal(`ReadableStream cannot be used for stdio[${target}] yet`);
  if (isBlob && target <= 2) throw refusal("Blobs are immutable, and cannot be used for stdout/stderr");
  if (isEmptyData(word)) return;
  const what = isBlob ? "Blob" : isStream ? "ReadableStream" : "ArrayBufferView";
  throw refusal(`${what} cannot be used for ${target <= 2 ? "stdout/stderr" : `stdio[${target}]`} yet`);
}

function isEmptyData(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { byteLength, size, body } = value as { readonly [key in "byteLength" | "size" | "body"]?: unknown };
  return isInputData(value) && (byteLength === 0 || size === 0 || body === null);
}

function isBytes(value: unknown): value is ArrayBufferView | ArrayBuffer {
  return ArrayBuffer.isView(value) || isArrayBuffer(value);
}

function isInputData(value: unknown): value is InputData {
  // By shape, because a class may come from another realm or from a library.
  return (
    isBytes(value) ||
    (typeof value === "object" && value !== null && ("getReader" in value || "stream" in value || "body" in value))
  );
}

/** A path, as a string or a `file:` URL, not empty. */
export function filePath(host: Host, value: unknown, option: string): string {
  return nonEmptyText(option, isURL(value) ? host.pathFromURL(value) : value);
}
