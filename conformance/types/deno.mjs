/**
 * Checks deno.ts as Deno's own users would: by the Deno that is there, with its own types, against the packages as npm
 * would bring them. They are copied for that, for through a link Deno sees a folder of somebody's own.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { path } from "../../scripts/runtimes.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const packages = join(here, "../../packages");
const folder = mkdtempSync(join(tmpdir(), "ringspawn-types-"));
try {
  for (const [name, into] of [
    ["core", "@ringspawn/core"],
    ["ringspawn", "ringspawn"],
  ]) {
    for (const part of ["dist", "package.json"]) {
      cpSync(join(packages, name, part), join(folder, "node_modules", into, part), { recursive: true });
    }
  }
  writeFileSync(join(folder, "package.json"), "{}");
  cpSync(join(here, "deno.ts"), join(folder, "deno.ts"));
  const { status } = spawnSync(path("deno"), ["check", "--no-remote", "deno.ts"], { cwd: folder, stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true });
}
