/** Which paths exec is to try for a command, in which order: execvp's rule. */

/** Where commands are looked for when there is no PATH at all. The same on every runtime and libc, so not theirs. */
export const DEFAULT_PATH = "/usr/bin:/bin";

/**
 * The paths to try for `file`. One with a slash is its only candidate. Else there is one in every entry of `path`
 * (undefined: {@link DEFAULT_PATH}); an empty entry means the working directory, as POSIX has it.
 *
 * Relative candidates count from the child's working directory, because the child goes there before it execs.
 */
export function candidates(file: string, path: string | undefined): string[] {
  if (file.includes("/")) return [file];
  // A set: twice in PATH is common, and a second try cannot end otherwise.
  const found = new Set<string>();
  for (const entry of (path ?? DEFAULT_PATH).split(":")) {
    // "./", so that a name such as "-c" stays a path for whoever gets it next (/bin/sh, an interpreter).
    const directory = entry === "" ? "." : entry;
    found.add(directory.endsWith("/") ? directory + file : `${directory}/${file}`);
  }
  return [...found];
}

/**
 * The first candidate that can be executed: for engines whose runtime does not search where the request says. A
 * relative one stays as it is, because the child goes to `cwd` first; `executable` is asked for the path that it is to
 * this program. Undefined when there is none.
 */
export function findProgram(
  candidates: readonly string[],
  cwd: string | undefined,
  executable: (path: string) => boolean,
): string | undefined {
  for (const candidate of candidates) {
    const path = candidate.startsWith("/") || cwd === undefined ? candidate : `${cwd}/${candidate}`;
    if (executable(path)) return candidate;
  }
  return undefined;
}
