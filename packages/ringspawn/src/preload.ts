/** `ringspawn exec --preload`: the variable that gives a program our posix_spawn. */
import { existsSync } from "node:fs";
import { nativePath } from "@ringspawn/native-linux";

/** `LD_PRELOAD=…`, behind what is preloaded already. Throws where there is no library. */
export function preloadVariable(before: string | undefined = process.env.LD_PRELOAD): string {
  const found = nativePath("libringspawn-posix.so", process.platform, process.arch);
  if (typeof found === "string") throw new Error(`--preload cannot work here: ${found}`);
  if (found.path.includes("-musl/")) throw new Error("--preload cannot work here: it is for glibc, this is musl");
  if (!existsSync(found.path)) throw new Error(`--preload: ${found.path} is not there; it has not been built`);
  // The dynamic linker takes both as separators, and has no way to quote them.
  if (/[ :]/.test(found.path)) throw new Error(`--preload takes no path with a space or colon: ${found.path}`);
  return `LD_PRELOAD=${before ? `${before}:` : ""}${found.path}`;
}
