/**
 * Gives the same random requests to ringspawn's engines and to the runtime's own spawn, in every runtime:
 *
 *   node conformance/differential.ts [--seed N] [--runs N] [--runtime node24|node|bun|deno]… [--face spawn]…
 *
 * With --lab, three ways: io_uring, vfork and the runtime's own (`node conformance/lab.ts differential`).
 *
 * What the child is, what it writes and how it ends must agree; differential/compare.ts says where they differ on
 * purpose. A difference is printed as the smallest request that shows it, with both reports and the seed. The last line
 * is `N passed, N failed, N skipped`, counted in requests: those that differ on purpose are skipped. The status is 1 if
 * something failed or nothing ran.
 */
import { spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "./build.mjs";
import { blankTypes, cells, runnable, type Runtime } from "./cell.ts";
import { brief } from "./differential/compare.ts";
import { FACES } from "./differential/request.ts";
import type { Event, Task } from "./differential/run.ts";
import { patience } from "./tools.ts";

const { values: options } = parseArgs({
  options: {
    seed: { type: "string" },
    runs: { type: "string" },
    lab: { type: "boolean", default: false },
    runtime: { type: "string", multiple: true, default: [] },
    face: { type: "string", multiple: true, default: [] },
  },
});
const here = dirname(fileURLToPath(import.meta.url));
const seed = Number(options.seed ?? Math.floor(Math.random() * 2 ** 31));
const faces = FACES.filter((face) => options.face.length === 0 || options.face.includes(face));
/** How many requests a runtime gets, and after how many milliseconds the rest is left out. */
const runs = Number(options.runs ?? (options.lab ? 60 : 150));
const TIME = options.lab ? 20_000 : 40_000;

const out = mkdtempSync(join(tmpdir(), "ringspawn-differential-"));
// Children that run as other users must be able to enter.
chmodSync(out, 0o755);
process.on("exit", () => rmSync(out, { recursive: true, force: true }));

/** Each runtime once, as the matrix starts it. */
const launched = cells().filter(({ lab }) => lab === options.lab);
const runtimes = [...new Map(launched.flatMap(({ runtime }) => (runtime ? [[runtime.name, runtime]] : []))).values()];

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

async function one(runtime: Runtime): Promise<Count> {
  const base = join(out, runtime.name);
  const dir = join(base, "world");
  mkdirSync(dir, { recursive: true });
  chmodSync(base, 0o755);
  const task: Task = {
    family: runtime.family,
    engines: options.lab ? ["io_uring", "vfork"] : ["vfork"],
    seed,
    runs: Math.ceil(runs / FACES.length),
    time: TIME,
    faces,
    witness: join(here, "build", "witness"),
    dir,
    events: join(base, "events"),
    underWay: join(base, "under-way"),
  };
  writeFileSync(join(base, "task.json"), JSON.stringify(task));
  writeFileSync(task.events, "");
  writeFileSync(join(base, "stdin"), "this program's stdin\n");
  const ended = await run(runtime, task, base);
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  const lines = readFileSync(task.events, "utf8").split("\n").slice(0, -1);
  let complete = false;
  for (const event of lines.map((line) => JSON.parse(line) as Event)) {
    if ("exceptions" in event) {
      complete = true;
      for (const [what, times] of Object.entries(event.exceptions)) console.log(`  ${times} skipped: ${what}`);
      const outcomes = Object.entries(event.outcomes).sort(([, a], [, b]) => b - a);
      console.log(`  came to: ${outcomes.map(([what, times]) => `${what} ${times}`).join(", ")}`);
      continue;
    }
    count.passed += event.passed;
    count.skipped += event.skipped;
    if (event.undone > 0) console.log(`  ${event.undone} of ${event.face} not done`);
    if (event.failure === undefined) continue;
    count.failed++;
    const again = `--seed ${seed} --runs ${runs} --runtime ${runtime.name} --face ${event.face}`;
    console.log(`  FAIL ${event.face} (${again})\n${event.failure.replace(/^/gm, "    ")}`);
  }
  if (count.passed + count.failed === 0) {
    count.failed++;
    console.log("  FAIL nothing was compared");
  }
  if (!complete || ended !== "exit code 0") {
    count.failed++;
    const last = existsSync(task.underWay) ? brief(readFileSync(task.underWay, "utf8")) : "nothing";
    console.log(`  FAIL it ended with ${ended}, during\n    ${last}\n  seed ${seed}; its stderr ends with:`);
    console.log(readFileSync(join(base, "stderr"), "utf8").slice(-1000));
  }
  return count;
}

/** Runs one runtime to its end; says how it ended. */
function run(runtime: Runtime, task: Task, base: string): Promise<string> {
  const files = [
    openSync(join(base, "stdin"), "r"),
    openSync(join(base, "stdout"), "a"),
    openSync(join(base, "stderr"), "a"),
  ];
  // A program may be started with signals ignored and blocked, which its children must not notice.
  const under = ["under", "ignore=1", "ignore=16", "mask=12", "--"];
  const child = spawn(
    task.witness,
    [...under, ...runtime.command, runnable(runtime, join(here, "differential", "run.ts")), join(base, "task.json")],
    {
      cwd: task.dir,
      stdio: files,
      detached: true,
      // The environment is small, because every report contains it.
      env: {
        PATH: `${join(task.dir, "bin")}:/usr/bin:/bin`,
        HOME: dirname(task.dir),
        LANG: "C.UTF-8",
        INHERITED: "yes",
        NODE_NO_WARNINGS: "1",
        ...(options.lab && { CONFORMANCE_SLOWNESS: process.env["CONFORMANCE_SLOWNESS"] }),
        DENO_NO_UPDATE_CHECK: "1",
      },
    },
  );
  for (const fd of files) closeSync(fd);
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // The whole group has ended.
    }
  };
  const timer = setTimeout(kill, task.time + patience(20_000));
  process.once("exit", kill);
  return new Promise((resolve) => {
    child.on("error", (error) => resolve(String(error)));
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      process.off("exit", kill);
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
  });
}

async function main(): Promise<number> {
  if (!existsSync(join(here, "node_modules", "ringspawn", "dist"))) {
    console.log("ringspawn is not built: run `npm run build` first\n0 passed, 1 failed, 0 skipped");
    return 1;
  }
  if (!options.lab) build();
  console.log(`seed ${seed}`);
  const total: Count = { passed: 0, failed: 0, skipped: 0 };
  const wanted = ({ name, family }: Runtime): boolean =>
    options.runtime.length === 0 || options.runtime.includes(name) || options.runtime.includes(family);
  for (const family of ["node", "bun", "deno"]) {
    if (runtimes.some((runtime) => runtime.family === family)) continue;
    console.log(`${family} is missing`);
    total.skipped++;
  }
  const chosen = runtimes.filter(wanted);
  if (!options.lab && chosen.some(({ typescript }) => !typescript)) blankTypes();
  for (const runtime of chosen) {
    console.log(runtime.name);
    const start = performance.now();
    const count = await one(runtime);
    for (const key of ["passed", "failed", "skipped"] as const) total[key] += count[key];
    const took = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`  ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped in ${took} s`);
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
process.exitCode = await main();
