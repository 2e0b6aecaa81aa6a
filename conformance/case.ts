/**
 * Runs one case file, or the cases whose name contains a text, in one cell:
 *
 *   npm run case -- cases/stdio.ts node24:vfork
 *   npm run case -- "fd numbers"
 *
 * The cell is node24:vfork by default; one of io_uring runs in the lab. A case that fails is shown with what it and its
 * children printed. Exits 1 when something failed or nothing ran, 2 when there is no such case or cell.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { blankTypes, caseFiles, type Cell, cells } from "./cell.ts";
import type { Case } from "./harness.ts";
import { killAll, type Selection, runCell } from "./supervise.ts";
import { Tally } from "./tally.ts";

const here: string = dirname(fileURLToPath(import.meta.url));
const DEFAULT_CELL = "node24:vfork";
const USAGE = "usage: npm run case -- FILE|TEXT [CELL], e.g. cases/stdio.ts node24:vfork";

/** A mistake in the call: the message says what there is. */
class Unknown extends Error {}

function cellOf(id: string, all: readonly Cell[]): Cell {
  const cell = all.find((cell) => cell.id === id);
  const listed = `Cells:\n  ${all.map(({ id }) => id).join("\n  ")}`;
  if (cell === undefined) throw new Unknown(`There is no cell "${id}". ${listed}`);
  if (cell.runtime === undefined) throw new Unknown(`The cell ${id} is missing here: ${cell.missing}. ${listed}`);
  return cell;
}

/** `cases/stdio.ts` */
const shown = (file: string): string => relative(here, file);

/** The names of the cases of a file. */
async function namesIn(file: string): Promise<string[]> {
  const { default: cases } = (await import(pathToFileURL(file).href)) as { default: readonly Case[] };
  return cases.map(({ name }) => `${basename(file, ".ts")}: ${name}`);
}

/** The cases that `text` means: those of a file, or those that have it in their name. */
async function select(text: string, cell: Cell, all: readonly Cell[]): Promise<Selection> {
  const isMeant = (file: string): boolean =>
    [shown(file), join("conformance", shown(file)), basename(file), basename(file, ".ts")].includes(text);
  const files = caseFiles(cell.cases);
  const meant = files.filter(isMeant);
  if (meant.length > 0) return { files: meant, filter: "", quick: false };
  const elsewhere = all.filter((other) => caseFiles(other.cases).some(isMeant));
  if (elsewhere.length > 0) {
    throw new Unknown(`${cell.id} does not run ${text}. These cells do: ${elsewhere.map(({ id }) => id).join(", ")}.`);
  }
  const names = (await Promise.all(files.map(namesIn))).flat();
  if (names.some((name) => name.includes(text))) return { files, filter: text, quick: false };
  const listed = `Files:\n  ${files.map(shown).join("\n  ")}\nCases:\n  ${names.join("\n  ")}`;
  throw new Unknown(`${cell.id} has no case file "${text}", and no case with this in its name. ${listed}`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { lab: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const [text, id = DEFAULT_CELL, ...more] = positionals;
  const all = cells();
  if (text === undefined || more.length > 0) throw new Unknown(USAGE);
  const cell = cellOf(id, all);
  const selection = await select(text, cell, all);
  if (cell.lab && !values.lab) {
    return spawnSync(process.execPath, [join(here, "lab.ts"), "case", text, id], { stdio: "inherit" }).status ?? 1;
  }
  if (!cell.lab) {
    build();
    if (cell.runtime?.typescript === false) blankTypes();
  }
  const directory = mkdtempSync(join(tmpdir(), "ringspawn-case-"));
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const tally = new Tally(cell, { verbose: true, strict: cell.lab }, console.log);
  const runtimes = [...new Set(all.flatMap(({ runtime }) => runtime ?? []))];
  console.log(cell.id);
  await runCell(cell, cell.runtime as NonNullable<Cell["runtime"]>, runtimes, selection, tally, directory);
  const { passed, failed, gaps, skipped } = tally.counts;
  const known = gaps > 0 ? `, ${gaps} known to be wrong` : "";
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped${known}`);
  return failed > 0 || passed + gaps === 0 ? 1 : 0;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    killAll();
    process.exit(130);
  });
}
if (!existsSync(join(here, "node_modules", "ringspawn", "dist"))) {
  console.error("ringspawn is not built: run `npm run build` first");
  process.exit(1);
}
try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Unknown)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
