/**
 * Deno's permissions. They do not bind native code, so they are asked here before anything is started, and a native
 * engine gets exactly what is permitted (docs/permissions.md). They are asked and never requested: a question of this
 * package never makes Deno prompt.
 */
import fs from "node:fs";
import { resolve } from "node:path";
import {
  bare,
  type FileSlot,
  type OpenFile,
  type Refusal,
  type SetupKey,
  type SpawnRequest,
} from "@ringspawn/core/seam";
import type { Bar } from "@ringspawn/native-linux";

// All of these as they were at load: the program may replace them later.
const { closeSync, fstatSync, openSync, statSync } = fs;
const { NotCapable } = Deno.errors;
const currentDirectory = Deno.cwd;
const query = Deno.permissions.querySync.bind(Deno.permissions);
const variable = Deno.env.get.bind(Deno.env);
const variables = Deno.env.toObject.bind(Deno.env);

/** What Deno.Command has an option for. The rest of `setup` takes the permission to run everything. */
const OF_COMMAND: ReadonlySet<SetupKey> = new Set<SetupKey>(["session", "uid", "gid"]);
/** Where all of these are granted, Deno permits what else takes --allow-all: special files, and with them any fd. */
const ALL = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;
/** Whether fds have the system's numbers in node:fs. Before Deno 2.8 they had numbers of Deno's own. */
const HAS_REAL_FDS = ((): boolean => {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  return major > 2 || (major === 2 && minor >= 8);
})();
/** Names that a dynamic loader may take for its own, as Deno tells them. */
const OF_LOADER = /^\p{White_Space}*(?:LD|DYLD)_/iu;

/**
 * Whether a broker gives the permissions: a program outside, which Deno asks at every call, while querySync goes on to
 * answer by the flags. Only Deno can ask it, so there everything is left to Deno itself.
 */
let hasBroker = false;

/** The native engine learns of a broker by the environment of the start, which the program may not have to read. */
export const BROKER: Bar = bare({
  variable: "DENO_PERMISSION_BROKER_PATH",
  why() {
    hasBroker = true;
    return "permissions are given by a broker here (DENO_PERMISSION_BROKER_PATH), which only Deno itself can ask";
  },
});

/** Requests that only Deno can decide about, and why. */
const leftToDeno = new WeakMap<SpawnRequest, Refusal>();

/** Whether it is granted without exceptions. Anything else, "prompt" as well, is no. */
function granted(descriptor: Deno.PermissionDescriptor): boolean {
  const { state, partial } = query(bare(descriptor));
  return state === "granted" && !partial;
}

/** What Deno does by a permission that {@link granted} tells of. Undefined: it refuses, so it has asked a broker. */
export function unlessRefused<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof NotCapable)) throw error;
    hasBroker = true;
    return undefined;
  }
}

export function mayLoad(path: string): boolean {
  return granted({ name: "ffi", path });
}

export function mayRead(path: string): boolean {
  return granted({ name: "read", path });
}

/** Whether a program may be looked for there. Where not every program may be run, Deno is to find what may be run. */
export function mayLook(path: string): boolean {
  return !hasBroker && granted({ name: "run" }) && mayRead(path);
}

/**
 * Whether a file may be executed, by its mode: access() would have to know the user, for which Deno may prompt.
 *
 * @throws what access() throws.
 */
export function accessSync(path: string): void {
  const status = unlessRefused(() => statSync(path));
  const isExecutable = status !== undefined && (Deno.build.os === "windows" || (status.mode & 0o111) !== 0);
  if (!isExecutable) throw Object.assign(new Error(`${path} may not be executed`), { code: "EACCES" });
}

/** A variable of the environment, where it may be read. */
export function getenv(name: string): string | undefined {
  return granted({ name: "env", variable: name }) ? unlessRefused(() => variable(name)) : undefined;
}

/** The environment, where all of it may be read. */
export function environ(): Record<string, string> | undefined {
  return granted({ name: "env" }) ? unlessRefused(variables) : undefined;
}

/**
 * The request as this program may have it carried out. Where every program may be run it is the same one. Else it names
 * the one path that Deno would execute, and the environment that was looked at. Where only Deno itself can decide it is
 * the same one too, and {@link hidden} then leaves it to Deno.Command.
 *
 * @throws {Deno.errors.NotCapable} where Deno would, in its words.
 */
export function authorize(request: SpawnRequest): SpawnRequest {
  const { setup, slots } = request;
  for (const slot of slots) {
    if (slot.kind === "fd") demandFd(slot.fd);
    if (slot.kind === "file") demandFile(slot);
  }
  if (typeof setup.cgroup === "number") demandFd(setup.cgroup);
  // With a broker, or on Windows, there is no native engine, and Deno.Command asks for itself.
  if (hasBroker || granted({ name: "run" }) || Deno.build.os === "windows") return request;
  const permitted = narrowed(request);
  if (!isRefusal(permitted)) return permitted;
  leftToDeno.set(request, permitted);
  return request;
}

function isRefusal(permitted: SpawnRequest | Refusal): permitted is Refusal {
  return Object.hasOwn(permitted, "option");
}

/** Why a request that is permitted cannot be a native engine's: Deno.Command, which knows more, is to do it. */
export function hidden(request: SpawnRequest): Refusal | undefined {
  if (hasBroker) return { option: "engine", reason: BROKER.why() };
  return leftToDeno.get(request) ?? unreadable(request);
}

/**
 * Opens a file of the child as Deno does: Deno resolves the path, decides about what the path has led to, and opens
 * that and nothing else. Undefined where every file may be opened.
 */
export function openFile({ path, open, mode }: FileSlot): OpenFile | undefined {
  if (isAllGranted()) return undefined;
  const fd = openSync(path, open, mode);
  return { fd, close: () => closeSync(fd) };
}

/** @throws {Deno.errors.NotCapable} where not every program may be run: one that may have `script` open a terminal. */
export function authorizeTerminal(): void {
  if (hasBroker || granted({ name: "run" })) return;
  throw new NotCapable("Requires --allow-run permissions to open a terminal");
}

/** What closes an fd that node:fs has opened, and counts as its own until it closes it itself. */
export function closerOf(fd: number): (() => void) | undefined {
  return HAS_REAL_FDS && isOpenedHere(fd) ? () => closeSync(fd) : undefined;
}

/** What a native engine would have to read, and may not. */
function unreadable({ file, env, envIsAdded }: SpawnRequest): Refusal | undefined {
  if (envIsAdded) return { option: "env", reason: "the environment that it is added to may not be read" };
  if (!file.includes("/") && env?.PATH === undefined && !granted({ name: "env", variable: "PATH" })) {
    return { option: "command", reason: "PATH, where to look for it, may not be read" };
  }
  return undefined;
}

/** The request with the one path that Deno would execute, where not every program may be run. */
function narrowed(request: SpawnRequest): SpawnRequest | Refusal {
  const env = request.env ?? environ();
  refuseLoaderVariables(env ?? {});
  refuseBeyondCommand(request);
  const isPath = request.file.includes("/");
  const permitted = pathsOf(request).filter((command) => granted({ name: "run", command }));
  if (permitted.length === 0 && (isPath || !isAllButSome())) {
    throw new NotCapable(`Requires run access to "${request.file}", run again with the --allow-run flag`);
  }
  const refusal = unreadable(request);
  if (refusal !== undefined) return refusal;
  if (env === undefined) {
    return { option: "env", reason: "whether it holds a variable of the dynamic loader may not be looked at" };
  }
  const [path, ...others] = permitted;
  if (path === undefined || others.length > 0 || !(isPath || isFoundFirst(request))) {
    return { option: "command", reason: "which program of this name comes first, and may be run, is Deno's to find" };
  }
  // Deno tells a program its path as argv[0].
  const argv = [path, ...request.argv.slice(1)];
  return Object.freeze({ ...request, file: path, argv, candidates: [path], env });
}

/**
 * The absolute paths that Deno may execute. As Deno does, this takes dots, repeated slashes and a last slash out of the
 * text, and leaves symbolic links.
 */
function pathsOf({ file, candidates, cwd }: SpawnRequest): string[] {
  if (file.startsWith("/")) return [resolve(file)];
  if (file.includes("/")) return [resolve(currentDirectory(), cwd ?? "", file)];
  // By a relative entry of PATH, Deno finds no program that is permitted.
  return [...new Set(candidates.filter((path) => path.startsWith("/")).map((path) => resolve(path)))];
}

/**
 * Whether the only candidate that may be run is the program that Deno finds for the name. Deno finds the first in PATH;
 * asked for the name, it answers whether the first in this program's PATH may be run.
 */
function isFoundFirst({ file, env, candidates }: SpawnRequest): boolean {
  if (candidates.length === 1 && !isAllButSome()) return true;
  const isOwnPath = env?.PATH === undefined || env.PATH === getenv("PATH");
  return isOwnPath && granted({ name: "run", command: file });
}

/** Whether all programs may be run but those of --deny-run. */
function isAllButSome(): boolean {
  return query(bare({ name: "run" } as const)).state === "granted";
}

function refuseLoaderVariables(env: Readonly<Record<string, string>>): void {
  const names = Object.keys(env)
    .filter((name) => OF_LOADER.test(name) && env[name] !== "")
    .sort();
  if (names.length === 0) return;
  const [noun, those] = names.length === 1 ? ["variable", "the"] : ["variables", "these"];
  throw new NotCapable(
    `Requires --allow-run permissions to spawn subprocess with ${names.join(", ")} environment ${noun}. ` +
      `Alternatively, spawn with ${those} environment ${noun} unset.`,
  );
}

/** @throws {Deno.errors.NotCapable} for what Deno.Command has no option for. */
function refuseBeyondCommand({ argv, file, given, slots }: SpawnRequest): void {
  const key = given.find((key) => !OF_COMMAND.has(key));
  let option: string | undefined;
  if (argv[0] !== file) option = "argv0";
  else if (key !== undefined) option = `setup.${key}`;
  else if (slots[0]?.kind === "terminal" || slots[0]?.kind === "open terminal") option = "a terminal";
  else if (slots.length > 3) option = "fds beyond 2";
  if (option === undefined) return;
  throw new NotCapable(`Requires --allow-run permissions to spawn subprocess with ${option}`);
}

function demandFile({ path, open }: FileSlot): void {
  if (hasBroker) return; // Deno asks it when the file is opened
  for (const name of ["read", "write"] as const) {
    const isUsed = name === "read" ? open !== "w" && open !== "a" : open !== "r";
    if (isUsed && !granted({ name, path })) throw lacking(name, path);
  }
  if (!HAS_REAL_FDS) demandAll(path);
}

/** The standard fds are every child's to have. Another is taken if Deno opened it for this program. */
function demandFd(fd: number): void {
  const isOwn = fd <= 2 || (HAS_REAL_FDS && isOpenedHere(fd));
  if (!isOwn) demandAll(`/proc/self/fd/${fd}`);
}

function demandAll(path: string): void {
  if (!isAllGranted()) throw lacking("all", path);
}

function lacking(name: string, path: string): Error {
  // Deno shows an absolute path without the dots and the last slash that it has taken out.
  const shown = /^\/(?:.*\/)?(?:\.{1,2}(?:\/.*)?)?$/s.test(path) ? resolve(path) : path;
  return new NotCapable(`Requires ${name} access to "${shown}", run again with the --allow-${name} flag`);
}

function isAllGranted(): boolean {
  return !hasBroker && ALL.every((name) => granted({ name }));
}

/** In Deno, node:fs knows the fds that it has opened itself for this thread, and no others. */
function isOpenedHere(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
