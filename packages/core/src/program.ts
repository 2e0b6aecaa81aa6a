/** The program that a command is, for a runtime whose own search does not look where the request says. */
import { fromCwd, isPath } from "./path.js";
import type { SpawnRequest } from "./request.js";
import type { Files } from "./runtime-api.js";

/**
 * What exec finds at a path. `text`: it may be executed, but has neither `#!` nor the look of a program. `other`: it is
 * no file, or may not be executed.
 */
type Kind = "program" | "text" | "other" | "nothing";

const X_OK = 1;
const MISSING: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR"]);

/** How to look: at texts as well where the runtime would have a shell run what the request says is not to be run. */
export interface Look {
  readonly files: Files;
  readonly platform: string;
  readonly texts: boolean;
  readonly mayLook: (path: string) => boolean;
}

/** The path to start, or the code of the error that exec would end its search with. */
export type Found = { readonly file: string } | { readonly file?: never; readonly code: string };

export function findProgram(request: SpawnRequest, look: Look): Found {
  const { file, candidates, cwd, shellFallback } = request;
  const { platform } = look;
  const isNamed = isPath(file, platform);
  // Its only candidate: then exec says best what is wrong with it.
  if (isNamed && platform !== "win32" && !look.texts) return { file };
  let unusable: string | undefined;
  for (const candidate of candidates) {
    const path = fromCwd(candidate, cwd, platform);
    // Then the runtime, which may, has to search.
    if (!look.mayLook(path)) return { file };
    const kind = kindOf(look, path);
    if (kind === "text" && !shellFallback) return { code: "ENOEXEC" };
    if (kind === "program" || kind === "text") return { file: candidate };
    if (kind === "other") unusable ??= candidate;
  }
  // Of what is there and cannot be used, exec says why.
  if (unusable !== undefined) return { file: unusable };
  return isNamed ? { file } : { code: "ENOENT" };
}

function kindOf({ files, texts }: Look, path: string): Kind {
  try {
    files.accessSync(path, X_OK);
    if (!files.statSync(path).isFile()) return "other";
  } catch (error) {
    return MISSING.has((error as { code?: unknown }).code) ? "nothing" : "other";
  }
  return texts && isText(files, path) ? "text" : "program";
}

/** Whether a file begins as no program does: every format has NULs in its first bytes. */
function isText(files: Files, path: string): boolean {
  const bytes = new Uint8Array(128);
  try {
    const fd = files.openSync(path, "r");
    try {
      const head = bytes.subarray(0, files.readSync(fd, bytes));
      return !head.includes(0) && !(head[0] === 0x23 && head[1] === 0x21);
    } finally {
      files.closeSync(fd);
    }
  } catch {
    // It may be executed and not be read: then exec has to tell.
    return false;
  }
}
