// Compiles the C programs of conformance: those in programs/, and the witness, which is static where libc allows that,
// so that it runs in an empty root, too. What is called preload-* is a library. This file is plain JavaScript,
// which any Node runs before anything is built.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const flags = ["-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror"];

/** Compiles each program that is older than its source. Throws when the compiler fails. */
export function build() {
  const out = join(here, "build");
  mkdirSync(out, { recursive: true });
  const sources = [join(here, "witness", "witness.c")];
  for (const name of readdirSync(join(here, "programs"))) {
    if (name.endsWith(".c")) sources.push(join(here, "programs", name));
  }
  for (const source of sources) {
    const name = source.slice(source.lastIndexOf("/") + 1, -2);
    const isLibrary = name.startsWith("preload-");
    const target = join(out, isLibrary ? `${name}.so` : name);
    if (existsSync(target) && statSync(target).mtimeMs >= statSync(source).mtimeMs) continue;
    const compiler = process.env["CC"] ?? "cc";
    if (isLibrary) {
      execFileSync(compiler, [...flags, "-shared", "-fPIC", "-o", target, source], { stdio: "inherit" });
      continue;
    }
    try {
      execFileSync(compiler, [...flags, "-static", "-o", target, source], { stdio: "pipe" });
    } catch {
      // This machine has no static libc. Cases that need it (chroot) are skipped, and say so.
      execFileSync(compiler, [...flags, "-o", target, source], { stdio: "inherit" });
    }
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) build();
