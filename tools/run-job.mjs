/** Runs one job once, in a directory of its own, and says all that came of it. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { capture } from "../scripts/stage.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
/** Below this directory, so that the jobs find their packages; of this run alone, as another may be under way. */
mkdirSync(join(here, "build"), { recursive: true });
const ground = mkdtempSync(join(here, "build", "run-"));
/** Short, because programs make sockets in it, whose paths may have 107 bytes. */
const scratch = mkdtempSync(join(tmpdir(), "ringspawn-tools-"));
process.on("exit", () => {
  for (const directory of [ground, scratch]) rmSync(directory, { recursive: true, force: true });
});

/** What observes the run without register. */
const observers = { node: "observe.cjs", bun: "observe-bun.mjs", deno: "observe-deno.mjs" };

/** @param {import("./runtimes.mjs").Runtime} runtime */
export function familyOf({ name }) {
  return name.replace(/\d+$/, "");
}

/**
 * @typedef {object} Preloaded
 * @property {string | undefined} register URL of ringspawn/register; without one the run is only observed
 * @property {Record<string, string>} [env]
 */

/**
 * @param {import("./tools.mjs").Job} job
 * @param {import("./runtimes.mjs").Runtime} runtime
 * @param {Preloaded} preloaded
 * @returns {Promise<import("./verdict.mjs").Ran>}
 */
export async function runJob(job, runtime, { register, env: more = {} }) {
  const family = familyOf(runtime);
  const preload = register ?? pathToFileURL(join(here, observers[family])).href;
  const trace = join(scratch, "trace");
  const places = makePlaces(job, runtime);
  rmSync(trace, { force: true });
  const env = {
    PATH: [places.bin, join(here, "node_modules", ".bin"), ...systemPath()].join(delimiter),
    HOME: places.home,
    TMPDIR: places.tmp,
    LANG: "C.UTF-8",
    NO_COLOR: "1",
    GIT_CONFIG_NOSYSTEM: "1",
    TOOL: packageOf(job, runtime),
    [register === undefined ? "TOOLS_OBSERVED" : "RINGSPAWN_TRACE"]: trace,
    // Node's children have it from the environment.
    ...(family === "node" && { NODE_OPTIONS: `--import=${preload}` }),
    ...more,
  };
  const [command, ...args] = commandOf(job, family, preload);
  const ended = await capture(join(places.bin, command), args, { cwd: places.work, env, timeout: 120_000 });
  const tidy = (text) => normalize(text, Object.entries(places), job);
  const leaves = (job.leaves ?? []).map((file) => {
    const path = join(places.work, file);
    return [file, existsSync(path) ? tidy(readFileSync(path, "utf8")) : undefined];
  });
  const lines = existsSync(trace) ? readFileSync(trace, "utf8").trimEnd().split("\n") : [];
  return {
    end: ended.code === 124 ? "no end within two minutes" : (ended.signal ?? `status ${ended.code}`),
    stdout: tidy(ended.stdout),
    stderr: tidy(ended.stderr),
    files: Object.fromEntries(leaves),
    spawns: lines.map((line) => JSON.parse(line)),
  };
}

/** The package in the version that this runtime can run. */
function packageOf(job, { name }) {
  return (name === "node20" && job.inNode20) || (job.tool ?? job.name);
}

function commandOf({ command, file }, family, preload) {
  if (file === undefined) return command ?? ["node", "job.mjs"];
  if (family === "bun") return ["bun", "--preload", fileURLToPath(preload), basename(file)];
  const verb = file.endsWith(".test.mjs") ? "test" : "run";
  return ["deno", verb, "-A", "--no-check", "--preload", preload, basename(file)];
}

/** Fresh directories, with the same paths in both runs: the job's files, its commands, home, temporary files. */
function makePlaces(job, runtime) {
  const base = join(ground, `${runtime.name}-${basename(job.name)}`);
  const [work, bin, home, tmp] = [join(base, "work"), join(base, "bin"), join(scratch, "home"), join(scratch, "tmp")];
  const places = { work, bin, home, tmp };
  for (const directory of [base, home, tmp]) rmSync(directory, { recursive: true, force: true });
  for (const directory of Object.values(places)) mkdirSync(directory, { recursive: true });
  writeFileSync(join(home, ".gitconfig"), "[user]\n\tname = A\n\temail = a@example.org\n");
  symlinkSync(runtime.path, join(bin, familyOf(runtime)));
  if (job.file === undefined) {
    cpSync(join(here, "jobs", job.files ?? job.name), work, { recursive: true });
    linkCommands(packageOf(job, runtime), bin);
  } else {
    cpSync(join(here, "programs", job.file), join(work, basename(job.file)));
  }
  return places;
}

/** Links to the commands of a package, so that they are found by name in whichever version is meant. */
function linkCommands(name, directory) {
  const folder = join(here, "node_modules", name);
  const { bin = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const commands = typeof bin === "string" ? { [name]: bin } : bin;
  for (const [command, file] of Object.entries(commands)) symlinkSync(join(folder, file), join(directory, command));
}

/** The workspace's own node_modules/.bin must not help a tool to what it lacks. */
function systemPath() {
  const isSystem = (directory) => directory.startsWith("/") && !directory.includes("node_modules");
  return (process.env.PATH ?? "").split(delimiter).filter(isSystem);
}

/** What differs between any two runs. */
const ALWAYS_VARIES = [
  [/\b\d+(\.\d+)?\s?(ms|s|µs|seconds?)\b/g, "TIME"],
  [/\b\d\d?:\d\d:\d\d( [AP]M)?/g, "CLOCK"],
  [/\(node:\d+\)/g, "(node:PID)"],
];

function normalize(text, places, { varies = [], unordered }) {
  let out = text;
  for (const [name, place] of places) out = out.replaceAll(place, name.toUpperCase());
  for (const [pattern, word] of [...ALWAYS_VARIES, ...varies]) out = out.replace(pattern, word);
  return unordered ? out.split("\n").sort().join("\n") : out;
}
