/**
 * Writes docs/benchmarks.md and its plots from the answers beside them:
 *
 *   npm run bench -- --json docs/benchmarks
 *   npm run -s lab -- --memory 4096 --cpus 2 node bench/run.ts engines --json - >docs/benchmarks/lab.json
 *   npm run -s lab -- --icount --memory 4096 node bench/run.ts engines --json - >docs/benchmarks/lab-instructions.json
 *   npm run bench:document
 *   node bench/document.ts --answers bench/build/answers --out FILE      of other answers, elsewhere
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { markdownTable } from "markdown-table";
import { describe, place } from "./lib/machine.ts";
import { plot } from "./lib/plot.ts";
import type { Answer } from "./lib/result.ts";
import { summary } from "./lib/summary.ts";
import { sheets } from "./lib/table.ts";
import type { Sheet } from "./lib/table.ts";
import { questions } from "./questions/index.ts";

interface Options {
  readonly answers: string;
  readonly out: string;
}

const program = new Command("node bench/document.ts");
const docs = fileURLToPath(new URL("../docs/", import.meta.url));

const INTRO = `# Benchmarks

Made by \`bench/document.ts\` from the answers in [benchmarks](benchmarks), which \`npm run bench\` has measured. Do not
edit.

In every round of a run each way has its turn once, after the same busy time, so that whatever else happens on the
machine falls on all of them. A figure is the median of the rounds, with the quartiles beside it; a ratio is the median
of the ratios of the rounds, with its quartiles in brackets. *Own* is the runtime's own API. The *floor* is what C needs
for the same, called from the same process between the others: a child born in the way of vfork, exec, and a wait that
blocks. *Engine* is what has started every child of a row, which was asserted of each. The times are good for ratios
among themselves; those of another machine are others.`;

function markdown({ title, head, rows, notes }: Sheet): string {
  // The first columns are words.
  const words = head.findIndex((name) => name !== "");
  const align = head.map((_, i) => (i < Math.max(1, words) ? "l" : "r"));
  const escaped = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  return [`**${title}**`, markdownTable(escaped, { align, alignDelimiters: true, padding: true }), ...notes].join(
    "\n\n",
  );
}

function readAnswers(directory: string): Answer[] {
  const files = existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(".json")) : [];
  return files.flatMap((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as Answer | Answer[]);
}

async function chapter(answers: readonly Answer[], plots: string, base: string): Promise<string> {
  const [{ question, title, about }] = answers as [Answer];
  const file = join(plots, `${question}.svg`);
  writeFileSync(file, await plot(answers));
  const runtimes = answers.flatMap((answer) => [
    `### ${title}: ${place(answer)}`,
    describe(answer),
    ...(answer.notes ?? []),
    ...sheets(answer).map(markdown),
  ]);
  return [`## ${title}`, about, `![${title}](${relative(base, file)})`, ...runtimes].join("\n\n");
}

async function main({ answers: directory, out }: Options): Promise<void> {
  const all = readAnswers(directory);
  if (all.length === 0) program.error(`There are no answers in ${directory}.`);
  if (out === join(docs, "benchmarks.md") && all.some(({ quick }) => quick)) {
    program.error(`${directory} has answers of --quick, whose figures are worth nothing.`);
  }
  const base = dirname(out);
  const plots = join(base, "benchmarks");
  mkdirSync(plots, { recursive: true });
  const asked = [...questions.keys()].map((name) => all.filter(({ question }) => question === name));
  const chapters: string[] = [];
  for (const each of asked) if (each.length > 0) chapters.push(await chapter(each, plots, base));
  const parts = [INTRO, ...summary(all.filter(({ machine }) => !machine.emulated)).map(markdown), ...chapters];
  writeFileSync(out, `${parts.join("\n\n")}\n`);
}

await program
  .option("--answers <directory>", "where the answers are", (path) => resolve(path), join(docs, "benchmarks"))
  .option(
    "--out <file>",
    "the document; its plots go into benchmarks/ beside it",
    (path) => resolve(path),
    join(docs, "benchmarks.md"),
  )
  .action(main)
  .parseAsync();
