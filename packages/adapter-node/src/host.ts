import { fileURLToPath } from "node:url";
import { bare, type Host, ownVariable } from "@ringspawn/core/seam";
import { authorize, hasPermissionModel, openFile } from "./permission.js";

export const host: Host = bare<Host>({
  runtime: "node",
  version: process.versions.node,
  platform: process.platform,
  getenv: (name) => ownVariable(process.env, name),
  environ: () => ({ ...process.env }) as Record<string, string>,
  pathFromURL: (url) => fileURLToPath(url),
  authorize,
  // Elsewhere there is no native engine, and the runtime's engine opens files by node:fs itself.
  ...(hasPermissionModel && process.platform === "linux" && { openFile }),
  bytes: (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength),
});
