/**
 * ringspawn's main job on real input: many processes at once, started from a program that wants to stay
 * responsive. Runs load.mjs under each runtime that is installed here, and prints one table.
 *
 *   npm run quickstart      (sets everything up, builds, and runs this file)
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { find } from "../scripts/runtimes.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "ringspawn-quickstart-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

const cli = join(root, "packages", "ringspawn", "dist", "cli.js");
const doctor = spawnSync(process.execPath, [cli, "doctor"], { stdio: ["ignore", "inherit", "inherit"] });
let failed = doctor.status !== 0;
if (failed) console.error("The doctor failed.");
console.log("\nwc, sha256sum and gcc over every C and TypeScript file here, on each engine of each runtime:");

const commands = [[process.execPath], [find("bun")], [find("deno"), "run", "-A"]];
const table = new Table({
  head: ["runtime", "engine", "processes", "wall s", "stall max ms", "stall p99 ms", "failures"],
  colAligns: ["left", "left", "right", "right", "right", "right", "right"],
  style: { head: [], border: [] },
});
let described = "";
for (const [command, ...args] of commands) {
  if (command === undefined) continue; // a machine its packages are not made for
  const report = join(scratch, "rows.json");
  const { status } = spawnSync(command, [...args, join(root, "examples", "load.mjs"), report], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) {
    console.error(`${command} ended with status ${status}.`);
    failed = true;
    continue;
  }
  const { files, atOnce, rows } = JSON.parse(readFileSync(report, "utf8"));
  described = `${files} files, ${atOnce} processes at once`;
  for (const { runtime, engine, processes, wall, max, p99, failures } of rows) {
    table.push([runtime, engine, processes, wall.toFixed(2), max.toFixed(1), p99.toFixed(1), failures.length]);
    for (const failure of failures.slice(0, 5)) console.error(failure.split("\n").slice(0, 3).join("\n"));
    failed ||= failures.length > 0;
  }
}
console.log(`\n${described}\n${table.toString()}`);
console.log("stall: how long the event loop was held, so that nothing else of the program could run");

if (table.length === 0) console.error("No engine is available.");
process.exitCode = failed || table.length === 0 ? 1 : 0;
