/**
 * The benchmarks: `npm run bench -- [QUESTION|RUNTIME…]`, and --help for what there is.
 *
 * Each question is asked in each runtime, by a new process for each of its parts. What it measures is interleaved
 * there: in every round the runtime's own API, ours and the floor in C have their turn. The answers are written as
 * JSON; document.ts makes docs/benchmarks.md of those in docs/benchmarks.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import Table from "cli-table3";
import { Argument, Command, InvalidArgumentError } from "commander";
import type { Told } from "./ask.ts";
import { buildAll } from "./lib/build.ts";
import type { Question, Settings } from "./lib/question.ts";
import { commit, describe, load, machine } from "./lib/machine.ts";
import type { Answer } from "./lib/result.ts";
import { commandOf, RUNTIMES } from "./lib/runtimes.ts";
import type { RuntimeName } from "./lib/runtimes.ts";
import { summary } from "./lib/summary.ts";
import { sheets } from "./lib/table.ts";
import type { Sheet } from "./lib/table.ts";
import { TOOLS } from "./lib/tools.ts";
import { questions } from "./questions/index.ts";

interface Options {
  readonly quick: boolean;
  readonly gigabytes: number;
  readonly json: string;
}

// The questions load the floor, so that has to be there first; the processes that answer them inherit the variable.
const tools = buildAll();
// What was built goes with the process, but only if that ends by exit().
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
process.env[TOOLS] = tools;
const loaded = new Map<string, Question>();
for (const [name, load] of questions) loaded.set(name, (await load()).question);

const known: readonly string[] = [...questions.keys(), ...RUNTIMES];
const list = [...loaded].map(([name, { title }]) => `  ${name.padEnd(12)} ${title}`).join("\n");

function gigabytes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

const ask = fileURLToPath(new URL("ask.ts", import.meta.url));

/** One part, by a process of its own. Its table is printed by us, and what goes wrong by itself. */
function told(name: string, question: Question, part: string, runtime: RuntimeName, run: Options): Told {
  const [command, ...args] = commandOf(runtime, question.fillsHeap === true);
  const file = join(tools, "told.json");
  console.error(["asking", name, part, "in", runtime].filter((word) => word !== "").join(" "));
  const settings: Settings = { quick: run.quick, gigabytes: run.gigabytes };
  const { status, signal, error } = spawnSync(command, [...args, ask, name, part, file, JSON.stringify(settings)], {
    // stdout is for the answers.
    stdio: ["ignore", 2, 2],
    env: { ...process.env, ...question.environment?.(part) },
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${name} ${part} in ${runtime} has ended with ${status ?? signal ?? "nothing"}`);
  return JSON.parse(readFileSync(file, "utf8")) as Told;
}

function answer(name: string, question: Question, runtime: RuntimeName, run: Options): Answer {
  const before = load();
  const parts = (question.parts ?? [""]).map((part) => told(name, question, part, runtime, run));
  return {
    question: name,
    title: question.title,
    about: question.about.trim().replaceAll(/\s+/g, " "),
    runtime: parts[0]?.runtime ?? runtime,
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    quick: run.quick,
    machine: machine(),
    load: [before, load()],
    comparisons: parts.flatMap(({ comparisons }) => comparisons),
    growths: parts.flatMap(({ growths = [] }) => growths),
    notes: parts.flatMap(({ notes = [] }) => notes),
  };
}

function print(list: readonly Sheet[]): void {
  for (const { title, head, rows, notes } of list) {
    const table = new Table({ head: [...head], style: { head: [], border: [] } });
    table.push(...rows.map((row) => [...row]));
    console.log([title, table.toString(), ...notes].join("\n"));
  }
}

function main(names: string[], options: Options): void {
  const runtimes = RUNTIMES.filter((name) => (names.some(isRuntime) ? names.includes(name) : name !== "node26"));
  const wanted = [...loaded].filter(([name]) => names.every(isRuntime) || names.includes(name));
  const begin = performance.now();
  const answers: Answer[] = [];
  let asked = 0;
  const toStdout = options.json === "-";
  if (!toStdout) mkdirSync(options.json, { recursive: true });
  for (const [name, question] of wanted) {
    for (const runtime of runtimes.filter((each) => question.runtimes?.includes(each) !== false)) {
      asked++;
      try {
        const given = answer(name, question, runtime, options);
        answers.push(given);
        if (toStdout) continue;
        console.log(`\n${given.title}\n${describe(given)}`);
        print(sheets(given));
        writeFileSync(join(options.json, `${name}.${runtime}.json`), `${JSON.stringify(given, null, 1)}\n`);
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
      }
    }
  }
  const failed = asked - answers.length;
  process.exitCode = failed > 0 || asked === 0 ? 1 : 0;
  if (toStdout) return console.log(JSON.stringify(answers, null, 1));
  console.log();
  print(summary(answers));
  const minutes = ((performance.now() - begin) / 60_000).toFixed(1);
  console.log(`\n${asked} asked, ${failed} failed, ${minutes} minutes; the answers are in ${options.json}`);
}

const isRuntime = (name: string): boolean => (RUNTIMES as readonly string[]).includes(name);

new Command("npm run bench --")
  .description("Measures ringspawn against each runtime's own API and against what C needs, in the same process.")
  .addArgument(new Argument("[names...]", "of questions and runtimes (default: all, but not node26)").choices(known))
  .option("--quick", "a minute for all of it, only to see that it works", false)
  .option("--gigabytes <n>", "how big a big program is; 4 needs a machine of 16 GB", gigabytes, 1)
  .option(
    "--json <directory>",
    "where the answers go; -: all of them to stdout, and nothing else (out of the lab comes nothing but that)",
    (path) => (path === "-" ? path : resolve(path)),
    fileURLToPath(new URL("build/answers", import.meta.url)),
  )
  .addHelpText("after", `\nQuestions:\n${list}\n\nRuntimes: ${RUNTIMES.join(", ")}`)
  .action(main)
  .parse();
