/** `ringspawn exec`: the variables by which programs that know nothing of ringspawn start their children by it. */
import { preloadLibrary } from "@ringspawn/posix-spawn";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ENGINES: readonly string[] = ["libc", "vfork", "io_uring"];

/** `LD_PRELOAD=…`, behind what is preloaded already. Throws where there is no library. */
export function preloadVariable(before: string | undefined = process.env.LD_PRELOAD): string {
  const found = preloadLibrary(process.platform, process.arch);
  const engine = process.env.RINGSPAWN_POSIX_ENGINE;
  if (engine !== undefined && !ENGINES.includes(engine)) {
    // The library itself can only take the default: it speaks to nobody.
    throw new TypeError(`RINGSPAWN_POSIX_ENGINE must be one of ${ENGINES.join(", ")}, got ${JSON.stringify(engine)}`);
  }
  if (typeof found === "string") throw new Error(`--preload cannot work here: ${found}`);
  if (!existsSync(found.path)) throw new Error(`--preload: ${found.path} is not there; it has not been built`);
  // The dynamic linker takes both as separators, and has no way to quote them.
  if (/[ :]/.test(found.path)) throw new Error(`--preload takes no path with a space or colon: ${found.path}`);
  return `LD_PRELOAD=${before ? `${before}:` : ""}${found.path}`;
}

/**
 * `NODE_OPTIONS=…` and `BUN_OPTIONS=…`, behind what they have already. Deno has no such variable. For Node it is the
 * file that --require takes: an ES module would have Node load programs of CommonJS in another way.
 */
export function registerVariables(env: NodeJS.ProcessEnv = process.env): string[] {
  const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const added = (name: string, option: string): string => `${name}=${env[name] ? `${env[name]} ` : ""}${option}`;
  const variables = [added("NODE_OPTIONS", `--require=${quoted(pathOf("./register.cjs"))}`)];
  const module = pathOf("./register.js");
  // Bun cuts its options at spaces, and knows no quotes.
  if (!/\s/.test(module)) variables.push(added("BUN_OPTIONS", `--preload=${module}`));
  return variables;
}

/** As NODE_OPTIONS takes a path with spaces. */
function quoted(path: string): string {
  return /[\s"\\]/.test(path) ? `"${path.replace(/["\\]/g, "\\$&")}"` : path;
}
