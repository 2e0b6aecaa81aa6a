/**
 * At which step a runtime's own spawn failed. No API tells, so this is found out by looking at the paths afterwards. It
 * is left open where they do not show it.
 */
import type { Failure, Step } from "./engine.js";
import { errnoOf } from "./numbers.js";
import { fromCwd, isPath, type Look, X_OK } from "./path.js";
import type { SpawnRequest } from "./request.js";

/** Answers of exec, and of no step before it. */
const OF_EXEC: ReadonlySet<string> = new Set(["ENOEXEC", "E2BIG"]);
const OF_PATHS: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR", "EACCES"]);

type Blamed = Pick<Failure, "errno" | "step" | "index">;

/** @param file the path that was to be executed, or the name that the runtime was to look for. */
export function blame(request: SpawnRequest, file: string, code: string, look: Omit<Look, "texts">): Blamed {
  const index = Math.max(0, request.candidates.indexOf(file));
  const at = (step: Step | undefined, found = code): Blamed => ({ errno: errnoOf(found), step, index });
  const { cwd, setup } = request;
  const ofCgroup = setup.cgroup === undefined ? undefined : cgroupCode(look, setup.cgroup);
  if (ofCgroup !== undefined) return at("cgroup", ofCgroup);
  if (OF_EXEC.has(code)) return at("file");
  // Who the child was to become may be permitted less.
  const isOther = code === "EACCES" && (setup.uid !== undefined || setup.gid !== undefined);
  if (!OF_PATHS.has(code) || isOther) return at(undefined);
  if (cwd !== undefined) {
    if (!look.mayLook(cwd)) return at(undefined);
    const found = directoryCode(look, cwd);
    if (found !== undefined && (found === "EACCES") === (code === "EACCES")) return at("cwd", found);
  }
  if (look.platform === "win32" || !isPath(file, look.platform)) return at(undefined);
  const path = fromCwd(file, cwd, look.platform);
  if (!look.mayLook(path)) return at(undefined);
  const found = programCode(look, path);
  if (found !== undefined) return at(found === code ? "file" : undefined);
  // It is there and may be executed: what is missing is what it names.
  return at(code === "ENOENT" ? "interpreter" : undefined);
}

/** What is wrong with a cgroup, or with the fd of one: EBADF for what is none, as of the kernel. */
function cgroupCode(look: Omit<Look, "texts">, cgroup: string | number): string | undefined {
  const path = typeof cgroup === "number" ? `/proc/self/fd/${cgroup}` : cgroup;
  const found = directoryCode(look, path);
  if (found !== undefined) return typeof cgroup === "number" ? "EBADF" : found;
  const isCgroup = codeThrown(() => void look.files.statSync(`${path}/cgroup.procs`)) === undefined;
  return isCgroup ? undefined : "EBADF";
}

/** What is wrong with a directory that is to be entered. */
function directoryCode({ files }: Omit<Look, "texts">, path: string): string | undefined {
  return codeThrown(() => {
    if (!files.statSync(path).isDirectory()) return "ENOTDIR";
    files.accessSync(path, X_OK);
    return undefined;
  });
}

/** What is wrong with a file that is to be executed. */
function programCode({ files }: Omit<Look, "texts">, path: string): string | undefined {
  return codeThrown(() => {
    if (!files.statSync(path).isFile()) return "EACCES";
    files.accessSync(path, X_OK);
    return undefined;
  });
}

function codeThrown(look: () => string | undefined): string | undefined {
  try {
    return look();
  } catch (error) {
    return String((error as { readonly code?: unknown }).code);
  }
}
