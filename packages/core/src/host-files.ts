/** Files of the child that the host opens, because native code would open them without asking the runtime. */
import { type Failure, isFailure } from "./engine.js";
import type { Host, OpenFile } from "./host.js";
import { errnoOf } from "./numbers.js";
import type { SpawnRequest } from "./request.js";

/**
 * Carries a request out, with an fd in place of each file that the host opens. The files are closed afterwards: the
 * child has them then, or a start that has only begun has duplicates.
 *
 * @throws what the host throws that is no answer of the system.
 */
export function withHostFiles<T extends object>(
  host: Host,
  request: SpawnRequest,
  carryOut: (request: SpawnRequest) => T | Failure,
): T | Failure {
  if (host.openFile === undefined || !request.slots.some(({ kind }) => kind === "file")) return carryOut(request);
  const files: OpenFile[] = [];
  try {
    const opened = openFiles(host, request, files);
    return isFailure(opened) ? opened : carryOut(opened);
  } finally {
    for (const file of files) file.close();
  }
}

/** Adds each file to `files` as soon as it is open. */
function openFiles(host: Host, request: SpawnRequest, files: OpenFile[]): SpawnRequest | Failure {
  const slots = [...request.slots];
  for (const [index, slot] of slots.entries()) {
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
  return Object.freeze({ ...request, slots });
}
