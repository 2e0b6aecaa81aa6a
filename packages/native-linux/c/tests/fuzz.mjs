/**
 * Fuzzes the request parser (fuzz_request.c) with libFuzzer, from sound requests made here. Exit 0: no
 * crash; 1: a crash; 77: there is no clang with libFuzzer on this machine.
 *
 *   node fuzz.mjs [--seconds 60]
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile, toolchain } from "../../build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, "..", "..", "build", "fuzz");
const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
const seconds = Number(values.seconds);
if (!Number.isInteger(seconds) || seconds < 1) {
  throw new TypeError(`--seconds wants a whole number, not ${values.seconds}`);
}

const SANITIZERS = "-fsanitize=fuzzer,address,undefined";
const HEADER = 160;
const header = readFileSync(join(here, "..", "include", "ringspawn.h"), "utf8");
const ABI = Number(/^#define RS_ABI (\d+)u$/m.exec(header)?.[1]);

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

/** A request block, laid out as src/encode.ts does: header, tables, strings. */
function block({ flags = 0, set = 0, argv = ["true"], candidates = ["/bin/true"], env = [], ...rest }) {
  const { slots = [], limits = [], groups = [], affinity = [], cwd, root, cgroup, head = {} } = rest;
  const bytes = Buffer.alloc(8192);
  let end = HEADER;
  const span = (field, items, size, write) => {
    if (items.length === 0) return;
    end = Math.ceil(end / 8) * 8;
    bytes.writeUInt32LE(end, field);
    bytes.writeUInt32LE(items.length, field + 4);
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
  u32(HEADER, 0);
  u32(ABI, 4);
  u32(1, 8);
  u32(flags, 12);
  u32(set, 16);
  const strings = [];
  const later = (item, at) => strings.push([item, at]);
  span(24, candidates, 4, later);
  span(32, argv, 4, later);
  span(40, env, 4, later);
  span(48, slots, 24, ([target, kind, fd = 0, path], at) => {
    u32(target, at);
    u32(kind, at + 4);
    u32(fd, at + 8);
    if (path !== undefined) later(path, at + 12);
  });
  span(56, limits, 24, ([resource, which, soft, hard], at) => {
    u32(resource, at);
    u32(which, at + 4);
    bytes.writeBigUInt64LE(soft, at + 8);
    bytes.writeBigUInt64LE(hard, at + 16);
  });
  span(64, groups, 4, u32);
  span(72, affinity, 1, (byte, at) => bytes.writeUInt8(byte, at));
  for (const [text, at] of strings) u32(string(text), at);
  const paths = [
    [cwd, 80],
    [root, 84],
    [cgroup, 88],
  ];
  for (const [text, at] of paths) if (text !== undefined) u32(string(text), at);
  for (const [at, value] of Object.entries(head)) u32(value, Number(at));
  return bytes.subarray(0, end);
}

function seeds() {
  const stdio = [
    [0, 0],
    [1, 3],
    [2, 1, 2],
  ];
  const more = [
    [5, 2],
    [9, 4, 0, "/dev/null"],
  ];
  const cycle = [
    [0, 1, 1],
    [1, 1, 2],
    [2, 1, 0],
    [3, 1, 3],
    [4, 1, 3],
  ];
  const limits = [
    [7, 1, 10n, 0n],
    [4, 3, 0n, 0xffff_ffff_ffff_ffffn],
  ];
  // namespaces, death signal, and the three signal sets
  const head = { 20: 0x7e020080, 132: 15, 136: 0xffff, 144: 1, 152: 6 };
  const chained = Array.from({ length: 100 }, (_, i) => [i * 2, 1, i * 2 + 2]);
  const paths = { cwd: "/tmp", root: "/", cgroup: "/sys/fs/cgroup" };
  return [
    block({}),
    block({ flags: 1, slots: stdio, candidates: ["/usr/local/bin/x", "/usr/bin/x", "/bin/x"], argv: ["x", "", "a b"] }),
    block({ flags: 2 | 8 | 16, env: ["A=1", "B="], slots: [...stdio, ...more], ...paths }),
    block({ slots: cycle }),
    block({ set: 0x7ff & ~0x200, limits, groups: [1, 2, 3], affinity: [3, 0, 1], head }),
    block({ set: 0x200, slots: chained, flags: 4, head: { 92: 7 } }),
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
