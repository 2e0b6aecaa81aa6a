/**
 * The formatters: Biome for TypeScript, JavaScript and JSON, clang-format for C and C++.
 *
 *   node scripts/format.mjs [--write]
 *
 * Without --write nothing is changed: a file that is not formatted is named, and the status is 1. The last line says
 * how many files were looked at.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const write = process.argv.includes("--write");

/** Runs a formatter with its output on ours; returns whether it was content. */
function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (error) console.error(error.message);
  return status === 0;
}

const listed = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
});
const all = listed.stdout.split("\0");
const c = all.filter((file) => /\.(c|h|cc)$/.test(file));
const js = all.filter((file) => /\.(ts|mts|js|mjs|cjs|json)$/.test(file));
const good = [
  run("biome", ["format", "--max-diagnostics=20", ...(write ? ["--write"] : []), "."]),
  run("clang-format", write ? ["-i", ...c] : ["--dry-run", "-Werror", "--ferror-limit=3", ...c]),
];
console.log(`looked at ${js.length + c.length} files`);
process.exitCode = good.every(Boolean) && js.length > 0 && c.length > 0 ? 0 : 1;
