/** The fds of a child for a runtime's own spawn: which of them an API cannot give, and what is handed over for each. */
import type { Failure, SyncOptions } from "./engine.js";
import { errnoOf } from "./numbers.js";
import { isOpen } from "./path.js";
import { codeThrown, type RuntimeApi, type RuntimeCall } from "./runtime-api.js";
import type { Slot } from "./stdio.js";

type Word = RuntimeCall["stdio"][number];

/** The first fd that is no stdio. */
const EXTRA = 3;

/** Why the API cannot give a child this slot; with `sync`, in a call that blocks. */
export function refusesSlot(api: RuntimeApi, slot: Slot, sync: SyncOptions | undefined): string | undefined {
  const { name, lastFd, features } = api;
  const { target } = slot;
  const isTerminal = slot.kind === "terminal" || (slot.kind === "open terminal" && typeof slot.terminal !== "number");
  if (slot.kind === "pty" || (isTerminal && api.openTerminal === undefined)) return `${name} has no pseudo-terminals`;
  if (target > lastFd) return `${name} gives a child no fds beyond ${lastFd}`;
  if (slot.kind === "pipe") return refusesPipe(api, slot, sync);
  if (slot.kind === "socket") return refusesSocket(api, slot, sync);
  if (slot.kind !== "fd") return undefined;
  if (slot.given && !features.has("give")) return `${name} cannot give an fd away`;
  const isCrossed = target === 0 ? slot.fd === 1 || slot.fd === 2 : target < EXTRA && slot.fd === 0;
  return isCrossed && !features.has("crossed")
    ? `${name} takes stdin for no output, and no output for stdin`
    : undefined;
}

function refusesPipe(
  { name, features }: RuntimeApi,
  { target, direction, raw }: Slot & { readonly kind: "pipe" },
  sync: SyncOptions | undefined,
): string | undefined {
  if (raw) return `${name} has no raw fds to give`;
  if (target < EXTRA) {
    return (direction === "in") === (target === 0) ? undefined : `${name} has no pipes in that direction there`;
  }
  if (sync !== undefined && !features.has("blocking pipes")) return `${name}, when it blocks, has no pipes there`;
  return sync?.input.has(target) === true ? `${name}, when it blocks, feeds stdin alone` : undefined;
}

function refusesSocket(
  { name, features }: RuntimeApi,
  { target, raw }: Slot & { readonly kind: "socket" },
  sync: SyncOptions | undefined,
): string | undefined {
  if (target < EXTRA || !features.has("socket")) return `${name} has no pairs of sockets there`;
  // An API keeps such an fd for itself, or the fd does not block.
  if (raw && !(raw === "any" && features.has("raw sockets"))) return `${name} has no raw fds to give`;
  return sync && "a call that blocks leaves nothing that could use it";
}

/** A given fd that is not open. Asked before anything is opened, which could get its number. */
export function notOpen({ files }: RuntimeApi, slots: readonly Slot[]): Failure | undefined {
  const index = slots.findIndex((slot) => slot.kind === "fd" && slot.given && !isOpen(files, slot.fd));
  return index < 0 ? undefined : { errno: errnoOf("EBADF"), step: "stdio", index };
}

/** Calls with a word for each fd, while what the API cannot open itself is open. */
export function withStdio<T>(
  api: RuntimeApi,
  slots: readonly Slot[],
  call: (stdio: readonly Word[]) => T,
): T | Failure {
  const { files } = api;
  const opened: number[] = [];
  const open: Open = (path, flags, mode) => {
    const fd = files.openSync(path, flags, mode);
    opened.push(fd);
    return fd;
  };
  const stdio: Word[] = [];
  try {
    for (const [index, slot] of slots.entries()) {
      while (stdio.length < slot.target) stdio.push("ignore");
      try {
        stdio.push(wordOf(api, slot, open));
      } catch (error) {
        return { errno: errnoOf(codeThrown(api, error)), step: "stdio", index, cause: error };
      }
    }
    return call(stdio);
  } finally {
    for (const fd of opened) files.closeSync(fd);
  }
}

type Open = (path: string, flags: string, mode?: number) => number;

function wordOf({ devNull }: RuntimeApi, slot: Slot, open: Open): Word {
  switch (slot.kind) {
    case "fd":
      return slot.fd;
    case "file":
      return open(slot.path, slot.open, slot.mode);
    case "pipe":
    case "socket":
      return "pipe";
    default:
      if (slot.kind === "open terminal" && typeof slot.terminal === "number") return slot.terminal;
      // What is ignored beyond 2 stays closed. A terminal of the API's stands in the call beside these words.
      return slot.target < EXTRA ? "ignore" : open(devNull, "r+");
  }
}

/** The terminal in the place of 0, 1 and 2. */
export function terminalOf([first]: readonly Slot[]): RuntimeCall["terminal"] {
  if (first?.kind === "open terminal" && typeof first.terminal !== "number") return { open: first.terminal };
  return first?.kind === "terminal" ? { cols: first.cols, rows: first.rows } : undefined;
}

/** Closes this program's fds that only the child is to have. */
export function closeGiven({ files }: RuntimeApi, slots: readonly Slot[]): void {
  for (const slot of slots) if (slot.kind === "fd" && slot.given) files.closeSync(slot.fd);
}
