/**
 * The benchmark of the talk that promised io_uring_spawn: from the start of a spawn to the child's first instruction,
 * and for how long the parent is held; in a parent with nothing, with 1 GB allocated, with 1 GB allocated and touched.
 *
 *   npm run bench:spawn [-- --runs 2000] [--fork-runs 50] [--js-runs 200] [--js-touched-runs 25] [--fds 0]
 *                          [--json FILE]
 *   npm run -s lab -- --memory 4096 --cpus 2 node bench/spawn/run.ts --json - >FILE      where there is io_uring_spawn
 *
 * --fork-runs: of fork, once the memory is touched. --js-touched-runs: of all from JavaScript, then; --js-runs 0 leaves
 * JavaScript out. --fds: how many descriptors the parent has open besides. --note: what a reader of the figures should
 * know besides; in the lab, how busy the host was. Where the lab counts instructions (boot --icount), it is these.
 *
 * main.c measures what C can call, first.ts the same from JavaScript in each runtime. document.ts makes
 * docs/spawn-benchmark.md of two such FILEs.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { release, version } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile, toolchain } from "../../packages/native-linux/build.mjs";
import { buildAll, buildClock } from "../lib/build.ts";
import { machine, load } from "../lib/machine.ts";
import { commandOf, RUNTIMES } from "../lib/runtimes.ts";
import { TOOLS } from "../lib/tools.ts";
import { report } from "./report.ts";
import type { Result } from "./result.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "2000" },
    "fork-runs": { type: "string", default: "50" },
    "js-runs": { type: "string", default: "200" },
    "js-touched-runs": { type: "string", default: "25" },
    fds: { type: "string", default: "0" },
    json: { type: "string" },
    note: { type: "string" },
  },
});
const MEGABYTES = 1024;
const sources = fileURLToPath(new URL(".", import.meta.url));

function fromC(): Pick<Result, "ways" | "rings"> {
  const clock = buildClock(3);
  const main = join(clock.directory, "main");
  const files = readdirSync(sources).filter((name) => name.endsWith(".c"));
  const objects: string[] = compile(toolchain(), "release");
  const flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread"];
  execFileSync("cc", [...flags, "-o", main, ...files.map((name) => join(sources, name)), ...objects]);
  const args = [values.runs, values["fork-runs"], String(MEGABYTES), values.fds];
  const said = execFileSync(main, args, { env: { PATH: clock.path }, encoding: "utf8" });
  return JSON.parse(said) as Pick<Result, "ways" | "rings">;
}

function fromJavaScript(): Result["runtimes"] {
  if (values["js-runs"] === "0") return [];
  const clock = buildClock(1);
  const program = fileURLToPath(new URL("first.ts", import.meta.url));
  // The runtimes look for other things too, but for the child first here.
  const env = { ...process.env, [TOOLS]: buildAll(), PATH: [clock.path, process.env["PATH"]].join(delimiter) };
  const results = RUNTIMES.map((name) => {
    const [command, ...args] = commandOf(name, false);
    const counts = [values["js-runs"], values["js-touched-runs"], String(MEGABYTES)];
    const said = execFileSync(command, [...args, program, ...counts], { env, encoding: "utf8" });
    return JSON.parse(said) as Result["runtimes"][number];
  });
  return results;
}

function provenance(before: number): Result["provenance"] {
  const { processor, processors, emulated, instructions } = machine();
  return {
    date: new Date().toISOString().slice(0, 10),
    kernel: `${release()} ${version()}`,
    processor,
    processors,
    emulated,
    load: [before, load()],
    note: values.note,
    instructions,
    fds: Number(values.fds),
    megabytes: MEGABYTES,
  };
}

const before = load();
const measured = { ...fromC(), runtimes: fromJavaScript() };
const result: Result = { provenance: provenance(before), ...measured };
const json = JSON.stringify(result, null, 1);
console.log(values.json === "-" ? json : report(result));
if (values.json !== undefined && values.json !== "-") writeFileSync(values.json, `${json}\n`);
