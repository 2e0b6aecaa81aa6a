/**
 * Runs a script of this directory under the lab's kernel, which has io_uring_spawn (../kernel/README.md):
 *
 *   node conformance/lab.ts matrix [--cell node24] [--case text] [--verbose]
 *   node conformance/lab.ts differential [--seed N] [--runs N]
 *   node conformance/lab.ts case FILE|TEXT CELL
 *
 * The script gets --lab and these arguments; its output and exit status are this program's. The lab's machine is
 * emulated, on as many processors as this one has: SLOWNESS tells the scripts (see tools.ts).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { blankTypes } from "./cell.ts";

/** The lab is at most so many times as slow as a real machine. */
const SLOWNESS = 20;
const MEMORY_MB = 4096;
const CPUS = 2;

const here = dirname(fileURLToPath(import.meta.url));
const report = join(here, "build", "matrix-lab.json");
const [script, ...args] = process.argv.slice(2);
if (script !== "matrix" && script !== "differential" && script !== "case") {
  console.error("usage: node conformance/lab.ts matrix|differential|case [ARG…]");
  process.exit(2);
}

// In the lab, this would take longer and be lost at its end.
build();
blankTypes();
if (script === "matrix" && args.length === 0) rmSync(report, { force: true });

// The cases want their files on a real file system of the guest, not on the overlay over this machine's.
const environment = ["TMPDIR=/dev/shm", `CONFORMANCE_SLOWNESS=${SLOWNESS}`];
const child = spawn(
  join(here, "..", "kernel", "boot"),
  [
    ...["--memory", String(MEMORY_MB), "--cpus", String(CPUS), "--"],
    ...["env", ...environment, process.execPath, join(here, `${script}.ts`), "--lab", ...args],
  ],
  { stdio: ["ignore", "pipe", "inherit"] },
);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill("SIGTERM"));
const closed = once(child, "close") as Promise<[number | null]>;
for await (const line of createInterface({ input: child.stdout })) {
  if (line.startsWith("[{")) writeFileSync(report, JSON.stringify(JSON.parse(line), null, 2));
  else console.log(line);
}
const [status] = await closed;
// 99: the kernel complained, even if all passed.
if (status !== 0 && status !== 1) console.error(`the lab ended with status ${status}`);
process.exitCode = status ?? 1;
