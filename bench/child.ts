/** The smallest child there is, compiled where a program starts fastest. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("child.S", import.meta.url));

export interface Children {
  /** Exits. */
  readonly silent: string;
  /** Writes "hi\n" first. */
  readonly hello: string;
  remove(): void;
}

export interface Clock {
  /** A PATH in whose last of four directories there is "clock", which writes when it began. */
  readonly path: string;
  readonly dir: string;
  remove(): void;
}

function build(out: string, ...flags: string[]): string {
  execFileSync("cc", [...flags, "-nostdlib", "-static", "-o", out, source]);
  return out;
}

/**
 * A new directory in memory, or where the system keeps temporary files: in the lab the root is a network file system,
 * and would be what is measured. Some sandboxes let nothing be run from memory.
 */
function scratch(): string {
  for (const place of ["/dev/shm", tmpdir()]) {
    let dir;
    try {
      dir = mkdtempSync(join(place, "ringspawn-bench-"));
    } catch {
      continue;
    }
    if (spawnSync(build(join(dir, "trial"))).status === 0) return dir;
    rmSync(dir, { recursive: true });
  }
  throw new Error(`no place to run the child from: neither /dev/shm nor ${tmpdir()}`);
}

export function compileChildren(): Children {
  const dir = scratch();
  return {
    silent: build(join(dir, "silent")),
    hello: build(join(dir, "hello"), "-DHELLO"),
    remove: () => rmSync(dir, { recursive: true }),
  };
}

/** `fd`: where it writes its clock. */
export function compileClock(fd: number): Clock {
  const dir = scratch();
  const path = ["first", "second", "third", "fourth"].map((name) => join(dir, name));
  for (const each of path) mkdirSync(each);
  build(join(dir, "fourth", "clock"), `-DCLOCK=${fd}`);
  return { path: path.join(delimiter), dir, remove: () => rmSync(dir, { recursive: true }) };
}
