/** `ringspawn exec --preload`: the variable that gives a program ringspawn's posix_spawn. */
import { preloadLibrary } from "@ringspawn/posix-spawn";
import { existsSync } from "node:fs";

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
