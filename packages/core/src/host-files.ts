/** Files of the child that the host opens, because native code would open them without asking the runtime. */
import { type Failure, isFailure, type Starting } from "./engine.js";
import type { Host, OpenFile } from "./host.js";
import { errnoOf } from "./numbers.js";
import type { SpawnRequest } from "./request.js";
import type { Slot } from "./stdio.js";

/**
 * Carries a request out, with an fd in place of each file that the host opens. The files are closed afterwards: the
 * child has them then, or a start that has only begun has duplicates. What is given to the child, and known to the
 * host, is closed by the host once the child runs.
 *
 * @throws what the host throws that is no answer of the system.
 */
export function withHostFiles<T extends object>(
  host: Host,
  request: SpawnRequest,
  carryOut: (request: SpawnRequest) => T | Failure,
): T | Failure {
  if (!request.slots.some((slot) => isForHost(host, slot))) return carryOut(request);
  const files: OpenFile[] = [];
  const given: (() => void)[] = [];
  try {
    const opened = openFiles(host, request, files, given);
    if (isFailure(opened)) return opened;
    const result = carryOut(opened);
    if (!isFailure(result)) whenItRuns(result, given);
    return result;
  } finally {
    for (const file of files) file.close();
  }
}

function isForHost(host: Host, slot: Slot): boolean {
  if (slot.kind === "file") return host.openFile !== undefined;
  return slot.kind === "fd" && slot.given && host.closerOf !== undefined;
}

function whenItRuns(result: object, given: readonly (() => void)[]): void {
  if (given.length === 0) return;
  const close = (): void => given.forEach(closeUnlessClosed);
  if (!Object.hasOwn(result, "started")) return close();
  void (result as Starting).started.then((failure) => failure ?? close());
}

function closeUnlessClosed(close: () => void): void {
  try {
    close();
  } catch {
    // The program has closed it meanwhile. The child runs all the same.
  }
}

/** Adds each file to `files` as soon as it is open, and to `given` what closes the fds that the host knows. */
function openFiles(
  host: Host,
  request: SpawnRequest,
  files: OpenFile[],
  given: (() => void)[],
): SpawnRequest | Failure {
  const slots = [...request.slots];
  for (const [index, slot] of slots.entries()) {
    if (slot.kind === "fd" && slot.given) {
      const close = host.closerOf?.(slot.fd);
      if (close === undefined) continue;
      given.push(close);
      slots[index] = { ...slot, given: false };
    }
    if (slot.kind !== "file") continue;
    try {
      const file = host.openFile?.(slot);
      if (file === undefined) continue;
      files.push(file);
      slots[index] = { target: slot.target, kind: "fd", fd: file.fd, given: false };
    } catch (error) {
      const { code, errno } = error as { readonly code?: string; readonly errno?: unknown };
      if (code === undefined || typeof errno !== "number") throw error;
      return { errno: errnoOf(code), step: "stdio", index, cause: error };
    }
  }
  return { ...request, slots };
}
