/**
 * The README's table of conformance, made from what the last complete runs left, here (conformance/build/matrix.json)
 * and in the lab (matrix-lab.json):
 *
 *   node scripts/readme-table.mjs            writes it between its marks in README.md
 *   node scripts/readme-table.mjs --check    fails when README.md has another one
 *
 * Only what is the same on every machine stands in it, or the check would fail on the next one: all cases of a cell
 * instead of those that passed (as an ordinary user, or without cgroup v2, some are skipped), the failed ones, the rows
 * of known-gaps.ts whether they were met or skipped, and no times. A Node that the machine brought along has no row.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { find, names } from "./runtimes.mjs";

const { values: options } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const readme = fileURLToPath(new URL("../README.md", import.meta.url));
const build = new URL("../conformance/build/", import.meta.url);
const reports = ["matrix.json", "matrix-lab.json"].map((name) => new URL(name, build));
const [begin, end] = ["<!-- conformance: made by scripts/readme-table.mjs -->", "<!-- /conformance -->"];

/** @typedef {import("../conformance/matrix.ts").Row} Row */

const family = (/** @type {Row} */ { cell }) => cell.slice(0, cell.indexOf(":"));

/** @param {Row[]} rows */
function table(rows) {
  const ours = names.map((name) => find(name));
  const kept = rows.filter((row) =>
    // A missing cell has no command; it goes with the others of its runtime.
    rows.some((other) => family(other) === family(row) && other.command && ours.includes(other.command[0])),
  );
  const lines = kept.map(({ cell, missing, cases, failed, gaps }) =>
    missing === undefined ? `| \`${cell}\` | ${cases} | ${failed} | ${gaps} |` : `| \`${cell}\` | ${missing} | | |`,
  );
  return ["| cell | cases | failed | known gaps |", "| --- | --: | --: | --: |", ...lines].join("\n");
}

function stop(/** @type {string} */ message) {
  console.error(message);
  process.exit(1);
}

/** @type {Row[]} */
let rows;
try {
  const [here, lab] = reports.map((report) => JSON.parse(readFileSync(report, "utf8")));
  // Each runtime's together, the lab's first.
  const families = [...new Set([...here, ...lab].map(family))];
  rows = families.flatMap((name) => [...lab, ...here].filter((row) => family(row) === name));
} catch (error) {
  const how = "node conformance/matrix.ts, and node conformance/lab.ts matrix";
  stop(`There are no complete runs to read: ${how} leave them (${error.message})`);
}
const text = readFileSync(readme, "utf8");
const [from, to] = [text.indexOf(begin), text.indexOf(end)];
if (from < 0 || to < from) stop(`README.md has no place for the table: ${begin} … ${end}`);
const made = `${text.slice(0, from)}${begin}\n\n${table(rows)}\n\n${text.slice(to)}`;
if (!options.check) writeFileSync(readme, made);
else if (made !== text) {
  stop(`README.md has another table than this run (node scripts/readme-table.mjs writes it):\n\n${table(rows)}`);
}
console.log(`${rows.length} cells`);
