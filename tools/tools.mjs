/**
 * The tools, a row each. A job is what people typically do with one; its files are in jobs/NAME, and are copied to a
 * fresh directory for every run. The numbers in names of packages (package.json) are those of older versions, for a
 * Node that the newest version no longer supports.
 *
 * @typedef {object} Job
 * @property {string} name
 * @property {string} [tool] the package, where it is not called as the job is
 * @property {string} [files] the directory in jobs/, where it is not called as the job is
 * @property {string} [inNode20] the package in Node 20
 * @property {string[]} [command] a command of the tool and its arguments; without it `node job.mjs` is run
 * @property {string[]} [leaves] files that it must leave, the same in both runs
 * @property {boolean} [unordered] its children write side by side, so only the lines count and not their order
 * @property {[RegExp, string][]} [varies] what differs between two runs of the original already, and what for it
 * @property {string} [ends] how it ends, `status 0` otherwise
 * @property {string[]} [polls] programs that it starts as often as time lets it
 * @property {[RegExp, string][]} [originals] reasons in the trace for which some of its children are the runtime's own,
 *   and in short; each must be met
 * @property {string} [file] of a program, in programs/
 * @property {string} [program] a program of the machine that it needs
 * @property {boolean} [quick] it runs in every Node in the gate
 */

/** @type {Job[]} */
export const jobs = [
  { name: "execa", inNode20: "execa-9", quick: true },
  { name: "tinyexec" },
  { name: "nano-spawn" },
  { name: "cross-spawn" },
  { name: "zx", command: ["zx", "script.mjs"], ends: "status 6" },
  { name: "dax" },
  { name: "concurrently", inNode20: "concurrently-9", unordered: true },
  { name: "npm-run-all2", inNode20: "npm-run-all2-8" },
  { name: "nodemon", polls: ["ps"], ends: "status 8" },
  {
    name: "vitest-forks",
    tool: "vitest",
    files: "vitest",
    inNode20: "vitest-4",
    command: ["vitest", "run", "--pool=forks"],
    ends: "status 1",
    varies: [[/Duration .*/, "Duration"]],
    unordered: true,
    quick: true,
  },
  {
    name: "vitest-threads",
    tool: "vitest",
    files: "vitest",
    inNode20: "vitest-4",
    command: ["vitest", "run", "--pool=threads"],
    ends: "status 1",
    varies: [[/Duration .*/, "Duration"]],
    unordered: true,
  },
  { name: "jest-worker", varies: [[/pid=\d+/, "pid=PID"]], quick: true },
  { name: "esbuild" },
  {
    name: "tsup",
    inNode20: "tsup-8",
    command: ["tsup", "src/index.ts", "--format=esm,cjs", "--dts", "--minify", "--onSuccess=node dist/index.js given"],
    leaves: ["dist/index.js", "dist/index.mjs", "dist/index.d.ts"],
    unordered: true,
  },
  { name: "tsx" },
  { name: "playwright-core", program: "chromium" },
  { name: "sass-embedded" },
  { name: "simple-git" },
  { name: "shelljs" },
  { name: "lint-staged", inNode20: "lint-staged-16", varies: [[/\([0-9a-f]{7}\)/g, "(HASH)"]] },
  {
    name: "c8",
    command: ["c8", "--reporter=text", "--reporter=lcovonly", "node", "app.mjs"],
    leaves: ["coverage/lcov.info"],
    ends: "status 3",
  },
  { name: "wireit" },
  { name: "open" },
];

const MISTAKE = "a mistake, which the runtime names";
/** @type {[RegExp, string]} */
/** A channel, which may have to pass a handle. */
const CHANNEL = [/^ipc: only a channel of Bun's own can pass handles$/, "channels, which may pass handles"];
const ABORTED = [/was aborted/, MISTAKE];
/** @type {[RegExp, string]} */
const NULL_BYTES = [/without null bytes/, MISTAKE];

/**
 * Programs against the APIs of Bun and Deno, which use every corner of them; programs/ has their files. They are few,
 * so the gate runs them all.
 *
 * @type {Record<string, Job[]>}
 */
export const programs = {
  bun: [
    {
      name: "bun/ends",
      originals: [
        ABORTED,
        [/killSignal must be/, MISTAKE],
        [/"timeout" is out of range/, MISTAKE],
        [/stdout must be an fd/, MISTAKE],
      ],
    },
    { name: "bun/ipc", originals: [CHANNEL] },
    { name: "bun/stdio" },
    { name: "bun/streams" },
    {
      name: "bun/sync",
      originals: [ABORTED, NULL_BYTES, [/cmd must not be empty/, MISTAKE]],
    },
    { name: "bun/terminal" },
  ].map(asProgram),
  deno: [
    { name: "deno/command.test" },
    { name: "deno/ends", originals: [NULL_BYTES, [/stdin must be "piped"/, MISTAKE]] },
    { name: "deno/ipc" },
    { name: "deno/streams" },
    { name: "deno/sync", originals: [NULL_BYTES, [/stdin must not be "piped"/, MISTAKE]] },
  ].map(asProgram),
};

function asProgram(job) {
  return { ...job, file: `${job.name}.mjs`, quick: true };
}
