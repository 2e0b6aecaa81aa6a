/**
 * Fuzzes the request parser (fuzz_request.c) with libFuzzer, from sound requests made here. Exit 0: no
 * crash; 1: a crash; 77: there is no clang with libFuzzer on this machine.
 *
 *   node fuzz.mjs [--seconds 60]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile, toolchain } from "../../build.mjs";
import {
  ABI,
  EXECUTOR,
  FLAG,
  LIMIT,
  LIMIT_SET,
  LIMIT_SIZE,
  REQUEST,
  REQUEST_SIZE,
  SET,
  SLOT,
  SLOT_FLAGS,
  SLOT_KIND,
  SLOT_SIZE,
  SPAN,
} from "../../src/abi.gen.ts";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "..", "build", "fuzz");
const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
const seconds = Number(values.seconds);
if (!Number.isInteger(seconds) || seconds < 1) {
  throw new TypeError(`--seconds wants a whole number, not ${values.seconds}`);
}

const SANITIZERS = "-fsanitize=fuzzer,address,undefined";

/** Some clang that can link libFuzzer, or undefined. */
function findClang() {
  mkdirSync(out, { recursive: true });
  const source = join(out, "probe.c");
  writeFileSync(source, "int LLVMFuzzerTestOneInput(const char *d, long n) { return d == 0 && n == 1; }\n");
  const versions = [22, 21, 20, 19, 18, 17, 16, 15, 14].map((version) => `clang-${version}`);
  return [process.env["CLANG"], "clang", ...versions].find((name) => {
    if (name === undefined) return false;
    return spawnSync(name, [SANITIZERS, "-o", join(out, "probe"), source], { stdio: "ignore" }).status === 0;
  });
}

/** A request block: header, tables, strings. The parser takes any order, and src/encode.ts has another. */
function block({ flags = 0, set = 0, argv = ["true"], candidates = ["/bin/true"], env = [], ...rest }) {
  const { slots = [], limits = [], groups = [], affinity = [], cwd, root, cgroup, head = {} } = rest;
  const bytes = Buffer.alloc(8192);
  let end = REQUEST_SIZE;
  const span = (field, items, size, write) => {
    if (items.length === 0) return;
    end = Math.ceil(end / 8) * 8;
    bytes.writeUInt32LE(end, field + SPAN.offset);
    bytes.writeUInt32LE(items.length, field + SPAN.count);
    const table = end;
    end += items.length * size;
    items.forEach((item, i) => write(item, table + i * size));
  };
  const string = (text) => {
    const at = end;
    end += bytes.write(`${text}\0`, at);
    return at;
  };
  const u32 = (value, at) => bytes.writeUInt32LE(value >>> 0, at);
  u32(REQUEST_SIZE, REQUEST.size);
  u32(ABI, REQUEST.abi);
  u32(EXECUTOR.vfork, REQUEST.executor);
  u32(flags, REQUEST.flags);
  u32(set, REQUEST.set);
  const strings = [];
  const later = (item, at) => strings.push([item, at]);
  span(REQUEST.candidates, candidates, 4, later);
  span(REQUEST.argv, argv, 4, later);
  span(REQUEST.envp, env, 4, later);
  span(REQUEST.slots, slots, SLOT_SIZE, ({ path, rows = 0, cols = 0, ...words }, at) => {
    for (const [field, value] of Object.entries(words)) u32(value, at + SLOT[field]);
    bytes.writeUInt16LE(rows, at + SLOT.rows);
    bytes.writeUInt16LE(cols, at + SLOT.cols);
    if (path !== undefined) later(path, at + SLOT.path);
  });
  span(REQUEST.limits, limits, LIMIT_SIZE, ({ resource, which, soft, hard }, at) => {
    u32(resource, at + LIMIT.resource);
    u32(which, at + LIMIT.set);
    bytes.writeBigUInt64LE(soft, at + LIMIT.soft);
    bytes.writeBigUInt64LE(hard, at + LIMIT.hard);
  });
  span(REQUEST.groups, groups, 4, u32);
  span(REQUEST.affinity, affinity, 1, (byte, at) => bytes.writeUInt8(byte, at));
  for (const [text, at] of strings) u32(string(text), at);
  for (const [field, text] of Object.entries({ cwd, root, cgroup })) {
    if (text !== undefined) u32(string(text), REQUEST[field]);
  }
  for (const [field, value] of Object.entries(head)) u32(value, REQUEST[field]);
  return bytes.subarray(0, end);
}

function seeds() {
  const fd = (target, from, flags = 0) => ({ target, kind: SLOT_KIND.fd, fd: from, flags });
  const stdio = [{ target: 0, kind: SLOT_KIND.null }, { target: 1, kind: SLOT_KIND.pipeOut }, fd(2, 2)];
  const more = [
    { target: 5, kind: SLOT_KIND.pipeIn, flags: SLOT_FLAGS.raw },
    { target: 9, kind: SLOT_KIND.file, path: "/dev/null" },
  ];
  const cycle = [fd(0, 1), fd(1, 2), fd(2, 0), fd(3, 3), fd(4, 3)];
  const bothWays = [
    { target: 3, kind: SLOT_KIND.socket },
    { target: 4, kind: SLOT_KIND.socket, flags: SLOT_FLAGS.raw },
    { target: 5, kind: SLOT_KIND.pty, rows: 24, cols: 80 },
    { target: 6, kind: SLOT_KIND.pty, rows: 24, cols: 80 },
    fd(7, 4, SLOT_FLAGS.given),
    fd(8, 5, SLOT_FLAGS.given),
  ];
  const limits = [
    { resource: 7, which: LIMIT_SET.soft, soft: 10n, hard: 0n },
    { resource: 4, which: LIMIT_SET.soft | LIMIT_SET.hard, soft: 0n, hard: 0xffff_ffff_ffff_ffffn },
  ];
  const head = { namespaces: 0x7e020080, dieSignal: 15, signalsDefault: 0xffff, signalsIgnore: 1, signalMask: 6 };
  const chained = Array.from({ length: 100 }, (_, i) => fd(i * 2, i * 2 + 2));
  const paths = { cwd: "/tmp", root: "/", cgroup: "/sys/fs/cgroup" };
  const all = Object.values(SET).reduce((bits, bit) => bits | bit, 0);
  const { inheritEnv, shellFallback, session, noNewPrivileges, keepFds } = FLAG;
  const searched = { candidates: ["/usr/local/bin/x", "/usr/bin/x", "/bin/x"], argv: ["x", "", "a b"] };
  return [
    block({}),
    block({ flags: inheritEnv, slots: stdio, ...searched }),
    block({
      flags: shellFallback | session | noNewPrivileges,
      env: ["A=1", "B="],
      slots: [...stdio, ...more],
      ...paths,
    }),
    block({ slots: cycle }),
    block({ slots: bothWays }),
    block({ set: all & ~SET.cgroupFd, limits, groups: [1, 2, 3], affinity: [3, 0, 1], head }),
    block({ set: SET.cgroupFd, slots: chained, flags: keepFds, head: { cgroupFd: 7 } }),
  ];
}

const clang = process.platform === "linux" ? findClang() : undefined;
if (clang === undefined) {
  console.log("SKIPPED: NOTHING WAS FUZZED.");
  console.log("It needs Linux and a clang with libFuzzer (Debian: clang libclang-rt-14-dev).");
  process.exit(77);
}

const corpus = join(out, "corpus");
rmSync(corpus, { recursive: true, force: true });
mkdirSync(corpus, { recursive: true });
seeds().forEach((seed, i) => writeFileSync(join(corpus, `seed-${i}`), seed));

const program = join(out, "fuzz_request");
const objects = compile(toolchain({ cc: clang, cxx: clang }), "fuzz");
const include = ["-I", join(here, "..", "include"), "-I", join(here, "..")];
const flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-O1", "-pthread", ...include];
const sources = [join(here, "fuzz_request.c"), ...objects];
const sanitizers = [SANITIZERS, "-fno-sanitize-recover=all"];
execFileSync(clang, [...flags, ...sanitizers, "-o", program, ...sources], { stdio: "inherit" });
for (const name of readdirSync(corpus)) {
  const seed = spawnSync(program, [join(corpus, name)], { cwd: out, env: { ...process.env, RS_FUZZ_SEED: "1" } });
  if (seed.status === 0) continue;
  console.log(`${name} is refused, and so is no seed`);
  process.exit(1);
}
const { status, signal, stderr } = spawnSync(
  program,
  [`-max_total_time=${seconds}`, "-max_len=8192", `-artifact_prefix=${out}/`, corpus],
  { stdio: ["ignore", "inherit", "pipe"], cwd: out, encoding: "utf8", maxBuffer: 1 << 28 },
);
// Thousands of lines about single inputs would hide the few that tell something.
const telling = stderr.split("\n").filter((line) => line !== "" && !/^#\d+\t|# Uses: |Recommended dict/.test(line));
console.log(telling.join("\n"));
console.log(`${readdirSync(corpus).length} inputs in the corpus`);
if (status !== 0) console.log(`THE PARSER FAILED (${signal ?? status}): the input is in ${out}/`);
// Not libFuzzer's own status: for a crash that is 77, which here means skipped.
process.exit(status === 0 ? 0 : 1);
