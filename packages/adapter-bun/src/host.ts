import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import type V8 from "node:v8";
import { bare, type Host, isPromise, ownVariable, type SpawnRequest } from "@ringspawn/core/seam";
import { isMisread } from "@ringspawn/native-linux";
import { ownsTerminal } from "./terminal.js";

/** What Bun.spawn gives a child without `env`: the variables at this program's start and those of its .env files. */
const startEnviron: Readonly<Record<string, string>> = Object.freeze(environ());

export const host: Host = bare<Host>({
  runtime: "bun",
  version: Bun.version,
  platform: process.platform,
  getenv: (name) => ownVariable(process.env, name),
  isMisread,
  environ,
  startEnviron,
  fileOf,
  bytesOf,
  modeOf,
  ownsTerminal,
  pathFromURL: (url) => Bun.fileURLToPath(url),
  // Bun has no permissions to ask for.
  authorize: (request) => request,
  bytes: (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength),
  structured: {
    format: "jsc",
    // Bun's module of this name serializes by JSC, as its channels do; bun:jsc knows nothing of Buffers.
    serialize: (value) => v8().serialize(value),
    deserialize: (bytes): unknown => v8().deserialize(bytes),
  },
});

let loaded: typeof V8 | undefined;

/** Loaded when it is first used. */
function v8(): typeof V8 {
  return (loaded ??= createRequire(import.meta.url)("node:v8") as typeof V8);
}

// As they were at load, because a program may put others in their place.
const { inspect } = Bun;
// eslint-disable-next-line @typescript-eslint/unbound-method -- it is applied to a value of any kind
const { slice } = Blob.prototype;

/** How Bun prints a file of this type, whatever its path holds. What is made of a file by `new File` has more lines. */
const FILE = /^FileRef \((?:"([^]*)"|fd: (\d+))\) \{\n {2}type: "a\/a"[^"]*\}$/;

/**
 * What `Bun.file()` has made, or Bun of that. Its `name` is whatever anybody has set, also of any other Blob; what the
 * file truly is shows only in how Bun prints it. A slice is the same file, without what a program has put on the
 * object or on the prototype.
 */
function fileOf(value: object): string | number | undefined {
  if (!(value instanceof Blob)) return undefined;
  let same: Blob;
  try {
    same = Reflect.apply(slice, value, [0, undefined, "a/a"]);
    Object.setPrototypeOf(same, null);
  } catch {
    // It only has the prototype of a Blob.
    return undefined;
  }
  const [, path, fd] = FILE.exec(inspect(same)) ?? [];
  return fd === undefined ? path : Number(fd);
}

/**
 * Bun has in memory what a Blob or a body was made of, and resolves at once to that. A body can be read once, by
 * whoever serves the call in the end: so a copy of it is read.
 */
function bytesOf(data: Parameters<NonNullable<Host["bytesOf"]>>[0]): Uint8Array | undefined {
  // Two names, because a program may have put one of them on Object.prototype.
  const copy = "bodyUsed" in data && "clone" in data ? data.clone() : data;
  // Those of a library may have no such method.
  const bytes: unknown = Bun.peek((copy as { bytes?(): unknown }).bytes?.());
  if (bytes instanceof Uint8Array) return bytes;
  // It is refused, and so nobody is left to hear what becomes of it.
  if (isPromise(bytes)) bytes.catch(() => {});
  return undefined;
}

function environ(): Record<string, string> {
  return bare({ ...process.env }) as Record<string, string>;
}

/** Whether {@link startEnviron} is what C's `environ` holds; asked for once. */
let startsAsC: boolean | undefined;

/** The environment as C is to get it; undefined: C's own `environ`, which costs no copy. */
export function environOfC(env: SpawnRequest["env"]): SpawnRequest["env"] {
  if (env !== startEnviron) return env ?? environ();
  // What a program writes to process.env never reaches C in Bun: its `environ` stays what the kernel gave.
  startsAsC ??= isGivenByKernel(startEnviron);
  return startsAsC === true ? undefined : env;
}

/**
 * False with .env files, in a worker with an environment of its own, and after a change before this was loaded.
 * Undefined when it cannot be looked up now.
 */
function isGivenByKernel(env: Readonly<Record<string, string>>): boolean | undefined {
  try {
    const pairs = readFileSync("/proc/self/environ", "utf8").split("\0").slice(0, -1);
    const has = (pair: string): boolean => {
      const equals = pair.indexOf("=");
      return equals > 0 && env[pair.slice(0, equals)] === pair.slice(equals + 1);
    };
    return pairs.length === Object.keys(env).length && pairs.every(has);
  } catch {
    return undefined;
  }
}

/** Undefined where it cannot or may not be looked at. */
function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode;
  } catch {
    return undefined;
  }
}
