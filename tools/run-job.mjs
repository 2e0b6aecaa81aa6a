/** Runs one job once, in a directory of its own, and says all that came of it. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { captureApart } from "./capture.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
/** Short, because programs make sockets in it, whose paths may have 107 bytes. */
const scratch = mkdtempSync(join(tmpdir(), "ringspawn-tools-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

/**
 * How each family of runtimes gets a file that runs before the program, and in Node before every Node child of it; and
 * what observes the run without register.
 */
const families = {
  node: { observer: join(here, "observe.cjs"), preload: (/** @type {string} */ url) => [] },
  bun: { observer: join(here, "observe-bun.ts"), preload: (/** @type {string} */ url) => ["--preload", fileURLToPath(url)] },
  deno: { observer: join(here, "observe-deno.ts"), preload: (/** @type {string} */ url) => ["--preload", url] },
};

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
  const family = families[familyOf(runtime)];
  const url = register ?? pathToFileURL(family.observer).href;
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
    ...(familyOf(runtime) === "node" && { NODE_OPTIONS: `--import=${url}` }),
    ...more,
  };
  const [command, ...args] = commandOf(job, familyOf(runtime), family.preload(url));
  const ended = await captureApart(join(places.bin, command), args, { cwd: places.work, env, timeout: 120_000 });
  const tidy = (text) => normalize(text, Object.entries(places), job);
  const leaves = (job.leaves ?? []).map((file) => {
    const path = join(places.work, file);
    return [file, existsSync(path) ? tidy(readFileSync(path, "utf8")) : undefined];
  });
  const lines = existsSync(trace) ? readFileSync(trace, "utf8").trimEnd().split("\n") : [];
  return {
    end: ended.end,
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
  if (family === "bun") return ["bun", ...preload, file];
  return file.endsWith(".test.ts")
    ? ["deno", "test", "-A", "--no-check", ...preload, file]
    : ["deno", "run", "-A", "--no-check", ...preload, file];
}

/** Fresh directories, whose paths are the same in both runs: of the job's files, of commands, home, and for the rest. */
function makePlaces(job, runtime) {
  const base = join(here, "build", `${job.name}-${runtime.name}`);
  const places = { work: join(base, "work"), bin: join(base, "bin"), home: join(scratch, "home"), tmp: join(scratch, "tmp") };
  for (const directory of [base, places.home, places.tmp]) rmSync(directory, { recursive: true, force: true });
  for (const directory of Object.values(places)) mkdirSync(directory, { recursive: true });
  writeFileSync(join(places.home, ".gitconfig"), "[user]\n\tname = A\n\temail = a@example.org\n");
  symlinkSync(runtime.path, join(places.bin, familyOf(runtime)));
  if (job.file === undefined) {
    cpSync(join(here, "jobs", job.files ?? job.name), places.work, { recursive: true });
    linkCommands(packageOf(job, runtime), places.bin);
  } else {
    cpSync(join(here, "programs", familyOf(runtime), job.file), join(places.work, job.file));
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
  return (process.env.PATH ?? "").split(delimiter).filter((dir) => dir.startsWith("/") && !dir.includes("node_modules"));
}

function normalize(text, places, { varies = [], unordered }) {
  let out = text;
  for (const [name, place] of places) out = out.replaceAll(place, name.toUpperCase());
  out = out.replace(/\b\d+(\.\d+)?\s?(ms|s|µs|seconds?)\b/g, "TIME").replace(/\b\d\d?:\d\d:\d\d( [AP]M)?/g, "CLOCK");
  out = out.replace(/\(node:\d+\)/g, "(node:PID)");
  for (const [pattern, word] of varies) out = out.replace(pattern, word);
  return unordered ? out.split("\n").sort().join("\n") : out;
}
