/**
 * The load of quickstart.mjs, under whichever runtime runs this file. For every C and TypeScript file of this
 * repository it starts the tools a build would start, hundreds of processes and eight at a time, once on each
 * engine that works here. Every answer is checked against one computed in JavaScript, so a fast wrong engine
 * has no chance.
 *
 *   node examples/load.mjs ROWS      (or bun, or deno run -A; writes the figures as JSON to the file ROWS)
 */
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import cliProgress from "cli-progress";
import { Command, engines } from "ringspawn";

const root = fileURLToPath(new URL("..", import.meta.url));
const { versions } = process;
const name = versions.bun ? "bun" : versions.deno ? "deno" : "node";
const runtime = `${name} ${versions[name]}`;
const AT_ONCE = 8;
const AT_LEAST = 300;

/** Paths, from the root, of every C and TypeScript file that git knows; without git, of every one there is. */
function sources() {
  let files;
  try {
    const listed = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8", stdio: "pipe" });
    files = listed.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
  } catch {
    const built = /(^|\/)(node_modules|dist|build|prebuilds|\.git|\.turbo)(\/|$)/;
    files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => !built.test(file));
  }
  return files.filter((file) => [".c", ".ts"].includes(extname(file))).sort();
}

/** One process to start, and what it must say. `wrong` returns a sentence, or undefined when all is well. */
function jobsFor(file) {
  const content = readFileSync(join(root, file));
  const lines = content.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);
  const hash = createHash("sha256").update(content).digest("hex");
  const differs = (what, got, expected) => (got === expected ? undefined : `${what} ${got}, not ${expected}`);
  const jobs = [
    { cmd: "wc", args: ["-l", file], wrong: (text) => differs("lines:", Number.parseInt(text, 10), lines) },
    { cmd: "sha256sum", args: [file], wrong: (text) => differs("hash", text.slice(0, 64), hash) },
  ];
  if (extname(file) === ".c") {
    const ours = ["include", ".", "private"].map((path) => `packages/native-linux/c/${path}`);
    // The last is for the addon of the benchmarks.
    const include = [...ours, "bench/node_modules/node-api-headers/include"].flatMap((path) => ["-I", path]);
    jobs.push({
      cmd: "gcc",
      // With the hooks that the tests of failures compile in.
      args: ["-fsyntax-only", "-std=gnu11", "-D_GNU_SOURCE", "-DRS_FAULTS", ...include, file],
      wrong: () => undefined,
    });
  }
  return jobs;
}

/** The whole load: every file's jobs, the round repeated until there are enough processes. */
function load() {
  const round = sources().flatMap(jobsFor);
  if (round.length === 0) throw new Error("This repository has no C or TypeScript file.");
  return Array.from({ length: Math.ceil(AT_LEAST / round.length) }, () => round).flat();
}

/** A bar on a terminal; four lines elsewhere, where a bar would be hundreds. */
function progress(name, total) {
  if (!process.stdout.isTTY) {
    let done = 0;
    const quarter = Math.ceil(total / 4);
    const step = () => {
      done += 1;
      if (done % quarter === 0 || done === total) console.log(`${name.padEnd(20)} ${done}/${total} processes`);
    };
    return { step, stop: () => undefined };
  }
  const format = `${name.padEnd(20)} {bar} {value}/{total} processes, {duration_formatted}`;
  const bar = new cliProgress.SingleBar({ format, hideCursor: true }, cliProgress.Presets.shades_classic);
  bar.start(total, 0);
  return { step: () => bar.increment(), stop: () => bar.stop() };
}

/**
 * How long the event loop was held up, in ms: a 1 ms timer notes the time between two of its firings, so a loop
 * with nothing to do already reads 1 ms, and what is over that is time in which no other work could run.
 */
function stallMeter() {
  const resolution = 1;
  const over = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    over.push(Math.max(0, now - last - resolution));
    last = now;
  }, resolution);
  return () => {
    clearInterval(timer);
    over.sort((a, b) => a - b);
    return { max: over.at(-1) ?? 0, p99: over[Math.floor(over.length * 0.99)] ?? 0 };
  };
}

/** Runs one job. Returns what is wrong, or undefined. */
async function runJob({ cmd, args, wrong }, engine) {
  try {
    const output = await new Command(cmd, { args, cwd: root, engine }).output();
    // A fallback must not take the credit of the engine that was asked for.
    if (output.engine !== engine) return `ran on ${output.engine}, not ${engine}`;
    if (!output.success) return `status ${output.code}: ${new TextDecoder().decode(output.stderr)}`;
    return wrong(new TextDecoder().decode(output.stdout));
  } catch (error) {
    return String(error);
  }
}

/** The whole load on one engine, `AT_ONCE` processes at a time. */
async function measure(engine, jobs) {
  const bar = progress(`${runtime} ${engine}`, jobs.length);
  const failures = [];
  let next = 0;
  const worker = async () => {
    while (next < jobs.length) {
      const job = jobs[next++];
      const wrong = await runJob(job, engine);
      if (wrong !== undefined) failures.push(`${engine}: ${[job.cmd, ...job.args].join(" ")}: ${wrong}`);
      bar.step();
    }
  };
  const stall = stallMeter();
  const start = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const wall = (performance.now() - start) / 1000;
  const { max, p99 } = stall();
  bar.stop();
  return { runtime, engine, processes: jobs.length, wall, max, p99, failures };
}

const jobs = load();
const rows = [];
for (const { name: engine, available } of engines()) {
  if (available) rows.push(await measure(engine, jobs));
}
const files = new Set(jobs.map(({ args }) => args.at(-1))).size;
writeFileSync(process.argv[2], JSON.stringify({ files, atOnce: AT_ONCE, rows }));
