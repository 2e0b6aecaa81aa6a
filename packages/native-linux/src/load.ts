/** Where the native files are, and why they cannot be used when they cannot. */
import { familySync } from "detect-libc";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { refusal, type Shortage } from "./shortage.js";

const BUILT_FOR: readonly string[] = ["linux-x64-gnu", "linux-x64-musl", "linux-arm64-gnu", "linux-arm64-musl"];

/**
 * The machine that this process runs on, as the folders of native files name it, or one sentence that says why there
 * are none for it. The target comes from the process and never from which files exist, because installers may bring
 * the files of both libcs. By default `musl` is found out by reading files.
 */
export function prebuiltTarget(
  platform: string,
  arch: string,
  musl: boolean = familySync() === "musl",
): { target: string } | string {
  if (platform !== "linux") return `the native engine runs on Linux, this is ${platform}`;
  const target = `linux-${arch}-${musl ? "musl" : "gnu"}`;
  if (!BUILT_FOR.includes(target)) return `there is no native engine for ${target} (only for ${BUILT_FOR.join(", ")})`;
  return { target };
}

/** `engine.node` opens by N-API, `engine.so` by FFI. */
export type NativeFile = "engine.node" | "engine.so";

/** Path of the native file for this machine, or one sentence that says why there is none. */
export function nativePath(
  file: NativeFile,
  platform: string,
  arch: string,
  musl?: boolean,
): { path: string } | string {
  const found = prebuiltTarget(platform, arch, musl);
  if (typeof found === "string") return found;
  return { path: fileURLToPath(new URL(`../prebuilds/${found.target}/${file}`, import.meta.url)) };
}

/**
 * What it means that a native file could not be loaded, which `reason` says in words. Whether there is an fd left is
 * found out by a trial: loaders tell no errno.
 */
export function loadFailure(path: string, reason: string): Shortage | string {
  const sentence = `${path} could not be loaded: ${reason}`;
  try {
    closeSync(openSync(path, "r"));
    return sentence;
  } catch (error) {
    return refusal(-((error as NodeJS.ErrnoException).errno ?? 0), sentence);
  }
}
