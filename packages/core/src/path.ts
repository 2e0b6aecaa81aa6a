/** Which paths exec is to try for a command, in which order. */
import type { Host } from "./host.js";

/** What a search for a command depends on. */
export interface Search {
  readonly platform: string;
  /** The variable PATH. */
  readonly path: string | undefined;
  /** The variable PATHEXT, which only Windows has. */
  readonly extensions: string | undefined;
}

/** Where commands are looked for when there is no PATH at all. The same on every runtime and libc, so not theirs. */
export const DEFAULT_PATH = "/usr/bin:/bin";
const DEFAULT_EXTENSIONS = ".COM;.EXE;.BAT;.CMD";

/** The search for a child with this environment. Where the child has no PATH the parent's decides, as in both peers. */
export function searchOf(host: Host, env: Readonly<Record<string, string>> | undefined): Search {
  const { platform } = host;
  const variable = (name: string): string | undefined => valueIn(env, name, platform) ?? host.getenv(name);
  return {
    platform,
    path: variable("PATH"),
    extensions: platform === "win32" ? variable("PATHEXT") : undefined,
  };
}

/** A variable of an environment. Windows does not tell names apart by their case: there, PATH is mostly `Path`. */
function valueIn(
  env: Readonly<Record<string, string>> | undefined,
  name: string,
  platform: string,
): string | undefined {
  if (env === undefined || Object.hasOwn(env, name) || platform !== "win32") return env?.[name];
  const found = Object.keys(env).find((key) => key.toUpperCase() === name);
  return found === undefined ? undefined : env[found];
}

/**
 * The paths to try for `file`. A file that is a path is its only candidate. Else there is one in every entry of PATH; an
 * empty entry means the working directory, as POSIX has it. On Windows a path as well may lack its extension.
 *
 * Relative candidates count from the child's working directory, because the child goes there before it execs.
 */
export function candidates(file: string, search: Search): string[] {
  if (search.platform === "win32") return windowsCandidates(file, search);
  if (isPath(file, search.platform)) return [file];
  // A set: twice in PATH is common, and a second try cannot end otherwise.
  const found = new Set<string>();
  for (const entry of (search.path ?? DEFAULT_PATH).split(":")) {
    // "./", so that a name such as "-c" stays a path for whoever gets it next (/bin/sh, an interpreter).
    const directory = entry === "" ? "." : entry;
    found.add(directory.endsWith("/") ? directory + file : `${directory}/${file}`);
  }
  return [...found];
}

/** As CreateProcess and cmd.exe look for a command, but never in the working directory unless PATH names it. */
function windowsCandidates(file: string, { path = "", extensions = DEFAULT_EXTENSIONS }: Search): string[] {
  const added = extensions.split(";").filter((extension) => extension !== "");
  const names = added.map((extension) => file + extension);
  // A name that has an extension is first tried as it is.
  if (/\.[^\\/:.]+$/.test(file)) names.unshift(file);
  if (isPath(file, "win32")) return names;
  const found = new Set<string>();
  // An entry may stand in double quotes, and then hold semicolons.
  for (const entry of path.match(/(?:"[^"]*"?|[^;"])+/g) ?? []) {
    const directory = entry.replaceAll('"', "");
    if (directory === "") continue;
    for (const name of names) found.add(/[\\/]$/.test(directory) ? directory + name : `${directory}\\${name}`);
  }
  return [...found];
}

/** Whether a command is a path, and not a name that PATH is searched for. */
export function isPath(file: string, platform: string): boolean {
  return platform === "win32" ? /[\\/]|^[a-z]:/i.test(file) : file.includes("/");
}

/** The path by which this program finds what a child with the working directory `cwd` finds at `path`. */
export function fromCwd(path: string, cwd: string | undefined, platform: string): string {
  if (cwd === undefined) return path;
  if (platform === "win32") return /^(?:[a-z]:|[\\/])/i.test(path) ? path : `${cwd}\\${path}`;
  return path.startsWith("/") ? path : `${cwd}/${path}`;
}
