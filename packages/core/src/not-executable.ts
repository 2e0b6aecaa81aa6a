/** Why exec has refused a file by EACCES, for which it has one number and the file system several reasons. */
import type { Host } from "./host.js";
import { fromCwd } from "./path.js";
import type { SpawnRequest } from "./request.js";

const FORMAT = 0o170000;
const DIRECTORY = 0o040000;
const REGULAR = 0o100000;
const EXECUTABLE = 0o111;

/** What is said of a file that nobody can look at, as in another root. */
export const UNSEEN = "it is a directory, lacks the permission, or is on a noexec filesystem";

export function whyNotExecutable(host: Host, { setup, cwd }: SpawnRequest, path: string): string {
  const mode = setup.root === undefined ? host.modeOf?.(fromCwd(path, cwd, host.platform)) : undefined;
  if (mode === undefined) return UNSEEN;
  const format = mode & FORMAT;
  if (format === DIRECTORY) return "it is a directory";
  if (format !== REGULAR) return "it is no regular file";
  if ((mode & EXECUTABLE) === 0) return "none of its execute bits is set";
  return "its user lacks the permission, or it is on a noexec filesystem";
}
