/**
 * One benchmark under every runtime of the workspace, one after another: `node bench/all.mjs [FILE] [option…]`.
 * FILE is a program of this folder, by default own-api.ts; the options are for it.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { runtimes } from "./runtimes.mjs";

const [first = "", ...rest] = process.argv.slice(2);
const [file, options] = first.endsWith(".ts") ? [first, rest] : ["own-api.ts", process.argv.slice(2)];
const program = fileURLToPath(new URL(file, import.meta.url));

for (const [command = "", ...args] of runtimes) {
  const { status, error } = spawnSync(command, [...args, program, ...options], { stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exitCode = 1;
  console.log();
}
