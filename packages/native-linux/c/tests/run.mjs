/**
 * Builds the engine with ASan and UBSan, builds every test beside this file, runs each in a process group
 * of its own and prints one line each. A test that begins with a "variant: NAME" comment is linked with that
 * variant of build.mjs instead. Tests are found by looking: every *.c here but show.c and fuzz_*.c; those that
 * say "executor: NAME" are for that executor alone.
 *
 *   node run.mjs [--executor vfork|io_uring] [--build-only] [--lab] [name…]
 *
 * --lab  builds here, and runs under the lab's kernel
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile, makeProgram, toolchain } from "../../build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "..", "build", "tests");
const SECONDS = 300;
/** What a test is linked with, by its variant of build.mjs. */
const SANITIZERS = {
  sanitize: ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"],
  faults: ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-DRS_FAULTS"],
  thread: ["-fsanitize=thread"],
  release: [],
};

const tools = toolchain();
const { values: options, positionals: wanted } = parseArgs({
  options: {
    executor: { type: "string", default: "vfork" },
    "build-only": { type: "boolean", default: false },
    lab: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const warnings = ["-Wall", "-Wextra", "-Wswitch-enum", "-Werror", ...(tools.clang ? [] : ["-Wno-format-truncation"])];
const include = ["-I", join(here, "..", "include"), "-I", join(here, "..")];
const flags = ["-std=gnu11", "-D_GNU_SOURCE", ...warnings, "-g", "-O1", "-pthread", ...include];

function run(program) {
  return new Promise((resolve) => {
    const child = spawn(program, [], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      cwd: out,
      env: {
        ...process.env,
        RS_TEST_EXECUTOR: options.executor,
        ASAN_OPTIONS: "detect_leaks=1:abort_on_error=0:exitcode=1:handle_segv=1",
        UBSAN_OPTIONS: "print_stacktrace=1",
      },
    });
    let said = "";
    child.stdout.on("data", (data) => (said += data));
    child.stderr.on("data", (data) => (said += data));
    const timer = setTimeout(() => {
      said += `\nno end after ${SECONDS} s`;
      process.kill(-child.pid, "SIGKILL");
    }, SECONDS * 1000);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, said: said.trim() });
    });
  });
}

if (process.platform !== "linux") {
  console.log("SKIP  the engine is for Linux");
  console.log("0 passed, 0 failed, 1 skipped");
  process.exit(77);
}

mkdirSync(out, { recursive: true });
makeProgram(tools, flags, join(here, "show.c"), [], join(out, "show"));

const about = (source) => /^(?:\/\* | \* )executor: (\w+)/m.exec(readFileSync(source, "utf8"))?.[1] ?? options.executor;
const tests = readdirSync(here)
  .filter((name) => name.endsWith(".c") && name !== "show.c" && !name.startsWith("fuzz_"))
  .map((name) => name.slice(0, -2))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .filter((name) => about(join(here, `${name}.c`)) === options.executor)
  .sort();
const count = { passed: 0, failed: 0, skipped: 0 };
for (const name of tests) {
  const source = join(here, `${name}.c`);
  const variant = /^\/\* variant: (\w+)/.exec(readFileSync(source, "utf8"))?.[1] ?? "sanitize";
  const program = join(out, name);
  const started = performance.now();
  try {
    makeProgram(tools, [...flags, ...SANITIZERS[variant]], source, compile(tools, variant), program);
  } catch (error) {
    count.failed++;
    console.log(`FAILED  ${name}  does not build: ${error.message.split("\n")[0]}`);
    continue;
  }
  if (options["build-only"] || options.lab) continue;
  const built = performance.now();
  const { code, signal, said } = await run(program);
  const verdict = code === 0 ? "passed" : code === 77 ? "skipped" : "failed";
  count[verdict]++;
  const how = signal === null ? "" : ` (${signal})`;
  console.log(
    `${verdict.toUpperCase().padEnd(7)} ${name}${how}  ${((performance.now() - built) / 1000).toFixed(1)} s, ` +
      `built in ${((built - started) / 1000).toFixed(1)} s${variant === "sanitize" ? "" : `, ${variant}`}`,
  );
  if (said !== "") console.log(said.replace(/^/gm, "        "));
}

if (options["build-only"] || (options.lab && count.failed > 0)) process.exit(count.failed > 0 ? 1 : 0);
if (options.lab) {
  const boot = join(here, "..", "..", "..", "..", "kernel", "boot");
  const again = [process.execPath, fileURLToPath(import.meta.url), "--executor", options.executor, ...wanted];
  process.exit(spawnSync(boot, again, { stdio: "inherit" }).status ?? 1);
}
if (tests.length === 0) console.log(`no test is called ${wanted.join(", ")}`);
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed > 0 || count.passed === 0 ? 1 : 0);
