import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Host } from "@ringspawn/core/seam";

/** Set only while the permission model is on. */
const { permission } = process as { permission?: { has(scope: string): boolean } };

export function hasPermissionModel(): boolean {
  return permission !== undefined;
}

export const host: Host = {
  runtime: "node",
  version: process.versions.node,
  platform: process.platform,
  getenv: (name) => process.env[name],
  environ: () => ({ ...process.env }) as Record<string, string>,
  pathFromURL: (url) => fileURLToPath(url),
  authorize() {
    if (permission?.has("child") ?? true) return;
    // Native code is not bound by Node's permission model, so it is asked here; and Node itself is made to
    // refuse, so that the error is its own. Should it not refuse, no program has this path.
    spawn("/dev/null/ringspawn").on("error", () => {});
    throw new Error("Node's permission model does not allow child processes");
  },
  bytes: (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength),
};
