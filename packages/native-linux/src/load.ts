/** Where the native files are, and why they cannot be used when they cannot. */
import { Buffer } from "node:buffer";
import fs from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ERRNO } from "./abi.gen.js";
import { refusal, type Shortage } from "./shortage.js";

// As they were at load: the program may replace them later.
const { closeSync, openSync, readSync } = fs;
const { report } = process as unknown as { readonly report?: Report };

/** Also what the types do not know. */
interface Report {
  excludeNetwork?: boolean;
  getReport(): { readonly header?: { readonly glibcVersionRuntime?: string } };
}

const BUILT_FOR: readonly string[] = ["linux-x64-gnu", "linux-x64-musl", "linux-arm64-gnu", "linux-arm64-musl"];

/**
 * The machine that this process runs on, as the folders of native files name it, or one sentence that says why there
 * are none for it. The target comes from the process and never from which files exist, because installers may bring
 * the files of both libcs.
 */
export function prebuiltTarget(
  platform: string,
  arch: string,
  musl: boolean = platform === "linux" && isMusl(),
): { target: string } | string {
  if (platform !== "linux") return `the native engine runs on Linux, this is ${platform}`;
  const target = `linux-${arch}-${musl ? "musl" : "gnu"}`;
  if (!BUILT_FOR.includes(target)) return `there is no native engine for ${target} (only for ${BUILT_FOR.join(", ")})`;
  return { target };
}

/** Bytes of an ELF file in which the path of its dynamic loader stands, where linkers put it. */
const ELF_HEAD = 4096;

/**
 * Whether this process runs on musl, by the loader that its own program asks for. Only calls that need no thread: where
 * a program may have no more of them, Node's first asynchronous one ends it.
 */
function isMusl(): boolean {
  const head = ownHead();
  if (head.includes("/ld-musl-")) return true;
  if (head.includes("/ld-linux")) return false;
  // Started by the loader itself, or its file may not be read.
  return report !== undefined && glibcReported() === undefined;
}

/** The version of the glibc that this process runs on, where the runtime tells one. */
export function glibcReported(): string | undefined {
  if (report === undefined) return undefined;
  const { excludeNetwork = false } = report;
  // Else it looks up the names of all peers.
  report.excludeNetwork = true;
  const { header } = report.getReport();
  report.excludeNetwork = excludeNetwork;
  return header?.glibcVersionRuntime;
}

function ownHead(): string {
  try {
    const fd = openSync("/proc/self/exe", "r");
    try {
      const head = Buffer.alloc(ELF_HEAD);
      return head.toString("latin1", 0, readSync(fd, head, 0, ELF_HEAD, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return "";
  }
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
  // Empty where a bundler has made CommonJS of this module, whatever its type says.
  const here = import.meta.url as string | undefined;
  if (!here) return "a bundler has taken the code away from the native files; @ringspawn/native-linux must be external";
  return { path: fileURLToPath(new URL(`../prebuilds/${found.target}/${file}`, here)) };
}

/** What the C libraries say of EMFILE. */
const NO_FD_LEFT = /Too many open files|No file descriptors available/;

/**
 * What it means that a native file could not be loaded, which `reason` says in words. Loaders tell no errno, so whether
 * there is an fd left is found out by a trial; where the file may not be read, by the words.
 */
export function loadFailure(path: string, reason: string, mayRead = true): Shortage | string {
  const sentence = `${path} could not be loaded: ${reason}`;
  if (!mayRead) return NO_FD_LEFT.test(reason) ? refusal(ERRNO.EMFILE, sentence) : sentence;
  try {
    closeSync(openSync(path, "r"));
    return sentence;
  } catch (error) {
    return refusal(-((error as NodeJS.ErrnoException).errno ?? 0), sentence);
  }
}
