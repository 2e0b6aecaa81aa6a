/**
 * Runs every case in every cell: `node conformance/matrix.ts [--quick] [--cell node:vfork] [--case text] [--list]`.
 * Ends with a table and `N passed, N failed, N skipped`; exits 1 when something failed or nothing ran.
 * A run of everything also leaves build/matrix.json, from which scripts/readme-table.mjs makes the README's table.
 *
 * With --lab, every cell of the lab instead, where nothing may be skipped: `node conformance/lab.ts matrix` starts it
 * there so. Files of such a run are lost with the lab, so its result is the last line of its output.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { blankTypes, caseFiles, type Cell, cells, matches, type Runtime } from "./cell.ts";
import { gaps } from "./known-gaps.ts";
import { killAll, runCell } from "./supervise.ts";
import { COUNTS, type Counts, gapsOf, noCounts, Tally } from "./tally.ts";

/** A cell, as build/matrix.json and build/matrix-lab.json have it. */
export interface Row {
  readonly cell: string;
  /** Undefined for one that is missing. */
  readonly command: readonly string[] | undefined;
  readonly missing: string | undefined;
  /** All there are. How many of them a machine skips is its own matter. */
  readonly cases: number;
  readonly failed: number;
  /** Rows of known-gaps.ts for this cell, met or skipped. */
  readonly gaps: number;
}

const here: string = dirname(fileURLToPath(import.meta.url));
/** Of this run alone: another run may be under way at the same time. */
const out: string = mkdtempSync(join(tmpdir(), "ringspawn-matrix-"));
process.on("exit", () => rmSync(out, { recursive: true, force: true }));

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    cell: { type: "string", multiple: true, default: [] },
    case: { type: "string", default: "" },
    list: { type: "boolean", default: false },
    lab: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});
const isComplete = !options.quick && options.cell.length === 0 && options.case === "";

/** A cell that was run. */
interface Done {
  readonly tally: Tally;
  readonly seconds: number;
}

/** A case that names a runtime would be a case for that runtime only. Modules may have the name of one. */
function namesARuntime(): string[] {
  const found: string[] = [];
  for (const file of caseFiles([join(here, "cases"), join(here, "lab")])) {
    for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
      if (/(?<!ringspawn\/)\b(node(?!:)|bun|deno)\b/i.test(line))
        found.push(`${relative(here, file)}:${index + 1}: ${line.trim()}`);
    }
  }
  return found;
}

/** Runs the cells, as many at a time as this machine bears. */
async function runAll(present: readonly Cell[], all: readonly Runtime[]): Promise<Map<Cell, Done>> {
  const done = new Map<Cell, Done>();
  const { quick, lab, verbose } = options;
  const sideBySide = quick ? present.length : availableParallelism();
  const queue = [...present];
  const one = async (cell: Cell): Promise<void> => {
    const lines: string[] = [];
    // Side by side, the lines of a cell come together at its end.
    const say = sideBySide > 1 ? (line: string): void => void lines.push(line) : console.log;
    say(cell.id);
    const start = performance.now();
    const tally = new Tally(cell, { verbose, strict: lab }, say);
    await runCell(cell, cell.runtime as Runtime, all, { filter: options.case, quick }, tally, out);
    done.set(cell, { tally, seconds: (performance.now() - start) / 1000 });
    if (lines.length > 0) console.log(lines.join("\n"));
  };
  const lane = async (): Promise<void> => {
    for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) await one(cell);
  };
  await Promise.all(Array.from({ length: sideBySide }, lane));
  return done;
}

function rowOf(cell: Cell, done: Done | undefined): Row {
  const { passed, failed, gaps: met, skipped } = done?.tally.counts ?? noCounts();
  return {
    cell: cell.id,
    command: cell.runtime?.command,
    missing: cell.missing,
    cases: passed + failed + met + skipped,
    failed,
    gaps: gapsOf(cell).length,
  };
}

/** Columns; a row of two cells is a name and a remark. */
function table(rows: readonly (readonly string[])[]): void {
  const full = rows.filter((row) => row.length > 2);
  const width = (column: number, among: readonly (readonly string[])[]): number =>
    Math.max(...among.map((row) => row[column]?.length ?? 0));
  for (const [name = "", ...rest] of rows) {
    const texts = rest.length > 1 ? rest.map((text, column) => text.padStart(width(column + 1, full))) : rest;
    console.log([name.padEnd(width(0, rows)), ...texts].join("  "));
  }
}

function tableOf(wanted: readonly Cell[], done: ReadonlyMap<Cell, Done>): string[][] {
  const rows = wanted.map((cell) => {
    const result = done.get(cell);
    if (result === undefined) return [cell.id, cell.missing ? `missing (${cell.missing})` : "not in the quick set"];
    const { passed, refused, failed, gaps: met, skipped } = result.tally.counts;
    return [cell.id, ...[passed, refused, failed, met, skipped].map(String), result.seconds.toFixed(1)];
  });
  return [["cell", "passed", "by refusal", "failed", "gaps", "skipped", "seconds"], ...rows];
}

/** Rows of known-gaps.ts that no case or no cell of this run had. */
function staleGaps(list: readonly Cell[], done: ReadonlyMap<Cell, Done>): string[] {
  const met = new Set([...done.values()].flatMap(({ tally }) => [...tally.met]));
  const elsewhere = list.filter((cell) => cell.lab !== options.lab);
  return gaps
    .filter((gap) => !met.has(gap))
    .filter((gap) => !gap.cells.every((pattern) => elsewhere.some((cell) => matches(cell, pattern))))
    .map((gap) => `no case "${gap.case}" ran in ${gap.cells.join(", ")}: delete or repair the row`);
}

async function main(): Promise<number> {
  const list = cells();
  const wanted = list.filter(
    (cell) =>
      cell.lab === options.lab &&
      (options.cell.length === 0 ? !cell.isOnlyNamed : options.cell.some((pattern) => matches(cell, pattern))),
  );
  if (options.list) {
    for (const { id, missing } of wanted) console.log(missing === undefined ? id : `${id}  missing (${missing})`);
    return 0;
  }
  if (!existsSync(join(here, "node_modules", "ringspawn", "dist"))) {
    console.log("ringspawn is not built: run `npm run build` first\n0 passed, 1 failed, 0 skipped");
    return 1;
  }
  const total: Counts = noCounts();
  const fail = (what: string): void => {
    total.failed++;
    console.log(`FAIL ${what}`);
  };
  for (const line of namesARuntime()) fail(`a case names a runtime: ${line}`);
  for (const { id, missing } of wanted) {
    if (missing === undefined) continue;
    if (options.lab) fail(`${id}: ${missing}`);
    else total.skipped++;
  }
  const present = wanted.filter((cell) => cell.runtime !== undefined && (!options.quick || cell.quick));
  // In the lab all is built already: lab.ts has done it where it is faster.
  if (!options.lab) {
    build();
    if (present.some((cell) => cell.runtime?.typescript === false)) blankTypes();
  }
  const report = join(here, "build", "matrix.json");
  // The report of an earlier run would be taken for that of this one, should this one not come to its end.
  if (isComplete && !options.lab) rmSync(report, { force: true });
  // The lab takes seconds to start a runtime, so that there those of its own cells have to do.
  const runtimes = (options.lab ? present : list).flatMap(({ runtime }) => runtime ?? []);
  const done = await runAll(present, [...new Map(runtimes.map((runtime) => [runtime.name, runtime])).values()]);
  for (const { tally } of done.values()) for (const key of COUNTS) total[key] += tally.counts[key];
  if (isComplete) for (const line of staleGaps(list, done)) fail(`known-gaps.ts: ${line}`);
  const rows = wanted.map((cell) => rowOf(cell, done.get(cell)));
  if (isComplete && !options.lab) writeFileSync(report, JSON.stringify(rows, null, 2));
  console.log("");
  table(tableOf(wanted, done));
  if (total.slow > 0) console.log(`${total.slow} slow cases left out of the quick set`);
  if (total.gaps > 0) console.log(`${total.gaps} known gaps`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  if (isComplete && options.lab) console.log(JSON.stringify(rows));
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    killAll();
    process.exit(130);
  });
}
process.exitCode = await main();
