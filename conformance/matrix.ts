/**
 * Runs every case in every cell: `node conformance/matrix.ts [--quick] [--cell node:vfork] [--case text] [--list]`.
 * Ends with a table and `N passed, N failed, N skipped`; exits 1 when something failed or nothing ran.
 * A run of everything also leaves build/matrix.json, from which scripts/readme-table.mjs makes the README's table.
 *
 * With --lab, every cell of the lab instead, where nothing may be skipped: `node conformance/lab.ts matrix` starts it
 * there so. What such a run leaves is lost with the lab, and so comes as the last line of its output.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { blankTypes, caseFiles, type Cell, cells, runnable, type Runtime } from "./cell.ts";
import { gaps } from "./known-gaps.ts";
import type { Plan } from "./harness.ts";
import { patience } from "./tools.ts";

interface Event {
  readonly id?: string;
  readonly result: "started" | "passed" | "failed" | "skipped" | "slow" | "stray" | "again" | "end";
  readonly ms?: number;
  readonly timeout?: number;
  readonly reason?: string;
  readonly error?: string;
}

interface Tally {
  passed: number;
  failed: number;
  gaps: number;
  skipped: number;
  slow: number;
}

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
/** Of this run alone: somebody else may run the matrix at the same time. */
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

/** Ids of gaps that met their case, so that a stale row is seen. */
const metGaps = new Set<number>();
const running = new Set<ChildProcess>();

function matches(cell: Cell, pattern: string): boolean {
  const [runtime, engine] = cell.id.split(":") as [string, string];
  const [wanted, wantedEngine] = pattern.split(":") as [string, string | undefined];
  return (runtime === wanted || runtime.replace(/\d+$/, "") === wanted) && (wantedEngine ?? engine) === engine;
}

/** A case that names a runtime would be a case for that runtime only. */
function namesARuntime(): string[] {
  const found: string[] = [];
  for (const file of caseFiles([join(here, "cases"), join(here, "lab")])) {
    for (const [index, line] of readFileSync(file, "utf8").split("\n").entries()) {
      if (/\b(node|bun|deno)\b/i.test(line)) found.push(`${relative(here, file)}:${index + 1}: ${line.trim()}`);
    }
  }
  return found;
}

/** One runner, from start to end, crash or hang; calls `heed` for each event. */
async function runner(
  cell: Cell,
  runtime: Runtime,
  plan: Plan,
  heed: (event: Event) => void,
): Promise<string | undefined> {
  const base = join(out, cell.id.replace(":", "-"));
  writeFileSync(`${base}.plan.json`, JSON.stringify(plan));
  writeFileSync(plan.events, "");
  writeFileSync(`${base}.stdin`, "the runner's stdin\n");
  const files = [openSync(`${base}.stdin`, "r"), openSync(`${base}.stdout`, "w"), openSync(`${base}.stderr`, "w")];
  const leaky = openSync(`${base}.leaky`, "w");
  // Fd 200 has no CLOEXEC in the runner, and the runtime's own start does not reach that far to set it.
  const stdio: ("ignore" | number)[] = [...files, ...(Array(197).fill("ignore") as "ignore"[]), leaky];
  const [file, ...args] = runtime.command as [string, ...string[]];
  const child = spawn(file, [...args, runnable(runtime, join(here, "run-cell.ts")), `${base}.plan.json`], {
    cwd: here,
    stdio,
    // Leader of a session without a terminal: whoever opens a tty by mistake gets it as its own.
    detached: true,
    env: {
      ...process.env,
      CONFORMANCE: "inherited",
      NODE_NO_WARNINGS: "1",
      // Read by a thread of the runtime's whenever it comes to it, on an fd that a case would take for a leak.
      NODE_EXTRA_CA_CERTS: undefined,
    },
  });
  running.add(child);
  for (const fd of [...files, leaky]) closeSync(fd);
  const exited = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(String(error)));
    child.on("exit", () => running.delete(child));
    child.on("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  let ended: string | undefined;
  void exited.then((how) => (ended = how));
  let seen = 0;
  let finished = false;
  let deadline = Date.now() + patience(30_000);
  for (;;) {
    const last = ended;
    const lines = readFileSync(plan.events, "utf8").split("\n");
    for (; seen < lines.length - 1; seen++) {
      const event = JSON.parse(lines[seen] as string) as Event;
      // The runner looks at its own clock first; ours is for when its thread hangs.
      if (event.result === "started") deadline = Date.now() + (event.timeout ?? 0) + patience(8000);
      else deadline = Date.now() + patience(30_000);
      if (event.result === "end" || event.result === "again") {
        finished = true;
        deadline = Date.now() + patience(3000);
      }
      heed(event);
    }
    if (last !== undefined) return finished && last === "exit code 0" ? undefined : `the runner ended with ${last}`;
    if (Date.now() > deadline) {
      kill(child);
      await exited;
      return finished ? "something kept the program alive after its last case" : "the program's thread hung";
    }
    await delay(20);
  }
}

function kill(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // it is gone
  }
}

async function runCell(
  cell: Cell,
  runtime: Runtime,
  all: readonly Runtime[],
  say: (line: string) => void,
): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, gaps: 0, skipped: 0, slow: 0 };
  const done: string[] = [];
  const rows = [...gaps.entries()].filter(([, gap]) => gap.cells.some((pattern) => matches(cell, pattern)));
  const fail = (id: string, error: string): void => {
    tally.failed++;
    say(`  FAIL ${id}\n${error.replace(/^/gm, "       ")}`);
  };
  for (;;) {
    let current: string | undefined;
    /** The runner stopped after a case that would not end; the rest is for a new one. */
    let again = false;
    const heed = (event: Event): void => {
      if (event.result === "stray") return fail(current ?? "after the cases", event.error ?? "");
      if (event.result === "again") again = true;
      if (event.id === undefined) return;
      current = event.id;
      if (event.result === "started") return;
      done.push(event.id);
      current = undefined;
      const row = rows.find(([, gap]) => gap.case === event.id);
      if (row) metGaps.add(row[0]);
      switch (event.result) {
        case "passed":
          if (row) fail(event.id, `passes now: delete its row in known-gaps.ts (${row[1].reason})`);
          else {
            tally.passed++;
            if (options.verbose) say(`  ok   ${event.id} (${event.ms} ms)`);
          }
          break;
        case "failed":
          if (row) {
            tally.gaps++;
            say(`  gap  ${event.id}: ${row[1].reason}`);
          } else fail(event.id, event.error ?? "");
          break;
        case "skipped":
          if (options.lab) {
            fail(event.id, `skipped, and the lab is ours to equip: ${event.reason}`);
            break;
          }
          tally.skipped++;
          say(`  skip ${event.id}: ${event.reason}`);
          break;
        case "slow":
          tally.slow++;
          break;
        case "again":
        case "end":
          break;
      }
    };
    const wrong = await runner(cell, runtime, planOf(cell, runtime, all, done), heed);
    if (again) continue;
    if (wrong === undefined) break;
    const log = readFileSync(join(out, `${cell.id.replace(":", "-")}.stderr`), "utf8")
      .trimEnd()
      .slice(-3000);
    fail(current ?? "outside of a case", log === "" ? wrong : `${wrong}; its stderr ends with:\n${log}`);
    if (current === undefined) break;
    done.push(current);
  }
  return tally;
}

function planOf(cell: Cell, runtime: Runtime, all: readonly Runtime[], done: readonly string[]): Plan {
  return {
    cell: cell.id,
    engine: cell.engine,
    serves: cell.serves ?? null,
    command: runtime.command,
    extension: runtime.typescript ? ".ts" : ".js",
    root: dirname(runnable(runtime, join(here, "run-cell.ts"))),
    build: join(here, "build"),
    events: join(out, `${cell.id.replace(":", "-")}.events`),
    quick: options.quick,
    files: caseFiles(cell.cases).map((file) => runnable(runtime, file)),
    filter: options.case,
    done,
    runtimes: all.map(({ command }) => command),
  };
}

function rowOf(cell: Cell, tally: Tally | undefined): Row {
  const { passed = 0, failed = 0, gaps: met = 0, skipped = 0 } = tally ?? {};
  return {
    cell: cell.id,
    command: cell.runtime?.command,
    missing: cell.missing,
    cases: passed + failed + met + skipped,
    failed,
    gaps: gaps.filter((gap) => gap.cells.some((pattern) => matches(cell, pattern))).length,
  };
}

/** Columns; a row of two cells is a name and a remark. */
function table(rows: readonly (readonly string[])[]): void {
  const full = rows.filter((row) => row.length > 2);
  const width = (column: number, among: readonly (readonly string[])[]): number =>
    Math.max(...among.map((row) => row[column]?.length ?? 0));
  for (const [name = "", ...rest] of rows) {
    const cells = rest.length > 1 ? rest.map((text, column) => text.padStart(width(column + 1, full))) : rest;
    console.log([name.padEnd(width(0, rows)), ...cells].join("  "));
  }
}

async function main(): Promise<number> {
  const list = cells();
  const wanted = list.filter(
    (cell) =>
      cell.lab === options.lab && (options.cell.length === 0 || options.cell.some((pattern) => matches(cell, pattern))),
  );
  if (options.list) {
    for (const { id, missing } of wanted) console.log(missing === undefined ? id : `${id}  missing (${missing})`);
    return 0;
  }
  if (!existsSync(join(here, "node_modules", "ringspawn", "dist"))) {
    console.log("ringspawn is not built: run `npm run build` first\n0 passed, 1 failed, 0 skipped");
    return 1;
  }
  if (!options.lab) build();
  const total: Tally = { passed: 0, failed: 0, gaps: 0, skipped: 0, slow: 0 };
  for (const line of namesARuntime()) {
    total.failed++;
    console.log(`FAIL a case names a runtime: ${line}`);
  }
  const present = wanted.filter((cell) => cell.runtime !== undefined && (!options.quick || cell.quick));
  const runtimes = [...new Set(list.flatMap((cell) => cell.runtime ?? []))];
  // In the lab they are blanked already: lab.ts has done it where it is faster.
  if (!options.lab && present.some((cell) => cell.runtime?.typescript === false)) blankTypes();

  const one = async (cell: Cell, runtime: Runtime, say: (line: string) => void): Promise<string[]> => {
    say(cell.id);
    const start = performance.now();
    const tally = await runCell(cell, runtime, runtimes, say);
    tallies.set(cell, tally);
    for (const key of Object.keys(total) as (keyof Tally)[]) total[key] += tally[key];
    const { passed, failed, gaps: known, skipped } = tally;
    return [...[passed, failed, known, skipped].map(String), ((performance.now() - start) / 1000).toFixed(1)];
  };
  const complete = !options.quick && options.cell.length === 0 && options.case === "";
  const report = join(here, "build", "matrix.json");
  const tallies = new Map<Cell, Tally>();
  const results = new Map<Cell, string[]>();
  // The few quick cells share the processors; all of them would only make each other late, but for the lab's patience.
  const sideBySide = options.quick ? present.length : options.lab ? availableParallelism() : 1;
  const run = async (cell: Cell): Promise<void> => {
    const lines: string[] = [];
    // Side by side, a cell's lines come together at its end.
    const say = sideBySide > 1 ? (line: string): void => void lines.push(line) : console.log;
    results.set(cell, await one(cell, cell.runtime as Runtime, say));
    if (lines.length > 0) console.log(lines.join("\n"));
  };
  // Not that of another run, should this one not come to its end.
  if (complete && !options.lab) rmSync(report, { force: true });
  const queue = [...present];
  const next = async (): Promise<void> => {
    for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) await run(cell);
  };
  await Promise.all(Array.from({ length: sideBySide }, next));

  const rows: string[][] = [["cell", "passed", "failed", "gaps", "skipped", "seconds"]];
  for (const cell of wanted) {
    const why = cell.missing === undefined ? "not in the quick set" : `missing (${cell.missing})`;
    rows.push([cell.id, ...(results.get(cell) ?? [why])]);
  }
  if (complete) {
    for (const [index, gap] of gaps.entries()) {
      const elsewhere = list.filter((cell) => cell.lab !== options.lab);
      const isElsewhere = gap.cells.every((pattern) => elsewhere.some((cell) => matches(cell, pattern)));
      if (metGaps.has(index) || isElsewhere) continue;
      total.failed++;
      console.log(`FAIL known-gaps.ts: no case "${gap.case}" ran in ${gap.cells.join(", ")}: delete or repair the row`);
    }
  }
  const left = wanted.map((cell) => rowOf(cell, tallies.get(cell)));
  if (complete && !options.lab) writeFileSync(report, JSON.stringify(left, null, 2));
  console.log("");
  table(rows);
  if (total.slow > 0) console.log(`${total.slow} slow cases left out of the quick set`);
  if (total.gaps > 0) console.log(`${total.gaps} known gaps`);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  if (complete && options.lab) console.log(JSON.stringify(left));
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    for (const child of running) kill(child);
    process.exit(130);
  });
}
process.exitCode = await main();
