/**
 * Where the workspace's own runtimes are: absolute paths of real binaries, never of a shim or of what
 * PATH happens to name. They come from the binaries' own npm packages (scripts/package.json), which
 * need no install script and are skipped by pnpm where os or cpu do not fit.
 *
 * An export is a path that exists; use {@link find} to ask without throwing.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const modules = fileURLToPath(new URL("node_modules/", import.meta.url));
const bunCpu = process.arch === "arm64" ? "aarch64" : process.arch;

/** Path of each binary under scripts/node_modules. */
const places = {
  nodeLts: `node-lts-${process.arch}/bin/node`,
  nodeNewest: `node-newest-${process.arch}/bin/node`,
  nodeOlder: `node-older-${process.arch}/bin/node`,
  bun: `@oven/bun-linux-${bunCpu}/bin/bun`,
  deno: `@deno/linux-${process.arch}-glibc/deno`,
};

/** Names of the runtimes: `nodeLts`, `nodeNewest`, `nodeOlder`, `bun`, `deno`. */
export const names = /** @type {(keyof typeof places)[]} */ (Object.keys(places));

/**
 * Path of a runtime, or undefined where it is not installed.
 * @param {keyof typeof places} name
 * @returns {string | undefined}
 */
export function find(name) {
  const path = modules + places[name];
  return process.platform === "linux" && existsSync(path) ? path : undefined;
}

/**
 * Path of a runtime.
 * @param {keyof typeof places} name
 * @returns {string}
 * @throws {Error} when it is not installed, saying where it was looked for
 */
export function path(name) {
  const found = find(name);
  if (found !== undefined) return found;
  throw new Error(
    `The runtime "${name}" is not installed for ${process.platform}-${process.arch}: ` +
      `there is no ${modules}${places[name]}. Run "npm run setup".`,
  );
}
