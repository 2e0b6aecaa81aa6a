/**
 * Real tools on ringspawn: each does its typical job without `ringspawn/register` and with it, in Node 20, 22, 24 and
 * 26; and programs of Bun and Deno do, in theirs. How they end and what they print must be equal, and the trace must
 * show that native engines started every child, or say why not.
 *
 *   node tools/run.mjs [NAME…] [RUNTIME…] [--quick] [--engine vfork|runtime] [--write] [--list]
 *
 * NAME      of a job (tools.mjs) or a program (programs/); all of them otherwise
 * RUNTIME   node20, node22, node24, node26, bun or deno; all of them otherwise
 * --quick   what the gate runs: everything in one Node, Bun and Deno, and a few jobs in the other versions of Node
 * --engine  RINGSPAWN_ENGINE of the runs with register, which then must have served
 * --write   after a run of everything, writes its results into docs/tools.md; other runs fail where it says otherwise
 *
 * The last line is `N passed, N failed`, with `, N skipped` for what could not be run here; it says why.
 */
import { parseArgs } from "node:util";
import { seconds } from "../scripts/stage.mjs";
import { installPackages, machineProgram } from "./install.mjs";
import { familyOf, runJob } from "./run-job.mjs";
import { isInstalled, runtimes } from "./runtimes.mjs";
import { staleCell, writeTable } from "./table.mjs";
import { jobs, programs } from "./tools.mjs";
import { compare } from "./verdict.mjs";

const { values: options, positionals } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    engine: { type: "string" },
    write: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

/** The version of Node in which the gate runs everything. */
const MAIN = "node24";

/** Every job with every runtime that it is for. */
function everything() {
  const of = { node: jobs, ...programs };
  return runtimes().flatMap((runtime) => of[familyOf(runtime)].map((job) => ({ job, runtime })));
}

function chosen() {
  const all = everything();
  const names = new Set(all.map(({ job }) => job.name));
  const versions = new Set(all.map(({ runtime }) => runtime.name));
  const wanted = {
    names: positionals.filter((word) => names.has(word)),
    versions: positionals.filter((word) => versions.has(word)),
  };
  for (const word of positionals) {
    if (names.has(word) || versions.has(word)) continue;
    console.log(`There is no "${word}". Jobs: ${[...names].join(", ")}. Runtimes: ${[...versions].join(", ")}.`);
    process.exit(2);
  }
  return all.filter(
    ({ job, runtime }) =>
      (wanted.names.length === 0 || wanted.names.includes(job.name)) &&
      (wanted.versions.length === 0 || wanted.versions.includes(runtime.name)) &&
      (!options.quick || job.quick === true || runtime.name === MAIN),
  );
}

/** Why a job cannot be run on this machine, or what it has to be told of it. */
async function prepare({ program }, runtime) {
  if (!isInstalled(runtime)) return { why: `${runtime.name} is not installed: there is no ${runtime.path}` };
  if (program === undefined) return { env: {} };
  const found = await machineProgram(program, !options.quick);
  return "why" in found ? found : { env: { [program.toUpperCase()]: found.path } };
}

/** @returns {Promise<import("./table.mjs").Result>} */
async function one({ job, runtime }, register) {
  const result = { name: job.name, runtime: runtime.name };
  const prepared = await prepare(job, runtime);
  if ("why" in prepared) return { ...result, notRun: prepared.why };
  const plain = await runJob(job, runtime, { register: undefined, env: prepared.env });
  const env = { ...prepared.env, ...(options.engine !== undefined && { RINGSPAWN_ENGINE: options.engine }) };
  const registered = await runJob(job, runtime, { register, env });
  const compared = { ...result, ...compare(job, plain, registered, options.engine) };
  const isDocumented = options.engine === undefined && !options.write && compared.problems.length === 0;
  const stale = isDocumented ? staleCell(compared) : undefined;
  if (stale !== undefined) compared.problems.push(`docs/tools.md says "${stale}": npm run tools -- --write`);
  return compared;
}

function say({ name, runtime, notRun, problems, natives, reasons }, time) {
  const label = `${name} ${runtime}`.padEnd(24) + time.padStart(8);
  if (notRun !== undefined) return console.log(`${label} not run: ${notRun}`);
  if (problems.length > 0) return console.log(`${label} FAILED\n${problems.join("\n").replace(/^/gm, "    ")}`);
  console.log(`${label} ok   ${natives} native${reasons.map((reason) => `; the runtime's own: ${reason}`).join("")}`);
}

async function main() {
  const work = chosen();
  if (options.list) {
    for (const { job, runtime } of work) console.log(`${job.name} ${runtime.name}`);
    return 0;
  }
  await installPackages();
  const register = import.meta.resolve("ringspawn/register");
  const results = [];
  for (const item of work) {
    const start = performance.now();
    const result = await one(item, register);
    say(result, seconds(start));
    results.push(result);
  }
  const failed = results.filter(({ problems }) => problems?.length > 0).length;
  const skipped = results.filter(({ notRun }) => notRun !== undefined).length;
  const passed = results.length - failed - skipped;
  const isComplete = !options.quick && positionals.length === 0 && options.engine === undefined;
  if (options.write && isComplete) writeTable(results);
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

process.exitCode = await main().catch((error) => {
  console.log(`${error.message}\n0 passed, 1 failed`);
  return 1;
});
