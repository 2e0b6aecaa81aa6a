/** The normal form of one fd slot, whichever way it was written. */
import { isArrayBuffer, isURL, isUsed } from "./builtins.js";
import { fd, integer, listed, mustBe, mustBeOfType, nonEmptyText, object, unknownKey, usageError } from "./check.js";
import type { Host } from "./host.js";

/**
 * One fd of the child. `in`: the child reads it. `raw`: the parent's end is an fd and no stream. `given`: the parent's
 * fd is closed once the process was started. All of kind "pty" are the same pseudo-terminal, of equal size; the
 * parent's end is with the first.
 */
export type Slot =
  | { readonly target: number; readonly kind: "null" }
  | { readonly target: number; readonly kind: "fd"; readonly fd: number; readonly given?: true }
  | { readonly target: number; readonly kind: "pipe"; readonly direction: Direction; readonly raw?: true }
  | { readonly target: number; readonly kind: "socket"; readonly raw?: true }
  | {
      readonly target: number;
      readonly kind: "pty";
      readonly rows: number;
      readonly cols: number;
      readonly raw?: true;
    }
  | FileSlot;

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

const OPEN_MODES = ["r", "r+", "w", "w+", "a", "a+"] as const;

// The slots of nearly every spawn. They say nothing of their own, so one of each serves all requests.
const NULL_SLOTS: readonly Slot[] = [0, 1, 2].map((target) => Object.freeze({ target, kind: "null" }));
const INHERIT_SLOTS: readonly Slot[] = [0, 1, 2].map((target) => Object.freeze({ target, kind: "fd", fd: target }));
const PIPE_SLOTS: readonly Slot[] = ([0, 1, 2] as const).map((target) =>
  Object.freeze({ target, kind: "pipe", direction: target === 0 ? "in" : "out" }),
);

export function nullSlot(target: number): Slot {
  return NULL_SLOTS[target] ?? { target, kind: "null" };
}

export function fdSlot(target: number, from: number): Slot {
  return (target === from ? INHERIT_SLOTS[target] : undefined) ?? { target, kind: "fd", fd: from };
}

/** A new pipe; for 0, 1 and 2 in the usual direction. */
export function pipeSlot(target: number, direction: Direction = target === 0 ? "in" : "out"): Slot {
  const usual = PIPE_SLOTS[target];
  if (usual?.kind === "pipe" && usual.direction === direction) return usual;
  return { target, kind: "pipe", direction };
}

/** An entry of `setup.fds`. */
export function slotOfSpec(host: Host, target: number, spec: unknown, option: string): Slot {
  if (spec === "null") return nullSlot(target);
  if (spec === "inherit") return fdSlot(target, target);
  if (typeof spec === "number") return fdSlot(target, fd(option, spec));
  if (typeof spec !== "object" || spec === null) {
    throw mustBe(option, '"null", "inherit", an fd number, { pipe: "in" | "out" } or { file: path }', spec);
  }
  const given = object(option, spec);
  const { pipe, file, open = "r", mode = 0o666 } = given;
  for (const key of Object.keys(given)) {
    if (key !== "pipe" && key !== "file" && key !== "open" && key !== "mode") {
      throw unknownKey(option, key, ["pipe", "file", "open", "mode"]);
    }
  }
  if (pipe !== undefined) {
    if (pipe !== "in" && pipe !== "out") throw mustBe(`${option}.pipe`, '"in" or "out"', pipe);
    for (const key of ["file", "open", "mode"]) {
      if (given[key] !== undefined) throw mustBe(`${option}.${key}`, "absent beside pipe", given[key]);
    }
    return pipeSlot(target, pipe);
  }
  if (!OPEN_MODES.includes(open as "r")) throw mustBe(`${option}.open`, `one of ${listed(OPEN_MODES)}`, open);
  return {
    target,
    kind: "file",
    path: filePath(host, file, `${option}.file`),
    open: open as (typeof OPEN_MODES)[number],
    mode: integer(`${option}.mode`, mode, 0, 0o7777),
  };
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

/** Something that Bun's stdin may be read from. */
export type InputData = ArrayBufferView | ArrayBuffer | ReadableStream<Uint8Array> | Blob | Response | Request;

/**
 * Bun's words, for one fd; no slot for an fd beyond 2 that the child shall not have. What is data instead of a word is
 * returned with its slot, to be fed to the child.
 */
export function slotOfBunWord(
  host: Host,
  target: number,
  word: unknown,
  option: string,
): { readonly slot: Slot | undefined; readonly data?: InputData } {
  switch (word) {
    case "ignore":
    case null:
      return { slot: target <= 2 ? nullSlot(target) : undefined };
    case "inherit":
      return { slot: fdSlot(target, target) };
    case "pipe":
      if (target > 2) {
        // Bun gives a raw fd of a socket here; not every engine has a raw fd to give.
        throw usageError(
          "ERR_INVALID_ARG_VALUE",
          `${option} cannot be "pipe": write setup: { fds: { ${target}: { pipe: "in" } } } or "out", and use child.fds`,
        );
      }
      return { slot: pipeSlot(target) };
  }
  if (typeof word === "number") return { slot: fdSlot(target, fd(option, word)) };
  const file = typeof word === "object" && target <= 2 ? host.fileOf?.(word as object) : undefined;
  if (typeof file === "number") return { slot: fdSlot(target, file) };
  if (file !== undefined) {
    return { slot: { target, kind: "file", path: file, open: target === 0 ? "r" : "w", mode: 0o666 } };
  }
  if (target === 0 && isInputData(word)) {
    if ("getReader" in word && isUsed(word)) throw usageError("ERR_INVALID_STATE", `${option} has already been used`);
    if ("bodyUsed" in word && word.bodyUsed) {
      throw usageError("ERR_BODY_ALREADY_USED", `${option} has already been used`);
    }
    return { slot: pipeSlot(0), data: word };
  }
  const more = target === 0 ? ", bytes, a Blob, a ReadableStream, a Response or a Request" : "";
  throw mustBeOfType(option, `"pipe", "inherit", "ignore", an fd number${more}`, word);
}

function isInputData(value: unknown): value is InputData {
  // By its shape where a class may come from another realm or a library.
  return (
    ArrayBuffer.isView(value) ||
    isArrayBuffer(value) ||
    (typeof value === "object" && value !== null && ("getReader" in value || "stream" in value || "body" in value))
  );
}

/** A path, as a string or a `file:` URL, not empty. */
export function filePath(host: Host, value: unknown, option: string): string {
  return nonEmptyText(option, isURL(value) ? host.pathFromURL(value) : value);
}
