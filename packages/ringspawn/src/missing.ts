/** What starting a command would not find, for `ringspawn explain`. It only looks. */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { SpawnRequest } from "./index.js";

/** More than the kernel reads of a first line. */
const FIRST_LINE = 256;

/** Undefined where all is there, and where this cannot tell: below another root, and where names get an ending. */
export function missing({ file, candidates, cwd, setup }: SpawnRequest): string | undefined {
  if (setup.root !== undefined || process.platform === "win32") return undefined;
  if (cwd !== undefined && !isThere(cwd, (path) => statSync(path).isDirectory())) {
    return `the directory ${JSON.stringify(cwd)}`;
  }
  const paths = candidates.map((path) => resolve(cwd ?? ".", path));
  const found = paths.find((path) => isThere(path, isExecutable));
  if (found === undefined) return `a file ${JSON.stringify(file)} that can be executed`;
  const interpreter = interpreterOf(found);
  if (interpreter === undefined || isThere(resolve(cwd ?? ".", interpreter), isExecutable)) return undefined;
  return `the interpreter ${JSON.stringify(interpreter)} of ${JSON.stringify(found)}`;
}

function isThere(path: string, test: (path: string) => boolean): boolean {
  try {
    return test(path);
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  accessSync(path, constants.X_OK);
  return statSync(path).isFile();
}

/** What stands behind `#!`. Undefined for every other file, and for one that cannot be read, which may be started. */
function interpreterOf(path: string): string | undefined {
  try {
    const fd = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(FIRST_LINE);
      const text = bytes.toString("utf8", 0, readSync(fd, bytes));
      return /^#![ \t]*([^ \t\n\0]+)/.exec(text)?.[1];
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
