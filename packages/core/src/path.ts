/** Which paths exec is to try for a command, in which order; and which of them is the program. */
import type { Host } from "./host.js";
import type { SpawnRequest } from "./request.js";

/** What a search for a command depends on. */
export interface Search {
  readonly platform: string;
  /** The variable PATH. */
  readonly path: string | undefined;
  /** The variable PATHEXT, which only Windows has. */
  readonly extensions: string | undefined;
  /**
   * An empty entry of PATH adds nothing to the name, as in execvp of the C library: a script that is found so sees its
   * bare name. Default: it adds "./".
   */
  readonly leavesBare?: boolean;
}

/** Where commands are looked for when there is no PATH at all. The same on every runtime and libc, so not theirs. */
export const DEFAULT_PATH = "/usr/bin:/bin";
const DEFAULT_EXTENSIONS = ".COM;.EXE;.BAT;.CMD";

/** The search for a child with this environment. Where the child has no PATH the parent's decides, as in both peers. */
export function searchOf(host: Host, env: Readonly<Record<string, string>> | undefined): Search {
  const { platform } = host;
  const variable = (name: string): string | undefined => valueIn(env, name, platform) ?? host.getenv(name);
  return { platform, path: variable("PATH"), extensions: platform === "win32" ? variable("PATHEXT") : undefined };
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
 * The paths to try for `file`, as {@link candidates} has them. A command that is a path reads no variable. The search
 * ends before an entry of PATH that is not UTF-8; where that is the first, an empty path is found nowhere.
 */
export function candidatesOf(
  host: Host,
  file: string,
  env: Readonly<Record<string, string>> | undefined,
): readonly string[] {
  // An empty command is found nowhere, and an entry of PATH by itself is no program.
  const needsNoSearch = file === "" || (host.platform !== "win32" && isPath(file, host.platform));
  if (needsNoSearch) return [file];
  const search = searchOf(host, env);
  const { path } = search;
  if (path === undefined || !isMisread(host, path)) return candidates(file, search);
  // No string names the directory that cannot be read, and a program behind it must not run in the place of one there.
  const entries = path.split(":");
  const readable = entries.slice(0, entries.findIndex(hasReplaced));
  return readable.length === 0 ? [""] : candidates(file, { ...search, path: readable.join(":") });
}

/** Whether this PATH has an entry whose bytes are not UTF-8. */
export function isMisread(host: Host, path: string): boolean {
  return hasReplaced(path) && host.isMisread?.("PATH", path) === true;
}

/** U+FFFD stands for what cannot be decoded. */
function hasReplaced(text: string): boolean {
  return text.includes("\uFFFD");
}

/**
 * The paths to try for `file`. A file that is a path is its only candidate. Else there is one in every entry of PATH;
 * an empty entry means the working directory, as POSIX has it. On Windows a path as well may lack its extension.
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
    if (entry === "" && search.leavesBare === true) found.add(file);
    else found.add(directory.endsWith("/") ? directory + file : `${directory}/${file}`);
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

/** The functions of the runtime's file system, as far as a program is looked for and opened. */
export interface Files {
  openSync(path: string, flags: string, mode?: number): number;
  closeSync(fd: number): void;
  readSync(fd: number, into: Uint8Array): number;
  accessSync(path: string, mode: number): void;
  statSync(path: string): { isFile(): boolean; isDirectory(): boolean };
  fstatSync(fd: number): unknown;
}

export function isOpen(files: Files, fd: number): boolean {
  try {
    files.fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/**
 * What exec finds at a path. `text`: it may be executed, but has neither `#!` nor the look of a program. `other`: it is
 * no file, or may not be executed.
 */
type Kind = "program" | "text" | "other" | "nothing";

/** Of access(2): whether it may be executed, or a directory be entered. */
export const X_OK = 1;
const MISSING: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR"]);

/** How to look: at texts as well where the runtime would have a shell run what the request says is not to be run. */
export interface Look {
  readonly files: Files;
  readonly platform: string;
  readonly texts: boolean;
  readonly mayLook: (path: string) => boolean;
}

/** The path to start, or the code of the error that exec would end its search with. */
export type Found = { readonly file: string; readonly code?: never } | { readonly file?: never; readonly code: string };

export function findProgram(request: SpawnRequest, look: Look): Found {
  const { file, candidates, cwd, shellFallback } = request;
  if (file === "") return { code: "ENOENT" };
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
    // A refusal may be what tells that it may not be looked at.
    if (kind === "other" && !look.mayLook(path)) return { file };
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
