/**
 * Node's permission model. It does not bind native code, so Node is asked here before anything is started
 * (docs/permissions.md).
 */
import childProcess from "node:child_process";
import fs from "node:fs";
import { bare, type FileSlot, type OpenFile, type SpawnRequest } from "@ringspawn/core/seam";
import { permission } from "./permission-model.js";

// As they were at load: the program may replace them later.
const { spawn, spawnSync } = childProcess;
const { closeSync, openSync } = fs;
const has = permission?.has.bind(permission);
/** No program has this path, so that nothing is started where Node does not refuse. */
const NO_PROGRAM = "/dev/null/ringspawn";

/** Whether the file system may be looked at there. */
export function mayRead(path: string): boolean {
  return has === undefined || has("fs.read", path);
}

/** @throws Node's own error where the permission model does not allow child processes. */
export function authorize(request: SpawnRequest): SpawnRequest {
  if (has === undefined) return request;
  if (!has("child")) refuse(request.file);
  return Object.freeze({ ...request, env: handedOn(request) });
}

/** @throws Node's own error where the permission model does not allow child processes, which may open a terminal. */
export function authorizeTerminal(): void {
  if (has !== undefined && !has("child")) refuse("/dev/ptmx");
}

/** Has Node itself refuse, so that the error is its own. */
function refuse(file: string): void {
  try {
    spawn(NO_PROGRAM).on("error", () => {});
  } catch (error) {
    const refusal = error as NodeJS.ErrnoException & { resource?: string };
    // Node has tried to start it: with --permission-audit, it only tells what it would refuse.
    if (refusal.code === "ENOTDIR") return;
    if (refusal.resource === NO_PROGRAM) refusal.resource = file;
    throw refusal;
  }
  throw new Error("Node's permission model does not allow child processes");
}

/** Opens a file of the child as Node does, which asks the permission model. */
export function openFile({ path, open, mode }: FileSlot): OpenFile {
  const fd = openSync(path, open, mode);
  return { fd, close: () => closeSync(fd) };
}

/**
 * The environment in which Node's own spawn would start this. Node hands its permissions on in NODE_OPTIONS, and which
 * of them differs between its versions. So Node writes them itself: into the options of a spawn that it then refuses,
 * because their timeout is none.
 */
function handedOn({ env, argv }: SpawnRequest): Record<string, string> {
  // Without a prototype, since Node also hands on what a program has put on Object.prototype.
  const own = Object.assign(Object.create(null) as Record<string, string>, env ?? process.env);
  try {
    spawnSync(NO_PROGRAM, argv.slice(1), bare({ argv0: argv[0], env: own, timeout: -1 }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_OUT_OF_RANGE") return own;
    throw error;
  }
  throw new Error("this version of Node does not tell which permissions it hands on");
}
