/** What a build is made of: the files of this repository, and a C project of a few hundred files from Debian. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PACKAGE = "libtomcrypt";
const root = fileURLToPath(new URL("../..", import.meta.url));
const kept = fileURLToPath(new URL("../build/", import.meta.url));

export interface Job {
  readonly command: string;
  readonly args: string[];
  readonly cwd: string;
}

export interface Sources {
  readonly name: string;
  readonly jobs: readonly Job[];
}

/** esbuild's own binary: what its package runs is a program of Node. */
function esbuild(): string {
  const { resolve } = createRequire(createRequire(import.meta.url).resolve("esbuild"));
  return resolve(`@esbuild/linux-${process.arch}/bin/esbuild`);
}

/** Below a directory, as paths from there. */
function filesOf(directory: string, pattern: RegExp): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => pattern.test(file));
}

/** Each file of TypeScript, by itself. */
export function typescript(out: string): Sources {
  const command = esbuild();
  const files = filesOf(join(root, "packages"), /^[^/]+\/src\/.*\.ts$/).map((file) => join("packages", file));
  const jobs = files.map((file) => ({
    command,
    args: [file, `--outfile=${join(out, file)}.js`, "--log-level=error"],
    cwd: root,
  }));
  return { name: `${files.length} files of TypeScript by esbuild`, jobs };
}

/** Every source of Debian, in lists of our own: a machine need not have them in its own. */
function download(into: string): void {
  const lists = ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"].filter(existsSync);
  const text = lists
    .map((file) => readFileSync(file, "utf8").replace(/^(Types: |)deb(?=\s)/gm, "$1deb-src"))
    .join("\n");
  const list = join(into, lists[0]?.endsWith(".sources") === true ? "deb.sources" : "deb.list");
  writeFileSync(list, text);
  for (const name of ["state/lists/partial", "cache"]) mkdirSync(join(into, name), { recursive: true });
  const settings = {
    "Dir::Etc::sourcelist": list,
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::State": join(into, "state"),
    "Dir::State::status": "/var/lib/dpkg/status",
    "Dir::Cache": join(into, "cache"),
    "APT::Sandbox::User": "root",
  };
  const options = ["-qq", ...Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`])];
  execFileSync("apt-get", [...options, "update"], { cwd: into, stdio: ["ignore", "ignore", "inherit"] });
  execFileSync("apt-get", [...options, "source", PACKAGE], { cwd: into, stdio: ["ignore", "ignore", "inherit"] });
}

const unpacked = (folder: string): string | undefined =>
  existsSync(folder) ? readdirSync(folder).find((name) => name.startsWith(`${PACKAGE}-`)) : undefined;

/** Stays in build/, so that it is downloaded once. @returns its directory, whose name has the version */
function fetchProject(): string {
  const found = unpacked(kept);
  if (found !== undefined) return join(kept, found);
  mkdirSync(kept, { recursive: true });
  const fresh = mkdtempSync(join(kept, "fresh-"));
  try {
    download(fresh);
    const name = unpacked(fresh);
    if (name === undefined) throw new Error(`apt-get source ${PACKAGE} has left no directory (Debian: dpkg-dev)`);
    renameSync(join(fresh, name), join(kept, name));
    return join(kept, name);
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

export function project(out: string): Sources {
  const directory = fetchProject();
  const files = filesOf(join(directory, "src"), /\.c$/).map((file) => join("src", file));
  const jobs = files.map((file) => ({
    command: "/usr/bin/gcc",
    args: ["-O1", "-Isrc/headers", "-DLTC_SOURCE", "-c", file, "-o", join(out, `${file.replaceAll("/", "-")}.o`)],
    cwd: directory,
  }));
  return { name: `${files.length} files of C (${directory.slice(kept.length)}) by gcc`, jobs };
}
