/** A cell is a runtime and an engine. How each runtime is found and launched stands here and nowhere else. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { find } from "../scripts/runtimes.mjs";

type Engine = "io_uring" | "vfork" | "runtime";

export interface Runtime {
  /** `node24` */
  readonly name: string;
  /** `node`: what `--cell node:vfork` means by "node". */
  readonly family: string;
  /** Argument vector before the script's path. */
  readonly command: readonly string[];
  /** False when it cannot run TypeScript itself: it then gets the same files with their types blanked. */
  readonly typescript: boolean;
}

export interface Cell {
  /** `node24:vfork` */
  readonly id: string;
  readonly engine: Engine;
  /** Undefined: not built yet, or the runtime is not installed. */
  readonly runtime: Runtime | undefined;
  /** Why it is missing. */
  readonly missing: string | undefined;
  /** Directories of its cases. */
  readonly cases: readonly string[];
  /** The keys of `setup` this engine can do; undefined: all. It must refuse the others by name. */
  readonly serves: readonly string[] | undefined;
  readonly quick: boolean;
  /** Runs under the lab's kernel, which has what its engine needs: see lab.ts. */
  readonly lab: boolean;
}

const here: string = dirname(fileURLToPath(import.meta.url));
const cases: readonly string[] = [join(here, "cases")];
/** What only Node can show, on any engine. */
const nodes: string = join(here, "node");

function node(path: string): Runtime {
  const version = execFileSync(path, ["--version"], { encoding: "utf8" });
  const major = Number(/^v(\d+)/.exec(version)?.[1]);
  return { name: `node${major}`, family: "node", command: [path], typescript: major >= 24 };
}

/** The `node` that stands in PATH outside of this workspace: the one a user of this machine has. */
function machinesOwn(): string | undefined {
  for (const dir of (process.env["PATH"] ?? "").split(":")) {
    const path = join(dir, "node");
    if (dir.startsWith("/") && !dir.includes("node_modules") && existsSync(path)) return path;
  }
  return undefined;
}

/** Every cell, present or missing. */
export function cells(): Cell[] {
  const runtimes: Runtime[] = [];
  const pinned = [find("nodeLts"), find("nodeNewest")];
  for (const path of [...pinned, machinesOwn()]) {
    if (path === undefined) continue;
    const runtime = node(path);
    if (!runtimes.some((other) => other.name === runtime.name)) runtimes.push(runtime);
  }
  const list: Cell[] = [];
  for (const [index, runtime] of runtimes.entries()) {
    const common = { runtime, missing: undefined, cases, serves: undefined, quick: index === 0, lab: false };
    const { name } = runtime;
    // The lab takes its time, and so only what the workspace pins.
    if (pinned.includes(runtime.command[0])) list.push(inLab(runtime));
    list.push(
      { ...common, id: `${name}:vfork`, engine: "vfork" },
      { ...common, id: `${name}:runtime`, engine: "runtime", serves: ["session", "uid", "gid", "fds"] },
      { ...common, id: `${name}:tests`, engine: "vfork", cases: [join(here, "tests"), nodes] },
    );
  }
  const bun = find("bun");
  if (bun === undefined) {
    list.push(...missing("bun"));
  } else {
    const runtime: Runtime = { name: "bun", family: "bun", command: [bun], typescript: true };
    const common = { runtime, missing: undefined, cases, quick: false, lab: false };
    list.push(
      inLab(runtime),
      { ...common, id: "bun:vfork", engine: "vfork", serves: undefined },
      { ...common, id: "bun:runtime", engine: "runtime", serves: ["session", "uid", "gid", "fds"] },
    );
  }
  const deno = find("deno");
  if (deno === undefined) {
    list.push(...missing("deno"));
  } else {
    const runtime: Runtime = { name: "deno", family: "deno", command: [deno, "run", "-A"], typescript: true };
    const common = { runtime, missing: undefined, cases, quick: false, lab: false };
    list.push(
      inLab(runtime),
      { ...common, id: "deno:vfork", engine: "vfork", serves: undefined },
      { ...common, id: "deno:runtime", engine: "runtime", serves: ["session", "uid", "gid"] },
    );
  }
  return list;
}

/** The one of io_uring: besides all cases those that need its kernel. */
function inLab(runtime: Runtime): Cell {
  const isNode = runtime.family === "node";
  return {
    id: `${runtime.name}:io_uring`,
    engine: "io_uring",
    // Node strips types by a compiler in WebAssembly, which takes seconds there at every start.
    runtime: isNode ? { ...runtime, typescript: false } : runtime,
    missing: undefined,
    cases: [...cases, join(here, "lab"), ...(isNode ? [nodes] : [])],
    serves: undefined,
    quick: false,
    lab: true,
  };
}

function missing(runtime: string): Cell[] {
  return (["io_uring", "vfork", "runtime"] as const).map((engine) => ({
    id: `${runtime}:${engine}`,
    engine,
    runtime: undefined,
    missing: `${runtime} is not installed`,
    cases,
    serves: undefined,
    quick: false,
    lab: engine === "io_uring",
  }));
}

/** The path under which `runtime` can run this TypeScript file of ours. */
export function runnable(runtime: Runtime, file: string): string {
  if (runtime.typescript) return file;
  return join(here, "build", "blanked", file.slice(here.length + 1).replace(/\.ts$/, ".js"));
}

/** Every .ts file again as JavaScript below build/blanked, for runtimes that do not know TypeScript. */
export function blankTypes(): void {
  for (const name of readdirSync(here, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts") || /(^|\/)(node_modules|build)\//.test(name)) continue;
    const target = join(here, "build", "blanked", name.replace(/\.ts$/, ".js"));
    const code = stripTypeScriptTypes(readFileSync(join(here, name), "utf8"), { mode: "strip" });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code.replace(/(from |import\()"(\.[^"]+)\.ts"/g, '$1"$2.js"'));
  }
}

/** Case files of these directories, by name. Nobody lists them by hand. */
export function caseFiles(directories: readonly string[]): string[] {
  return directories.flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => name.endsWith(".ts"))
      .sort()
      .map((name) => join(directory, name)),
  );
}
