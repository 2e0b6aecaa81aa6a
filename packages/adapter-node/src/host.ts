import fs from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { types } from "node:util";
import { isMainThread } from "node:worker_threads";
import { bare, type Host, ownVariable, type SpawnRequest, type V8, v8Structured } from "@ringspawn/core/seam";
import { isMisread } from "@ringspawn/native-linux";
import { authorize, authorizeTerminal, mayRead, openFile } from "./permission.js";
import { hasPermissionModel } from "./permission-model.js";

// As they were at load: the program may replace them later.
const { closeSync, fstatSync, statSync } = fs;

export const host: Host = bare<Host>({
  runtime: "node",
  version: process.versions.node,
  platform: process.platform,
  getenv: (name) => ownVariable(process.env, name),
  isMisread,
  environ: () => ({ ...process.env }) as Record<string, string>,
  pathFromURL: (url) => fileURLToPath(url),
  authorize,
  authorizeTerminal,
  modeOf,
  // Elsewhere there is no native engine, and the runtime's engine opens files by node:fs itself.
  ...(hasPermissionModel && process.platform === "linux" && { openFile }),
  ...(!isMainThread && { closerOf }),
  bytes: (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength),
  // To load it takes longer than a spawn, and few programs need it.
  // From anywhere, because a bundle of CommonJS has no import.meta.url.
  structured: v8Structured(() => createRequire(process.execPath)("node:v8") as V8),
});

/**
 * A worker closes at its end, by number, what node:fs has opened there and not closed; by then the number may be
 * another file's. What came from elsewhere is closed in the same way, without Node's warning that node:fs has not
 * opened it.
 */
function closerOf(fd: number): (() => void) | undefined {
  try {
    fstatSync(fd);
  } catch {
    // The engine tells that it is not open.
    return undefined;
  }
  return () => {
    const emitWarning: unknown = Reflect.get(process, "emitWarning");
    Reflect.set(process, "emitWarning", () => {});
    try {
      closeSync(fd);
    } finally {
      Reflect.set(process, "emitWarning", emitWarning);
    }
  };
}

/** The object that shows C's `environ`. A worker's is its own copy, and a program may have put in another. */
const shown: unknown = isMainThread && showsC(process.env) ? process.env : undefined;

/** The environment as C is to get it; undefined: C's own `environ`, which costs no copy. */
export function environOfC(env: SpawnRequest["env"]): SpawnRequest["env"] {
  return env ?? (process.env === shown ? undefined : host.environ());
}

/** Node's own object has no symbols, and throws for one. An object of the program takes it, or refuses it silently. */
function showsC(env: object): boolean {
  // The traps of a program's proxy are not to be called.
  if (types.isProxy(env)) return false;
  const key = Symbol("ringspawn");
  try {
    Reflect.set(env, key, "");
    Reflect.deleteProperty(env, key);
    return false;
  } catch {
    return true;
  }
}

/** Undefined where it cannot or may not be looked at. */
function modeOf(path: string): number | undefined {
  try {
    return mayRead(path) ? statSync(path).mode : undefined;
  } catch {
    return undefined;
  }
}
