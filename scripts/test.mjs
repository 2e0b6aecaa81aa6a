/**
 * Every check and test of the workspace in a row, cheap ones first, and one summary:
 *
 *   node scripts/test.mjs [--quick] [--verbose] [SUITE…]
 *
 * --quick    what one runs before every commit (`npm run ok`)
 * --verbose  shows what the suites print even when they pass
 * SUITE…     only these
 *
 * Started by `npm test`, which sets everything up first. The last line is `N passed, N failed`, with
 * `, N skipped` where something was skipped. A suite that ran nothing has failed.
 */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { find } from "./runtimes.mjs";
import { capture, seconds } from "./stage.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "ringspawn-test-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

const { values: options, positionals: wanted } = parseArgs({
  options: { quick: { type: "boolean", default: false }, verbose: { type: "boolean", default: false } },
  allowPositionals: true,
});

/** @typedef {{ passed: number, failed: number, skipped: number, note?: string, isCheck?: boolean }} Counts */

/** A check is one thing that holds or not; `looked` (how many files, projects, …) shows that it was one at all. */
function check(looked, unit) {
  return { passed: looked > 0 ? 1 : 0, failed: 0, skipped: 0, note: `${looked} ${unit}`, isCheck: true };
}

/** Number in the first group of the last match, 0 without one. */
function last(output, pattern) {
  return Number([...output.matchAll(pattern)].at(-1)?.[1] ?? 0);
}

/** The closing line that our own runners print. */
function closingLine(output) {
  const line = [...output.matchAll(/(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/g)].at(-1) ?? [];
  const [passed = 0, failed = 0, skipped = 0] = line.slice(1).map((number) => Number(number ?? 0));
  return { passed, failed, skipped };
}

const minute = 60_000;
const quick = options.quick ? ["--quick"] : [];
const unitReport = join(scratch, "unit.json");
const published = readdirSync(join(root, "packages"));
// Our kernel patches are for x86-64.
const hasLab = process.platform === "linux" && process.arch === "x64";

/**
 * @type {{ name: string, command: string, args: string[], minutes: number, notQuick?: boolean, lab?: boolean,
 *   early?: boolean, count: (output: string) => Counts }[]}
 */
const suites = [
  {
    name: "types",
    command: "turbo",
    args: ["run", "typecheck", "--output-logs=errors-only", "--no-color"],
    minutes: 5,
    count: (output) => check(last(output, /Tasks:\s+(\d+) successful/g), "tasks"),
  },
  {
    name: "lint",
    command: "eslint",
    args: [".", "--format", join(root, "scripts", "eslint-count.mjs"), "--no-warn-ignored"],
    minutes: 5,
    count: (output) => check(last(output, /looked at (\d+) files/g), "files"),
  },
  {
    name: "format",
    command: process.execPath,
    args: ["scripts/format.mjs"],
    minutes: 5,
    count: (output) => check(last(output, /looked at (\d+) files/g), "files"),
  },
  {
    name: "c lint",
    command: process.execPath,
    args: ["packages/native-linux/lint.mjs", "packages/posix-spawn/c"],
    minutes: 5,
    count: (output) => check(last(output, /looked at (\d+) files/g), "files"),
  },
  {
    name: "arrows",
    command: "depcruise",
    args: ["--config", ".dependency-cruiser.mjs", "packages", "conformance", "bench", "scripts", "examples"],
    minutes: 5,
    count: (output) => check(last(output, /(\d+) modules/g), "modules"),
  },
  {
    name: "dead code",
    command: "knip",
    args: ["--reporter", "symbols", "--reporter", "./scripts/knip-count.mjs", "--no-config-hints"],
    minutes: 5,
    count: (output) => check(last(output, /looked at (\d+) files/g), "files"),
  },
  {
    // docs/setup.md, made again.
    name: "documents",
    command: process.execPath,
    args: ["scripts/setup-docs.mjs", "--check"],
    minutes: 1,
    count: (output) => check(last(output, /^(\d+) keys/gm), "keys"),
  },
  {
    // docs/compat.md, made again; the runtimes are asked for the members that it tells of.
    name: "compat",
    command: process.execPath,
    args: ["scripts/compat.mjs", "--check"],
    minutes: 1,
    count: (output) => check(last(output, /^(\d+) rows/gm), "rows"),
  },
  {
    name: "duplicates",
    command: process.execPath,
    args: ["scripts/duplicates.mjs"],
    minutes: 5,
    count: (output) => check(last(output, /looked at (\d+) files/g), "files"),
  },
  {
    name: "packages",
    notQuick: true,
    command: process.execPath,
    args: ["scripts/publint.mjs", ...published],
    minutes: 5,
    count: closingLine,
  },
  {
    name: "jsr",
    notQuick: true,
    command: process.execPath,
    args: ["scripts/jsr.mjs"],
    minutes: 5,
    count: closingLine,
  },
  {
    name: "unit",
    command: "vitest",
    args: ["run", "--reporter=default", "--reporter=json", `--outputFile.json=${unitReport}`],
    minutes: 10,
    count: () => {
      const report = JSON.parse(readFileSync(unitReport, "utf8"));
      const skipped = report.numPendingTests + report.numTodoTests;
      return { passed: report.numPassedTests, failed: report.numFailedTests, skipped };
    },
  },
  {
    name: "c",
    command: process.execPath,
    args: ["packages/native-linux/c/tests/run.mjs"],
    minutes: 10,
    count: closingLine,
  },
  {
    // The preload library against libc's own posix_spawn, and real programs under it.
    name: "posix",
    notQuick: true,
    command: process.execPath,
    args: ["packages/posix-spawn/tests/run.mjs", "--engine", "vfork"],
    minutes: 5,
    count: closingLine,
  },
  {
    name: "fuzz",
    notQuick: true,
    command: process.execPath,
    args: ["packages/native-linux/c/tests/fuzz.mjs", "--seconds", "30"],
    minutes: 5,
    // libFuzzer's own closing line.
    count: (output) => check(last(output, /Done (\d+) runs/g), "inputs"),
  },
  {
    name: "conformance",
    command: process.execPath,
    args: ["conformance/matrix.ts", ...quick],
    minutes: 40,
    count: closingLine,
  },
  {
    // Real tools with ringspawn/register and without. `npm run tools` runs all of them in every version of Node.
    name: "tools",
    notQuick: true,
    command: process.execPath,
    args: ["tools/run.mjs", "--quick"],
    minutes: 8,
    count: closingLine,
  },
  {
    name: "differential",
    notQuick: true,
    command: process.execPath,
    args: ["conformance/differential.ts"],
    minutes: 6,
    count: closingLine,
  },
  {
    name: "oracle bun",
    command: find("bun") ?? "bun",
    args: ["conformance/oracle/bun-spawn.ts"],
    minutes: 5,
    count: closingLine,
  },
  {
    // What is Bun's alone: what keeps its programs alive, how its workers end; and ten thousand children.
    name: "bun",
    command: find("bun") ?? "bun",
    args: ["test", "--timeout", "30000", "./conformance/bun"],
    minutes: 10,
    notQuick: true,
    // Bun's own closing lines: " 44 pass" and " 0 fail"
    count: (output) => ({
      passed: last(output, /^ *(\d+) pass$/gm),
      failed: last(output, /^ *(\d+) fail$/gm),
      skipped: last(output, /^ *(\d+) skip$/gm),
    }),
  },
  {
    name: "oracle deno",
    command: find("deno") ?? "deno",
    args: ["run", "-A", "conformance/oracle/deno/command.ts"],
    minutes: 5,
    count: closingLine,
  },
  {
    // What is Deno's alone: permissions, sanitizers, how workers end. The types are checked above.
    name: "deno",
    command: find("deno") ?? "deno",
    args: ["test", "-A", "--no-check", "conformance/deno"],
    minutes: 10,
    notQuick: true,
    // Deno's own closing line: "ok | 27 passed | 0 failed (7s)"
    count: (output) => ({
      passed: last(output, /(\d+) passed/g),
      failed: last(output, /(\d+) failed/g),
      skipped: last(output, /(\d+) ignored/g),
    }),
  },
  {
    // Takes minutes where the lab has not kept these kernels from before. It runs at the lowest priority, beside the
    // suites before it, which mostly wait.
    name: "kernel build",
    early: true,
    lab: true,
    notQuick: true,
    command: "bash",
    args: ["-c", "kernel/build && kernel/build --debug && kernel/build --unpatched"],
    minutes: 40,
    count: (output) => check((output.match(/\/vmlinux$/gm) ?? []).length, "kernels"),
  },
  {
    // However the lab ends, it leaves no process behind.
    name: "kernel boot",
    lab: true,
    notQuick: true,
    command: join(root, "kernel", "test-boot"),
    args: [],
    minutes: 5,
    count: closingLine,
  },
  {
    name: "kernel",
    lab: true,
    notQuick: true,
    command: join(root, "kernel", "run-tests"),
    args: [],
    minutes: 15,
    count: closingLine,
  },
  {
    // The same under KASAN and lockdep.
    name: "kernel debug",
    lab: true,
    notQuick: true,
    command: join(root, "kernel", "run-tests"),
    args: ["--debug-kernel"],
    minutes: 30,
    count: closingLine,
  },
  {
    // liburing's own tests, which pass without our patches, with them.
    name: "kernel liburing",
    lab: true,
    notQuick: true,
    command: join(root, "kernel", "run-liburing"),
    args: [],
    minutes: 30,
    count: closingLine,
  },
  {
    // The engine's C tests on the io_uring executor.
    name: "lab c",
    lab: true,
    notQuick: true,
    command: process.execPath,
    args: ["packages/native-linux/c/tests/run.mjs", "--executor", "io_uring", "--lab"],
    minutes: 15,
    count: closingLine,
  },
  {
    // The preload library, on the io_uring executor.
    name: "lab posix",
    lab: true,
    notQuick: true,
    command: join(root, "kernel", "boot"),
    args: [process.execPath, "packages/posix-spawn/tests/run.mjs", "--engine", "io_uring"],
    minutes: 15,
    count: closingLine,
  },
  {
    // The cells of io_uring.
    name: "lab conformance",
    lab: true,
    notQuick: true,
    command: process.execPath,
    args: ["conformance/lab.ts", "matrix"],
    minutes: 45,
    count: closingLine,
  },
  {
    name: "lab differential",
    lab: true,
    notQuick: true,
    command: process.execPath,
    args: ["conformance/lab.ts", "differential"],
    minutes: 10,
    count: closingLine,
  },
  {
    // Of the runs of conformance above, here and in the lab.
    name: "readme",
    lab: true,
    notQuick: true,
    command: process.execPath,
    args: ["scripts/readme-table.mjs", "--check"],
    minutes: 1,
    count: (output) => check(last(output, /^(\d+) cells/gm), "cells"),
  },
].filter(({ lab }) => !lab || hasLab);

/** Starts a suite's command. */
function begin(suite) {
  const start = performance.now();
  return capture(suite.command, suite.args, { cwd: root, timeout: suite.minutes * minute }).then((ended) => ({
    ...ended,
    time: seconds(start),
  }));
}

/** One suite to its end. Whatever is odd about that is a failure: a bad status, no count, nothing run. */
async function run(suite, begun = begin(suite)) {
  const { code, output, time } = await begun;
  /** @type {Counts} */
  let counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    counts = suite.count(output);
  } catch (error) {
    counts.note = `no counts: ${error.message}`;
  }
  if (code !== 0 && counts.failed === 0) {
    // A check that found something is not also passed.
    counts = { ...counts, passed: counts.isCheck ? 0 : counts.passed, failed: 1, note: `status ${code}` };
  } else if (counts.passed + counts.failed === 0) {
    counts.failed = 1;
    counts.note ??= "ran nothing";
  }
  const ok = counts.failed === 0;
  if (!ok || options.verbose) console.log(`\n----- ${suite.name}\n${output.trimEnd()}\n-----`);
  const row = { name: suite.name, ...counts, time };
  console.log(`${row.name.padEnd(16)} ${ok ? "ok" : "FAILED"} ${row.time.padStart(ok ? 8 : 4)}`);
  return row;
}

const names = suites.map((suite) => suite.name);
for (const name of wanted) {
  if (names.includes(name)) continue;
  console.error(`There is no suite "${name}". Suites: ${names.join(", ")}.`);
  process.exit(2);
}
const chosen = suites.filter(({ name, notQuick }) =>
  wanted.length > 0 ? wanted.includes(name) : !(options.quick && notQuick),
);

const early = new Map(chosen.filter((suite) => suite.early).map((suite) => [suite, begin(suite)]));
const rows = [];
for (const suite of chosen) rows.push(await run(suite, early.get(suite)));

const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
const total = { name: "all", passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped"), time: "" };
const line = (row) =>
  [row.name.padEnd(16), ...[row.passed, row.failed, row.skipped, row.time].map((cell) => String(cell).padStart(9))]
    .concat(row.note ? `   ${row.note}` : "")
    .join("");
console.log(`\n${line({ name: "suite", passed: "passed", failed: "failed", skipped: "skipped", time: "time" })}`);
for (const row of [...rows, total]) console.log(line(row));

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
