import fs from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { bare, type Host, type V8, v8Structured } from "@ringspawn/core/seam";
import { authorize, authorizeTerminal, closerOf, environ, getenv, mayRead, openFile } from "./permission.js";

// As it was at load: the program may replace it later.
const { statSync } = fs;

export const host: Host = bare<Host>({
  runtime: "deno",
  version: Deno.version.deno,
  platform: process.platform,
  getenv,
  environ,
  pathFromURL(url) {
    if (url.protocol !== "file:") throw new TypeError("Must be a file URL");
    return fileURLToPath(url);
  },
  authorize,
  authorizeTerminal,
  modeOf,
  openFile,
  closerOf,
  bytes: (array) => array,
  structured: v8Structured(() => createRequire(import.meta.url)("node:v8") as V8),
  // Deno says of a working directory that is a file that none was found, but not where it blocks.
  errorClass: (code, step) => (step === "cwd" && code === "ENOTDIR" ? Deno.errors.NotFound : CLASSES[code]),
});

/** The classes in which Deno itself throws these; any other is a plain Error there, too. */
const CLASSES: Readonly<Record<string, (typeof Deno.errors)[keyof typeof Deno.errors]>> = {
  EACCES: Deno.errors.PermissionDenied,
  EBUSY: Deno.errors.Busy,
  EISDIR: Deno.errors.IsADirectory,
  ELOOP: Deno.errors.FilesystemLoop,
  ENOENT: Deno.errors.NotFound,
  ENOTDIR: Deno.errors.NotADirectory,
  ENOTSUP: Deno.errors.NotSupported,
  EPERM: Deno.errors.PermissionDenied,
  EPIPE: Deno.errors.BrokenPipe,
};

/** Undefined where it cannot or may not be looked at. */
function modeOf(path: string): number | undefined {
  try {
    return mayRead(path) ? statSync(path).mode : undefined;
  } catch {
    return undefined;
  }
}
