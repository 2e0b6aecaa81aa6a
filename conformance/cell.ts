/** A cell is a runtime and an engine. How each runtime is found and started stands here and nowhere else. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { find } from "../scripts/runtimes.mjs";
import type { Family } from "./apis.ts";

type Engine = "io_uring" | "vfork" | "runtime";

export interface Runtime {
  /** `node24` */
  readonly name: string;
  /** `node`: what `--cell node:vfork` means by "node". */
  readonly family: Family;
  /** Argument vector before the script's path. */
  readonly command: readonly string[];
  /** False when it cannot run TypeScript itself. It then gets copies of the files without types. */
  readonly typescript: boolean;
}

export interface Cell {
  /** `node24:vfork` */
  readonly id: string;
  readonly engine: Engine;
  /** Undefined: it is not installed. */
  readonly runtime: Runtime | undefined;
  /** Why it is missing. */
  readonly missing: string | undefined;
  /** Directories of its cases. */
  readonly cases: readonly string[];
  readonly quick: boolean;
  /** It runs under the lab's kernel, which has what its engine needs: see lab.ts. */
  readonly lab: boolean;
  /** It runs where it is named, and not in the run of everything, whose time it would not be worth. */
  readonly isOnlyNamed: boolean;
}

const here: string = dirname(fileURLToPath(import.meta.url));
const cases: readonly string[] = [join(here, "cases")];
/** Cases that only Node can show, on any engine. */
const nodes: string = join(here, "node");
/** Cases about what the library finds on a machine; they run on Node alone. */
const machine: string = join(here, "tests");

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
  const pinned = [find("nodeLts"), find("nodeNewest")];
  const older = find("nodeOlder");
  const runtimes: Runtime[] = [];
  for (const path of [...pinned, machinesOwn(), older]) {
    const runtime = path === undefined ? undefined : node(path);
    if (runtime && !runtimes.some(({ name }) => name === runtime.name)) runtimes.push(runtime);
  }
  const list = runtimes.flatMap((runtime, index) => {
    const tests = {
      ...common(runtime),
      id: `${runtime.name}:tests`,
      engine: "vfork",
      cases: [machine, nodes],
    } as const;
    // Its native spawn is called as that of the version before it, so it runs what looks at that.
    if (runtime.command[0] === older) return [{ ...tests, quick: false }];
    // The lab is slow, so only the versions that the workspace pins run there, and the newest only where it is named:
    // what it has of its own, the other engines run.
    const isOnlyNamed = runtime.command[0] !== pinned[0];
    const lab = pinned.includes(runtime.command[0]) ? [{ ...inLab(runtime), isOnlyNamed }] : [];
    return [...lab, ...onThisMachine(runtime), tests].map((cell) => ({ ...cell, quick: index === 0 && !cell.lab }));
  });
  const [bun, deno] = [find("bun"), find("deno")];
  list.push(...others("bun", bun, []), ...others("deno", deno, ["run", "-A"]));
  return list;
}

/** The cells of a runtime that is installed in one version or not at all. */
function others(name: "bun" | "deno", path: string | undefined, args: readonly string[]): Cell[] {
  if (path === undefined) return missing(name);
  const runtime: Runtime = { name, family: name, command: [path, ...args], typescript: true };
  return [inLab(runtime), ...onThisMachine(runtime)];
}

function onThisMachine(runtime: Runtime): Cell[] {
  return (["vfork", "runtime"] as const).map((engine) => ({
    ...common(runtime),
    id: `${runtime.name}:${engine}`,
    engine,
  }));
}

/** The cell of io_uring: besides all cases it runs those that need its kernel. */
function inLab(runtime: Runtime): Cell {
  const isNode = runtime.family === "node";
  return {
    ...common(runtime),
    id: `${runtime.name}:io_uring`,
    engine: "io_uring",
    // Node strips types by a compiler in WebAssembly, which takes seconds there at every start.
    runtime: isNode ? { ...runtime, typescript: false } : runtime,
    cases: [...cases, join(here, "lab"), ...(isNode ? [nodes] : [])],
    lab: true,
  };
}

function common(runtime: Runtime): Omit<Cell, "id" | "engine"> {
  return { runtime, missing: undefined, cases, quick: false, lab: false, isOnlyNamed: false };
}

function missing(runtime: string): Cell[] {
  return (["io_uring", "vfork", "runtime"] as const).map((engine) => ({
    id: `${runtime}:${engine}`,
    engine,
    runtime: undefined,
    missing: `${runtime} is not installed`,
    cases,
    quick: false,
    lab: engine === "io_uring",
    isOnlyNamed: false,
  }));
}

/** Whether a cell is meant by `node24:vfork`, `node:vfork`, `node24` or `node`. */
export function matches(cell: Cell, pattern: string): boolean {
  const [runtime, engine] = cell.id.split(":") as [string, string];
  const [wanted, wantedEngine] = pattern.split(":") as [string, string | undefined];
  return (runtime === wanted || runtime.replace(/\d+$/, "") === wanted) && (wantedEngine ?? engine) === engine;
}

/** The path under which `runtime` can run a TypeScript file of this directory. */
export function runnable(runtime: Runtime, file: string): string {
  if (runtime.typescript) return file;
  return join(here, "build", "blanked", file.slice(here.length + 1).replace(/\.ts$/, ".js"));
}

/** Writes a copy without types of every .ts file below build/blanked, for runtimes that cannot run TypeScript. */
export function blankTypes(): void {
  for (const name of readdirSync(here, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts") || /(^|\/)(node_modules|build)\//.test(name)) continue;
    const target = join(here, "build", "blanked", name.replace(/\.ts$/, ".js"));
    const code = stripTypeScriptTypes(readFileSync(join(here, name), "utf8"), { mode: "strip" });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code.replace(/(from |import\()"(\.[^"]+)\.ts"/g, '$1"$2.js"'));
  }
}

/** The case files of these directories, in the order of their names. There is no list of them to keep. */
export function caseFiles(directories: readonly string[]): string[] {
  return directories.flatMap((directory) =>
    readdirSync(directory)
      .filter((name) => name.endsWith(".ts"))
      .sort()
      .map((name) => join(directory, name)),
  );
}
