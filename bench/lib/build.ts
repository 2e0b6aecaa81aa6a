/** Compiles what the questions start, and the floor, into a directory that lasts as long as this program. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SEARCHED } from "./tools.ts";

const native = (name: string): string => fileURLToPath(new URL(`../native/${name}`, import.meta.url));

/** The children by name, as native/child.S is built for each. */
const CHILDREN = {
  silent: [],
  hello: ["-DHELLO"],
  "write-64K": ["-DBLOCKS=1", "-DBLOCK=65536"],
  "write-1M": ["-DBLOCKS=1", "-DBLOCK=1048576"],
  "write-256M": ["-DBLOCKS=256", "-DBLOCK=1048576"],
  sink: ["-DSINK", "-DBLOCK=1048576"],
  sleep: ["-DSLEEP"],
} as const;
export type ChildName = keyof typeof CHILDREN;

function buildChild(out: string, ...flags: readonly string[]): void {
  execFileSync("cc", [...flags, "-nostdlib", "-static", "-o", out, native("child.S")]);
}

/**
 * A new directory in memory, or where the system keeps temporary files: in the lab the root is a network file system,
 * and would be what is measured. Some sandboxes let nothing be run from memory.
 */
export function scratch(): string {
  for (const place of ["/dev/shm", tmpdir()]) {
    let directory;
    try {
      directory = mkdtempSync(join(place, "ringspawn-bench-"));
    } catch {
      continue;
    }
    const here = directory;
    buildChild(join(here, "trial"));
    if (spawnSync(join(here, "trial")).status === 0) {
      process.on("exit", () => rmSync(here, { recursive: true, force: true }));
      return here;
    }
    rmSync(here, { recursive: true });
  }
  throw new Error(`no place to run children from: neither /dev/shm nor ${tmpdir()}`);
}

export function buildAll(): string {
  const directory = scratch();
  for (const [name, flags] of Object.entries(CHILDREN)) buildChild(join(directory, name), ...flags);
  for (const fd of [1, 3]) {
    const places = SEARCHED.map((name) => join(directory, `clock-${fd}`, name));
    for (const place of places) mkdirSync(place, { recursive: true });
    buildChild(join(places.at(-1) as string, "clock"), `-DCLOCK=${fd}`);
  }
  const { include_dir: include } = createRequire(import.meta.url)("node-api-headers") as { include_dir: string };
  const flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-isystem", include];
  execFileSync("cc", [...flags, "-o", join(directory, "floor.node"), native("floor.c")]);
  return directory;
}
