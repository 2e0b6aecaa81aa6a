/**
 * From a fresh clone to a built workspace, with any Node >= 20 and npm, and nothing installed before.
 *
 *   node scripts/setup.mjs [--tests] [--then SCRIPT [ARG…]]
 *
 * --tests  also what only the tests need (clang with libFuzzer, its formatter and linter, strace), and the lab that
 *          runs our own kernel (QEMU, gdb, what a kernel is built with)
 * --then   afterwards runs SCRIPT under the workspace's own Node, with its exit status
 *
 * Imports nothing that has to be installed first. One line per stage; a stage that fails says all it said.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { find } from "./runtimes.mjs";
import { capture, seconds } from "./stage.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const pnpm = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).packageManager;
const [major, minor] = process.versions.node.split(".").map(Number);

const argv = process.argv.slice(2);
const then = argv.includes("--then") ? argv.splice(argv.indexOf("--then")).slice(1) : [];
const forTests = argv.includes("--tests");

/** Ends with a message; nothing here is worth a stack trace. */
function stop(message) {
  console.error(`\n${message}`);
  process.exit(1);
}

/** Runs `work` as one stage and prints its line. `work` returns what to say after "ok", if anything. */
async function stage(name, work) {
  const start = performance.now();
  const said = await work();
  console.log(`${name.padEnd(13)} ok ${seconds(start).padStart(8)}${said ? `   ${said}` : ""}`);
}

/** Runs a program quietly; when it fails, prints all it said and ends. */
async function must(command, args, options) {
  const { code, output } = await capture(command, args, { cwd: root, ...options });
  if (code !== 0) stop(`${output.trimEnd()}\n\nFailed with status ${code}: ${command} ${args.join(" ")}`);
  return output;
}

/** First line of what a small program prints, or undefined when it is not there or fails. */
function ask(command, ...args) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout.split("\n")[0] : undefined;
}

/**
 * Environment for our own tools. npm tells its scripts about itself in npm_* variables, and pnpm would
 * take npm's settings for its own; those that say how to reach the registry are meant for any client.
 */
function environment() {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1", TURBO_NO_UPDATE_NOTIFIER: "1" };
  const reach = /^npm_config_(registry|@|\/\/|(https?_|no)?proxy$|noproxy$|cafile$|ca$|strict_ssl$|userconfig$)/i;
  for (const name of Object.keys(env)) if (/^npm_/i.test(name) && !reach.test(name)) delete env[name];
  // Ours first: turbo, tsup and the tests must not see the Node that happened to start us.
  const node = find("nodeLts");
  const first = [...(node ? [dirname(node)] : []), join(root, "node_modules", ".bin")];
  env.PATH = [...first, env.PATH ?? ""].join(delimiter);
  return env;
}

/** A system tool: how to see that it is there, and the Debian packages that bring it. */
const tools = [
  { name: "gcc", there: () => ask("gcc", "--version"), packages: () => ["gcc", "libc6-dev"] },
  { name: "g++", there: () => ask("g++", "--version"), packages: () => ["g++"] },
];
if (forTests) {
  // The version of `clang` is the distribution's choice; its run-time library is a package named after it.
  const runtime = () => {
    const { stdout } = spawnSync("apt-cache", ["depends", "clang"], { encoding: "utf8" });
    return `libclang-rt-${/clang-(\d+)/.exec(stdout ?? "")?.[1] ?? "14"}-dev`;
  };
  const fuzzer = () => {
    const folder = ask("clang", "-print-runtime-dir") ?? "";
    const resources = ask("clang", "-print-resource-dir") ?? "";
    return [folder, join(resources, "lib", "linux")].some(
      (place) => existsSync(place) && readdirSync(place).some((file) => file.startsWith("libclang_rt.fuzzer")),
    );
  };
  tools.push(
    { name: "clang", there: () => ask("clang", "--version"), packages: () => ["clang"] },
    { name: "clang's libFuzzer", there: fuzzer, packages: () => [runtime()] },
    { name: "clang-format", there: () => ask("clang-format", "--version"), packages: () => ["clang-format"] },
    { name: "clang-tidy", there: () => ask("clang-tidy", "--version"), packages: () => ["clang-tidy"] },
    { name: "strace", there: () => ask("strace", "--version"), packages: () => ["strace"] },
  );
}

/** The kernel lab: a stage of its own, as it is much more than the rest needs. Our patches are for x86-64. */
const inPath = (name, debian = name) => ({
  name,
  there: () => (process.env.PATH ?? "").split(delimiter).some((dir) => existsSync(join(dir, name))),
  packages: () => [debian],
});
const header = (file, debian) => ({
  name: `<${file}>`,
  there: () => spawnSync("gcc", ["-E", "-x", "c", "-"], { input: `#include <${file}>\n` }).status === 0,
  packages: () => [debian],
});
const lab = [
  ...["make", "flex", "bison", "bc", "patch", "perl", "cpio", "gdb", "strace"].map((name) => inPath(name)),
  inPath("xz", "xz-utils"),
  inPath("qemu-system-x86_64", "qemu-system-x86"),
  header("libelf.h", "libelf-dev"),
  header("openssl/ssl.h", "libssl-dev"),
];
const hasLab = process.platform === "linux" && process.arch === "x64";

async function install(list) {
  const missing = list.filter((tool) => !tool.there());
  if (missing.length === 0) return undefined;
  const names = missing.map((tool) => tool.name).join(", ");
  if (process.getuid?.() !== 0 || !ask("apt-get", "--version")) {
    const packages = missing.flatMap((tool) => tool.packages());
    stop(`Missing: ${names}. On Debian or Ubuntu, as root:\n  apt-get install ${packages.join(" ")}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const apt = async (...args) => {
    // Once more when it fails: mirrors and locks have bad moments.
    const first = await capture("apt-get", ["-q", "-y", ...args], { env });
    if (first.code !== 0) await must("apt-get", ["-q", "-y", ...args], { env });
  };
  await apt("update");
  const packages = missing.flatMap((tool) => tool.packages());
  await apt("install", "--no-install-recommends", ...packages);
  const still = missing.filter((tool) => !tool.there());
  const installed = packages.join(" ");
  const absent = still.map((tool) => tool.name).join(", ");
  if (absent) stop(`Still missing after installing ${installed}: ${absent}`);
  return `installed ${installed}`;
}

/** What the installed node_modules depend on. A change of any of it means installing again. */
function wanted() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${pnpm}`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(join(root, file)));
  const folders = ["packages", "."].flatMap((dir) => readdirSync(join(root, dir)).map((name) => join(root, dir, name)));
  for (const folder of folders) {
    const manifest = join(folder, "package.json");
    if (folder.endsWith("node_modules") || !existsSync(manifest)) continue;
    // pnpm's links: one of them gone (a `git clean` in one package, say) means installing again as well.
    hash.update(readFileSync(manifest)).update(String(existsSync(join(folder, "node_modules"))));
  }
  return hash.digest("hex");
}

async function packages() {
  const mark = join(root, "node_modules", ".setup");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted()) return "up to date";
  // CI=true: pnpm must never wait for an answer, for example before it replaces a node_modules it did not make.
  const env = { ...environment(), CI: "true" };
  await must("npx", ["--yes", pnpm, "install", "--frozen-lockfile"], { env });
  writeFileSync(mark, wanted());
  return undefined;
}

async function build() {
  const tasks = process.platform === "linux" ? ["build", "build:native"] : ["build"];
  const args = ["run", ...tasks, "--output-logs=errors-only", "--no-color"];
  const output = await must("turbo", args, { env: environment() });
  return /^\s*(?:Cached:.*cached|>>> FULL TURBO)/m.exec(output)?.[0].replace(/\s+/g, " ").trim();
}

if (major < 20) stop(`Node ${process.versions.node} is too old: ringspawn needs Node 20 or later.`);
if (process.platform === "linux") await stage("system tools", () => install(tools));
if (forTests && hasLab) await stage("kernel lab", () => install(lab));
await stage("packages", packages);
await stage("build", build);

if (then.length > 0) {
  // Tools of the workspace want Node >= 22.18; where there is no binary package for this machine, ours must do.
  const node = find("nodeLts") ?? (major > 22 || (major === 22 && minor >= 18) ? process.execPath : undefined);
  if (!node) stop(`The workspace has no Node for ${process.platform}-${process.arch}: start with Node >= 22.18.`);
  const { status, signal, error } = spawnSync(node, then, { cwd: root, stdio: "inherit", env: environment() });
  if (error) stop(error.message);
  process.exit(status ?? 128 + (signal ? constants.signals[signal] : 0));
}
