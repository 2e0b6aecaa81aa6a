/**
 * What goes to JSR, and whether JSR would take it: `node scripts/jsr.mjs [FOLDER]` writes the packages into FOLDER
 * (default: one of its own, removed at the end) and lets Deno publish them without publishing.
 *
 * JSR takes the TypeScript itself, with real file names in its imports; ours name what they become, as npm wants it.
 * Versions and names come from each package.json, so nothing is written down twice. The native part stays on npm,
 * because a module from JSR has no folder to keep a library in.
 *
 * Nothing is looked up: the packages find each other and, in node_modules, the native one. So it is not seen here
 * whether the names are ours on JSR and whether the native package of that version is on npm.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { path } from "./runtimes.mjs";

const packages = fileURLToPath(new URL("../packages", import.meta.url));
const read = (name) => JSON.parse(readFileSync(join(packages, name, "package.json"), "utf8"));
const native = read("native-linux");
const version = (name) => `^${read(name).version}`;

/** A name of ours on JSR, and each of its subpaths, as an import map has them. */
const jsr = (name, ...subpaths) =>
  Object.fromEntries(
    ["", ...subpaths].map((path) => [`@ringspawn/${name}${path}`, `jsr:@ringspawn/${name}@${version(name)}${path}`]),
  );

/** On JSR every name has a scope, and its umbrella is Deno's: no condition chooses there. */
const members = {
  core: { entries: { ".": "index.ts", "./seam": "seam.ts", "./pool": "faces/pool.ts" }, imports: {} },
  "adapter-deno": {
    entries: { ".": "index.ts" },
    imports: { ...jsr("core", "/seam"), [native.name]: `npm:${native.name}@^${native.version}` },
  },
  ringspawn: {
    entries: { ".": "index.ts", "./deno": "deno.ts", "./pool": "pool.ts" },
    imports: { "#adapter": `jsr:@ringspawn/adapter-deno@${version("adapter-deno")}`, ...jsr("core", "/pool") },
  },
};

/** The files that `entry` reaches by relative imports: no test, no command line. */
function reached(folder, entry, found = new Set()) {
  if (found.has(entry)) return found;
  found.add(entry);
  const source = readFileSync(join(folder, entry), "utf8");
  for (const [, specifier] of source.matchAll(/(?:from|import\()\s*"(\.{1,2}\/[^"]+)\.js"/g)) {
    reached(folder, join(dirname(entry), `${specifier}.ts`), found);
  }
  return found;
}

/** Writes one package and returns how many files of TypeScript it has. */
function write(to, name, { entries, imports }) {
  const { version, license, name: npmName } = read(name);
  const found = new Set();
  for (const entry of Object.values(entries)) reached(join(packages, name, "src"), entry, found);
  const files = [...found].sort();
  for (const file of files) {
    const source = readFileSync(join(packages, name, "src", file), "utf8");
    mkdirSync(dirname(join(to, name, "src", file)), { recursive: true });
    writeFileSync(join(to, name, "src", file), source.replace(/((?:from|import\()\s*"\.{1,2}\/[^"]+)\.js"/g, '$1.ts"'));
  }
  cpSync(join(packages, name, "LICENSE"), join(to, name, "LICENSE"));
  const scoped = npmName.startsWith("@") ? npmName : `@ringspawn/${npmName}`;
  const exports = Object.fromEntries(Object.entries(entries).map(([path, entry]) => [path, `./src/${entry}`]));
  const manifest = { name: scoped, version, license, exports, imports };
  writeFileSync(join(to, name, "deno.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return files.length;
}

const given = process.argv[2];
const to = given ?? mkdtempSync(join(tmpdir(), "ringspawn-jsr-"));
if (given !== undefined) {
  mkdirSync(to, { recursive: true });
  if (readdirSync(to).length > 0) throw new Error(`${to} is not empty`);
}
let failed = 0;
try {
  for (const [name, member] of Object.entries(members)) {
    console.log(`${name}: ${write(to, name, member)} files`);
  }
  const root = { workspace: Object.keys(members).map((name) => `./${name}`), nodeModulesDir: "manual", lock: false };
  writeFileSync(join(to, "deno.json"), JSON.stringify(root));
  // As npm would bring it: copied, for through a link Deno sees a folder of somebody's own.
  const modules = join(to, "node_modules");
  for (const part of ["core/dist", "core/package.json"].concat(native.files.map((file) => `native-linux/${file}`))) {
    cpSync(join(packages, part), join(modules, "@ringspawn", part), { recursive: true });
  }
  cpSync(join(packages, "native-linux", "package.json"), join(modules, native.name, "package.json"));
  // Deno checks whatever names a node: module by these types, which it would fetch.
  const types = "@types/node";
  mkdirSync(join(modules, "@types"));
  for (const name of [types, ...Object.keys(native.dependencies).filter((name) => !name.startsWith("@ringspawn/"))]) {
    symlinkSync(join(packages, "native-linux", "node_modules", name), join(modules, name));
  }
  const dependencies = { [native.name]: native.version, [types]: native.devDependencies[types] };
  writeFileSync(join(to, "package.json"), JSON.stringify({ private: true, type: "module", dependencies }));

  const check = (name, cwd, args, isFine) => {
    const env = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
    const { status, stdout, stderr } = spawnSync(path("deno"), args, { cwd, encoding: "utf8", env });
    const ok = status === 0 && isFine(stdout, stderr);
    if (!ok) failed += 1;
    console.log(ok ? `${name}: ok` : `${name}: FAILED with status ${status}\n${stdout}${stderr}`);
  };
  // Slow types are an error of Deno's own; a warning of any kind is one here.
  for (const name of Object.keys(members)) {
    check(name, join(to, name), ["publish", "--dry-run", "--allow-dirty", "--no-remote"], (stdout, stderr) => {
      return /Dry run complete/.test(stdout + stderr) && !/warning/i.test(stdout + stderr);
    });
  }
  const use = 'console.log((await new Command("true").output()).engine);';
  writeFileSync(join(to, "line.ts"), `import { Command } from "@ringspawn/ringspawn";\n${use}\n`);
  check("run", to, ["run", "-A", "--no-remote", "line.ts"], (stdout, stderr) => `${stdout}${stderr}` === "vfork\n");
} finally {
  if (given === undefined) rmSync(to, { recursive: true });
}
console.log(`${Object.keys(members).length + 1 - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
