/**
 * Compiles the native engine: every C file once, then two libraries of the same objects, `engine.so` (for FFI) and
 * `engine.node` (for N-API), in prebuilds/linux-<arch>-<libc>/. It is plain Node, and runs before anything else is
 * built. packages/posix-spawn/build.mjs and the tests use what this module exports.
 *
 *   node build.mjs [--debug] [--sanitize] [--clean] [--target <triple>]
 *
 * --debug     no optimisation, assertions and symbols kept; same place
 * --sanitize  ASan and UBSan; stays in build/, for the C tests (which build it themselves)
 * --target    a cross compiler's prefix, for example aarch64-linux-gnu. Default: $CC and $CXX, else gcc and g++
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const here = dirname(fileURLToPath(import.meta.url));
const c = join(here, "c");

const WARNINGS = ["-Wall", "-Wextra", "-Werror"];
const CFLAGS = [
  ...["-std=c11", ...WARNINGS, "-Wswitch-enum", "-Wmissing-prototypes", "-Wvla"],
  ...["-fPIC", "-fvisibility=hidden", "-pthread"],
];

// What the child runs is in vfork.c alone. It shares the parent's memory and thread pointer, so nothing may
// be added to it: no sanitizer, no stack protector, no call of memcpy or memset made out of a loop.
const CHILD_FLAGS = [
  "-O2",
  "-ffreestanding",
  "-fno-builtin",
  "-fno-stack-protector",
  "-fno-sanitize=all",
  "-U_FORTIFY_SOURCE",
];
const CHILD_GCC_FLAGS = ["-fno-tree-loop-distribute-patterns"];
// Whatever else its object refers to would be a function of libc or of an instrumentation.
const CHILD_MAY_USE = new Set(["rs_clone", "rs_clone3", "rs_fault", "_GLOBAL_OFFSET_TABLE_"]);

const SANITIZED = ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];

/** How each variant is compiled; `release` and `debug` are the ones that are shipped or tried by hand. */
const VARIANTS = {
  // Assertions are for the variants below. A release would only name a file and a line, in the middle of a program.
  release: ["-O2", "-DNDEBUG", "-D_FORTIFY_SOURCE=2", "-fstack-protector-strong"],
  debug: ["-O0", "-g"],
  sanitize: SANITIZED,
  // With the hooks of fault.h.
  faults: [...SANITIZED, "-DRS_FAULTS"],
  // ThreadSanitizer, for what threads share. It excludes the other sanitizers.
  thread: ["-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=thread"],
  // With what libFuzzer counts; clang only.
  fuzz: [...SANITIZED, "-fsanitize=fuzzer-no-link"],
};

/** The compilers and what they make code for. */
export function toolchain({ cc, cxx, target } = {}) {
  const compiler = cc ?? (target ? `${target}-gcc` : (process.env["CC"] ?? "gcc"));
  const compilerXX = cxx ?? (target ? `${target}-g++` : (process.env["CXX"] ?? "g++"));
  if (!runs(compiler)) throw new Error(`no C compiler: ${compiler} does not run (Debian: build-essential; or set CC)`);
  const machine = capture(compiler, ["-dumpmachine"]);
  const arch = machine.split("-")[0];
  const node = { x86_64: "x64", aarch64: "arm64" }[arch];
  if (node === undefined) throw new Error(`no engine for ${machine}: only x86_64 and aarch64 have their arch/`);
  const libc = libcOf(compiler, machine);
  const version = capture(compiler, ["--version"]);
  // A wrapper for C alone must not be mixed with the C++ of another libc.
  const cxxLibc = runs(compilerXX) ? libcOf(compilerXX, capture(compilerXX, ["-dumpmachine"])) : undefined;
  return {
    cc: compiler,
    cxx: cxxLibc === libc ? compilerXX : undefined,
    arch,
    name: `linux-${node}-${libc}`,
    version,
    clang: version.includes("clang"),
  };
}

// musl-gcc is a wrapper of gcc and names gcc's machine: its own name tells more.
function libcOf(compiler, machine) {
  return machine.includes("musl") || basename(compiler).startsWith("musl-") ? "musl" : "gnu";
}

/** Where a variant's objects go: `folder` is a package's. */
function objectFolder(folder, tools, variant) {
  const out = join(folder, "build", `${tools.name}-${variant}${tools.clang ? "-clang" : ""}`);
  mkdirSync(out, { recursive: true });
  return out;
}

/**
 * Compiles the C files (and the assembly of the machine) of one variant, each only if it, a header or its
 * flags changed. Returns the paths of the objects.
 */
export function compile(tools, variant) {
  const arch = join(c, "arch", tools.arch);
  const sources = [...readdirSync(c).map((name) => join(c, name)), join(arch, "clone.S")];
  return compileIn(here, c, tools, variant, sources, [join(c, "include"), arch, c]);
}

/** The C files in `folder`/c, of a package that may use what the header `private`/posix_hooks.h shows of the engine. */
export function compileWithHooks(folder, tools, variant) {
  const own = join(folder, "c");
  const sources = readdirSync(own).map((name) => join(own, name));
  const include = [join(c, "private"), join(c, "include"), join(c, "arch", tools.arch)];
  return compileIn(folder, own, tools, variant, sources, include);
}

/** @returns {string[]} */
function compileIn(folder, own, tools, variant, sources, include) {
  const out = objectFolder(folder, tools, variant);
  const headers = hashOf([...under(c, /\.h$/), ...under(own, /\.h$/)].map((file) => readFileSync(file)));
  return sources
    .filter((source) => /\.[cS]$/.test(source))
    .map((source) => {
      const child = basename(source) === "vfork.c";
      const flags = [
        ...(source.endsWith(".S") ? ["-fPIC"] : [...CFLAGS, ...VARIANTS[variant]]),
        ...(child ? CHILD_FLAGS : []),
        ...(child && !tools.clang ? CHILD_GCC_FLAGS : []),
        ...include.flatMap((path) => ["-I", path]),
      ];
      const object = join(out, `${basename(source)}.o`);
      if (makeObject(tools.cc, flags, source, object, headers + tools.version) && child) checkChild(tools, object);
      return object;
    });
}

/** `map`: path of the version script with every symbol the library shows. */
function linkFlags(map, variant) {
  return [
    "-shared",
    "-pthread",
    `-Wl,--version-script=${map}`,
    "-Wl,--gc-sections",
    // A runtime unloads an ended worker's addon; a thread of ours would then run in unmapped memory.
    "-Wl,-z,nodelete",
    "-Wl,-z,relro,-z,now",
    "-Wl,-O1",
    "-Wl,--build-id=none",
    ...(variant === "release" ? ["-s"] : []),
    ...VARIANTS[variant].filter((flag) => flag.startsWith("-fsanitize")),
  ];
}

/** Links objects of C into `target`, a shared library, and says so. */
export function linkLibrary(tools, variant, map, objects, target) {
  mkdirSync(dirname(target), { recursive: true });
  // A sanitizer's own functions come from the program.
  const complete = variant === "sanitize" ? [] : ["-Wl,-z,defs"];
  report(target, link(tools.cc, variant, map, complete, objects, target, tools.version));
}

function build(tools, variant) {
  const objects = compile(tools, variant);
  const out = variant === "sanitize" ? dirname(objects[0]) : join(here, "prebuilds", tools.name);
  linkLibrary(tools, variant, join(c, "engine.map"), objects, join(out, "engine.so"));

  const napi = join(c, "napi.cc");
  if (variant === "sanitize" || !existsSync(napi)) return;
  if (tools.cxx === undefined) throw new Error(`no C++ compiler for ${tools.name}: engine.node is not built (set CXX)`);
  const require = createRequire(import.meta.url);
  const flags = [
    "-std=c++17",
    ...WARNINGS,
    "-fPIC",
    "-fvisibility=hidden",
    "-pthread",
    ...VARIANTS[variant],
    // Versions of the interface that every supported Node has. A C++ exception must not cross into C.
    "-DNAPI_VERSION=8",
    "-DNODE_ADDON_API_DISABLE_CPP_EXCEPTIONS",
    // An environment that ends refuses to throw, which can happen in any call: that is no reason to abort the process.
    "-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
    "-fno-exceptions",
    "-fno-rtti",
    "-ffunction-sections",
    "-fdata-sections",
    "-I",
    join(c, "include"),
    // As system headers: warnings in them are not ours.
    ...["-isystem", dirname(require.resolve("node-addon-api/napi.h"))],
    ...["-isystem", require("node-api-headers").include_dir],
  ];
  const object = join(dirname(objects[0]), "napi.cc.o");
  const headers = hashOf([...under(c, /\.h$/)].map((file) => readFileSync(file)));
  makeObject(tools.cxx, flags, napi, object, headers + tools.version);
  const addon = join(out, "engine.node");
  // Without libstdc++ of its own the addon would need one as new as the machine's it was built on.
  const own = ["-static-libstdc++", "-static-libgcc"];
  const map = join(c, "napi.map");
  report(addon, link(tools.cxx, variant, map, own, [...objects, object], addon, tools.version));
}

/** Compiles unless `object` was made of the same things. Answers whether it compiled. */
function makeObject(compiler, flags, source, object, rest) {
  return unlessSame(object, hashOf([readFileSync(source), compiler, flags.join("\0"), rest]), (fresh) => {
    execFileSync(compiler, [...flags, "-c", source, "-o", fresh], { stdio: "inherit" });
  });
}

/** A test program of one source and the objects of an engine, unless it is there already. */
export function makeProgram(tools, flags, source, objects, target) {
  const headers = [...under(c, /\.h$/)];
  const inputs = [source, ...objects, ...headers].map((file) => readFileSync(file));
  mkdirSync(dirname(target), { recursive: true });
  return unlessSame(target, hashOf([...inputs, tools.cc, tools.version, flags.join("\0")]), (fresh) => {
    execFileSync(tools.cc, [...flags, "-o", fresh, source, ...objects], { stdio: "inherit" });
  });
}

function link(compiler, variant, map, more, objects, target, rest) {
  const flags = [...linkFlags(map, variant), ...more];
  const inputs = [...objects, map].map((file) => readFileSync(file));
  return unlessSame(target, hashOf([...inputs, compiler, flags.join("\0"), rest]), (fresh) => {
    execFileSync(compiler, [...objects, ...flags, "-o", fresh], { stdio: "inherit" });
  });
}

/** Whoever looks sees the old file or the new one, never half of it; the note of its hash lies in build/. */
function unlessSame(target, hash, make) {
  const note = join(here, "build", "made", `${hashOf([target]).slice(0, 16)}-${basename(target)}`);
  if (existsSync(target) && existsSync(note) && readFileSync(note, "utf8") === hash) return false;
  const fresh = `${target}.${process.pid}.tmp`;
  try {
    make(fresh);
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { force: true });
  }
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, hash);
  return true;
}

function checkChild(tools, object) {
  const nm = tools.cc.endsWith("-gcc") && tools.cc !== "musl-gcc" ? tools.cc.replace(/gcc$/, "nm") : "nm";
  const names = capture(nm, ["-u", object])
    .split("\n")
    .map((line) => line.trim().split(/\s+/).pop());
  const forbidden = names.filter((name) => name && !CHILD_MAY_USE.has(name));
  if (forbidden.length > 0) {
    rmSync(object);
    throw new Error(`vfork.c uses ${forbidden.join(", ")}: not allowed in a child that shares the parent's memory`);
  }
}

function* under(directory, pattern) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* under(path, pattern);
    else if (pattern.test(entry.name)) yield path;
  }
}

function hashOf(parts) {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex");
}

function capture(command, args) {
  return execFileSync(command, args, { encoding: "utf8" }).trim();
}

function runs(command) {
  try {
    execFileSync(command, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function report(target, made) {
  console.log(`${made ? "built" : "up to date"}  ${relative(dirname(here), target)}`);
}

/** What a package's build.mjs is called with; `build` gets the compilers and the variant. */
export function commandLine(folder, build) {
  const { values } = parseArgs({
    options: {
      debug: { type: "boolean" },
      sanitize: { type: "boolean" },
      clean: { type: "boolean" },
      target: { type: "string" },
    },
  });
  if (values.clean) {
    for (const name of ["build", "prebuilds"]) rmSync(join(folder, name), { recursive: true, force: true });
    return;
  }
  if (process.platform !== "linux") {
    console.log("the native engine is for Linux: nothing to build");
    return;
  }
  const variant = values.sanitize ? "sanitize" : values.debug ? "debug" : "release";
  try {
    build(toolchain(values.target === undefined ? {} : { target: values.target }), variant);
  } catch (error) {
    // The compiler has said what is wrong; a stack of this script would bury it.
    console.error(`${error.message.split("\n")[0]}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  commandLine(here, build);
}
