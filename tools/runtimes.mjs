/** The runtimes that the tools run in: those that the workspace pins, and an older Node of this directory's own. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { find } from "../scripts/runtimes.mjs";

/** @typedef {{ name: string, path: string }} Runtime */

/** @returns {Runtime[]} `node20` … `node26`, `bun`, `deno`; all of them, installed or not */
export function runtimes() {
  const places = {
    node20: fileURLToPath(new URL(`node_modules/node20-${process.arch}/bin/node`, import.meta.url)),
    node22: find("nodeOlder"),
    node24: find("nodeLts"),
    node26: find("nodeNewest"),
    bun: find("bun"),
    deno: find("deno"),
  };
  return Object.entries(places).map(([name, path = "(none)"]) => ({ name, path }));
}

/** @param {Runtime} runtime */
export function isInstalled({ path }) {
  return existsSync(path);
}
