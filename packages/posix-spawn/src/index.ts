/** Where the library is that gives a program ringspawn's posix_spawn by LD_PRELOAD, and why there is none. */
import { prebuiltTarget } from "@ringspawn/native-linux";
import { fileURLToPath } from "node:url";

/** Path of the library for this machine, or one sentence that says why there is none. */
export function preloadLibrary(platform: string, arch: string): { path: string } | string {
  const found = prebuiltTarget(platform, arch);
  if (typeof found === "string") return found;
  const { target } = found;
  if (!target.endsWith("-gnu")) return "it is for glibc, this is musl";
  return { path: fileURLToPath(new URL(`../prebuilds/${target}/libringspawn-posix.so`, import.meta.url)) };
}
