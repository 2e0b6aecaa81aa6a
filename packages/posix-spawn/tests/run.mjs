/**
 * libringspawn-posix.so against libc's own posix_spawn: the cases of cases.c, once without and once with the preload,
 * compared case by case; then real programs, the same way. Every run under the preload also looks at its trace: who
 * served each spawn.
 *
 *   node run.mjs --engine vfork|io_uring|libc [--only cases|programs]
 */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeProgram, toolchain } from "../../native-linux/build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..");
const { values: options } = parseArgs({
  options: { engine: { type: "string", default: "vfork" }, only: { type: "string" } },
});
const tools = toolchain();
const library = join(root, "prebuilds", tools.name, "libringspawn-posix.so");
if (!existsSync(library)) {
  console.log(`${library} is not built (node packages/posix-spawn/build.mjs)\n0 passed, 1 failed`);
  process.exit(1);
}
const scratch = mkdtempSync(join(tmpdir(), "ringspawn-posix-"));
chmodSync(scratch, 0o777); // some cases give their ids away
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

const count = { passed: 0, failed: 0 };
function verdict(name, problem) {
  count[problem === "" ? "passed" : "failed"]++;
  if (problem !== "") console.log(`FAILED  ${name}\n${problem.replace(/^/gm, "        ")}`);
}

/** Both runs in a directory of the same name: it is part of what they print. */
function run(command, args, engine, more = {}) {
  const directory = join(scratch, "run");
  const trace = join(scratch, "trace");
  rmSync(directory, { recursive: true, force: true });
  rmSync(trace, { force: true });
  mkdirSync(directory, { mode: 0o777 });
  const preload = { LD_PRELOAD: library, RINGSPAWN_POSIX_ENGINE: engine, RINGSPAWN_POSIX_TRACE: trace };
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    cwd: directory,
    env: { ...process.env, ...more, ...(engine === undefined ? {} : preload) },
    encoding: "utf8",
    timeout: 280_000,
    maxBuffer: 1 << 26,
  });
  const lines = existsSync(trace) ? readFileSync(trace, "utf8").trim().split("\n") : [];
  return { said: `${stdout}${stderr}status ${status} ${signal} ${error ?? ""}`, lines };
}

function casesOf(said) {
  return new Map(
    said
      .split(/^case /m)
      .slice(1)
      .map((text) => [text.slice(0, text.indexOf("\n")), text]),
  );
}

/** `wanted`: who must serve. */
function compare(label, command, args, wanted) {
  const theirs = casesOf(run(command, args).said);
  const ours = casesOf(run(command, args, options.engine, { WANTED: wanted }).said);
  for (const [name, text] of theirs) {
    const got = ours.get(name) ?? "(nothing)";
    verdict(label + name, got === text ? "" : `libc:\n${text}ours:\n${got}`);
  }
  if (theirs.size < 100) verdict(`${label}cases`, `only ${theirs.size}`);
}

if (options.only !== "programs") {
  const program = join(root, "build", "tests", "posix-cases");
  const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-misleading-indentation", "-O1", "-g", "-pthread"];
  makeProgram(tools, flags, join(here, "cases.c"), [], program);
  const refuse = join(root, "build", "tests", "posix-refuse");
  makeProgram(tools, flags, join(here, "refuse.c"), [], refuse);
  compare("", program, [], options.engine);
  if (options.engine === "vfork") {
    // clone3, as containers do; close_range, without which libc closes fds. The numbers of every machine.
    compare("without clone3: ", refuse, ["435", "--", program], "vfork");
    compare("without close_range: ", refuse, ["436", "--", program], "any");
    // What libc's own spawn does not call, a filter may kill for: close_range, epoll_create1, pidfd_open.
    const unused = ["436", process.arch === "x64" ? "291" : "20", "434"];
    const plain = join(root, "build", "tests", "posix-plain");
    makeProgram(tools, flags, join(here, "plain.c"), [], plain);
    const { said, lines } = run(refuse, ["kill", ...unused, "--", plain], "vfork");
    const isWell = said === "status 0 null " && lines.length === 1 && lines[0].startsWith("vfork ");
    verdict("under a filter that kills", isWell ? "" : [said, ...lines].join("\n"));
    const fifo = join(scratch, "fifo");
    spawnSync("mkfifo", [fifo]);
    const env = { ...process.env, LD_PRELOAD: library, RINGSPAWN_POSIX_TRACE: fifo };
    const { status, signal } = spawnSync(plain, { env, timeout: 20_000, killSignal: "SIGKILL" });
    verdict("with a FIFO as its trace that nobody reads", status === 0 ? "" : `status ${status} ${signal}`);
  }
}

if (options.only !== "cases") {
  const { programs } = await import("./programs.mjs");
  for (const { name, command, args, env, spawns, files } of programs) {
    for (const [file, text] of Object.entries(files ?? {})) writeFileSync(join(scratch, file), text);
    const fill = (text) => text.replaceAll("{scratch}", scratch);
    const plain = run(command, args.map(fill), undefined, env);
    const under = run(command, args.map(fill), options.engine, env);
    const served = under.lines.filter((line) => line.startsWith(`${options.engine} `)).length;
    const problem = plain.said !== under.said ? `without:\n${plain.said}\nwith:\n${under.said}\n` : "";
    const all = under.lines.length;
    const few = served < spawns ? `only ${served} of ${all} spawns by ${options.engine}, wanted ${spawns}` : "";
    verdict(name, problem + few);
    console.log(`${name}: ${served} of ${all} spawns by ${options.engine}`);
  }
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed > 0 || count.passed === 0 ? 1 : 0);
