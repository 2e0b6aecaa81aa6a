/** Files of the child that the host opens, because native code would open them without asking the runtime. */
import type { Failure, Prespawned, Starting } from "./engine.js";
import type { Host, OpenFile } from "./host.js";
import type { SpawnRequest } from "./request.js";

/**
 * Carries a request out, with an fd in place of each file that the host opens. The files are closed once the child has
 * them: when `carryOut` has returned, or when the start that it has only begun has ended.
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
  const close = (): void => {
    for (const file of files) file.close();
  };
  let inUse: Promise<unknown> | undefined;
  try {
    const opened = openFiles(host, request, files);
    const result = "errno" in opened ? opened : carryOut(opened);
    const { started, ended } = result as Partial<Starting & Prespawned>;
    inUse = started ?? ended;
    void inUse?.then(close);
    return result;
  } finally {
    if (inUse === undefined) close();
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
      slots[index] = { target: slot.target, kind: "fd", fd: file.fd };
    } catch (error) {
      const { errno } = error as { readonly errno?: unknown };
      if (typeof errno !== "number") throw error;
      return { errno: -errno, step: "stdio", index, cause: error };
    }
  }
  return Object.freeze({ ...request, slots });
}
