/** Where the native files are, and why they cannot be used when they cannot. */
import { familySync } from "detect-libc";
import { fileURLToPath } from "node:url";

/** What is needed: `engine.node` opens by N-API, `engine.so` by FFI, `libringspawn-posix.so` is for LD_PRELOAD. */
export type NativeFile = "engine.node" | "engine.so" | "libringspawn-posix.so";

const BUILT_FOR: readonly string[] = ["linux-x64-gnu", "linux-x64-musl", "linux-arm64-gnu", "linux-arm64-musl"];

/**
 * Path of the native file for this machine, or one sentence that says why there is none.
 * Chosen by what this process runs on, never by which file exists: installers may bring both libcs. By default
 * `musl` is found out by reading files.
 */
export function nativePath(
  file: NativeFile,
  platform: string,
  arch: string,
  musl: boolean = familySync() === "musl",
): { path: string } | string {
  if (platform !== "linux") return `the native engine runs on Linux, this is ${platform}`;
  const target = `linux-${arch}-${musl ? "musl" : "gnu"}`;
  if (!BUILT_FOR.includes(target)) return `there is no native engine for ${target} (only for ${BUILT_FOR.join(", ")})`;
  return { path: fileURLToPath(new URL(`../prebuilds/${target}/${file}`, import.meta.url)) };
}
