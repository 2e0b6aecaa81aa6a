/**
 * docs/compat.md, made from conformance/compat.ts. Fails when a member that a runtime or its types have is missing
 * there, when it has one that they have not, and when a test that it names does not exist.
 *
 *   node scripts/compat.mjs            writes it
 *   node scripts/compat.mjs --check    also fails when docs/compat.md is another one
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ts from "typescript";
import registerCases from "../conformance/node/register.ts";
import * as compat from "../conformance/compat.ts";
import { differences } from "../conformance/oracle/deno/differences.ts";
import { path } from "./runtimes.mjs";

const { values: options } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const file = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const problems = [];
const BUN_ORACLE = ["bun-spawn", "bun-ipc", "bun-terminal"].map((name) => `conformance/oracle/${name}.ts`);

const run = (command, args) => execFileSync(command, args, { encoding: "utf8", maxBuffer: 2 ** 26 });
const asked = (command, args, program) => JSON.parse(run(command, [...args, program]));

/* What each program below prints: the members by the object that has them. */

const denoMembers = () =>
  asked(
    path("deno"),
    ["eval"],
    `
    const keys = (object) => Reflect.ownKeys(object).map(String);
    const child = new Deno.Command("true", { stdout: "piped" }).spawn();
    const stream = keys(Object.getPrototypeOf(child.stdout));
    console.log(JSON.stringify({
      Deno: Object.keys(Deno).filter((name) => /^(Command|ChildProcess|kill|spawn.*)$/.test(name)),
      Command: keys(Deno.Command.prototype),
      ChildProcess: keys(Deno.ChildProcess.prototype),
      CommandStatus: keys(await child.status),
      CommandOutput: keys(await new Deno.Command("true").output()),
      SubprocessReadableStream: stream,
    }));`,
  );

const bunMembers = () =>
  asked(
    path("bun"),
    ["-e"],
    `
    const keys = (object) => Reflect.ownKeys(object).map(String);
    const isOwn = (name) => !/^(constructor$|Symbol)/.test(name);
    const child = Bun.spawn(["true"], { stdin: "pipe" });
    await child.exited;
    const sync = Bun.spawnSync(["sh", "-c", "kill $$"], { timeout: 9000, maxBuffer: 9000 });
    console.log(JSON.stringify({
      Bun: Object.keys(Bun).filter((name) => /^spawn/.test(name)),
      Subprocess: keys(Object.getPrototypeOf(child)),
      FileSink: keys(Object.getPrototypeOf(child.stdin)),
      SyncSubprocess: keys(sync),
      ResourceUsage: keys(Object.getPrototypeOf(sync.resourceUsage)).filter(isOwn),
    }));`,
  );

const nodeMembers = () =>
  asked(
    process.execPath,
    ["--input-type=module", "--eval"],
    `
    import * as childProcess from "node:child_process";
    const isPublic = (name) => !/^_|^Symbol\\((k|shapeMode)/.test(name);
    const keys = (object) => Reflect.ownKeys(object).map(String).filter(isPublic);
    const child = childProcess.fork(process.execPath, ["--version"], { silent: true, execPath: "true" });
    console.log(JSON.stringify({
      child_process: Object.keys(childProcess),
      ChildProcess: [...keys(childProcess.ChildProcess.prototype), ...keys(child)],
      "the result of spawnSync": keys(childProcess.spawnSync("true")),
    }));
    process.exit();`,
  );

/** The members of interfaces of this name in a file of declarations. */
function declared(source, ...names) {
  const found = [];
  const visit = (node) => {
    if (ts.isInterfaceDeclaration(node) && names.includes(node.name.text)) {
      found.push(...node.members.map((member) => member.name.getText(source)));
    }
    node.forEachChild(visit);
  };
  visit(source);
  return found;
}

const parsed = (name, text) => ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);

/** Calls back with every node of a file of the workspace. */
function walk(name, look) {
  const source = parsed(name, readFileSync(file(name), "utf8"));
  const visit = (node) => {
    look(node);
    node.forEachChild(visit);
  };
  visit(source);
}

/** The cases of Bun's oracle that differ on purpose, as those of Deno's are written. */
function bunDifferences() {
  const found = [];
  for (const name of BUN_ORACLE) {
    walk(name, (node) => {
      if (!ts.isVariableDeclaration(node) || !node.name.text?.endsWith("IMPROVED")) return;
      for (const { name, initializer } of node.initializer.properties.filter(ts.isPropertyAssignment)) {
        const texts = initializer.properties.map((property) => [property.name.text, property.initializer.text]);
        found.push({ question: name.text, ...Object.fromEntries(texts) });
      }
    });
  }
  return found;
}

/** The names of tests, each with where it is. */
function testNames() {
  const tests = new Set();
  const keysOf = (name, variable, prefix, into) =>
    walk(name, (node) => {
      if (!ts.isVariableDeclaration(node) || !node.name.text?.endsWith(variable)) return;
      const cases = node.initializer.properties.filter((property) => !ts.isSpreadAssignment(property));
      for (const { name } of cases) into.add(`${prefix}: ${name.text}`);
    });
  const valuesOf = (name, key, prefix, into) =>
    walk(name, (node) => {
      if (!ts.isPropertyAssignment(node) || node.name.text !== key) return;
      if (ts.isStringLiteralLike(node.initializer)) into.add(`${prefix}: ${node.initializer.text}`);
    });
  for (const name of BUN_ORACLE) keysOf(name, "CASES", "oracle bun", tests);
  keysOf("conformance/oracle/deno/questions.ts", "questions", "oracle deno", tests);
  for (const name of readdirSync(file("conformance/cases"))) {
    valuesOf(`conformance/cases/${name}`, "name", name.replace(/\.ts$/, ""), tests);
  }
  for (const { name } of registerCases) tests.add(`register: ${name}`);
  return tests;
}

/** Every row has what it must have, and the owners have the members that the runtime says they have. */
function compare(name, api, members) {
  for (const [owner, rows] of Object.entries(api)) {
    const [listed, real] = [rows.map(([member]) => member), new Set(members[owner])];
    for (const member of real) if (!listed.includes(member)) problems.push(`${name}: ${owner}.${member} is missing`);
    for (const member of listed) if (!real.has(member)) problems.push(`${name}: ${owner} has no ${member}`);
    if (new Set(listed).size !== listed.length) problems.push(`${name}: ${owner} has a member twice`);
    for (const [member, state, how, test] of rows) {
      const which = `${name}: ${owner}.${member}`;
      if (state === "not" ? test !== undefined : !tests.has(test)) problems.push(`${which}: "${test}" is no test`);
      if ((state === "better") !== differing.has(test)) problems.push(`${which}: does "${test}" differ on purpose?`);
      if (state !== "same" && how === "") problems.push(`${which} does not say how, or why`);
    }
  }
  for (const owner of Object.keys(members)) if (!(owner in api)) problems.push(`${name}: ${owner} is missing`);
}

const cell = (text) => text.replaceAll("|", "\\|");
const rowOf = ([member, state, how, test]) => `| \`${member}\` | ${state} | ${cell(how)} | ${cell(test ?? "")} |`;
const table = ([owner, rows]) =>
  [`### ${owner}`, "", "| member | | how, or why | test |", "| --- | --- | --- | --- |", ...rows.map(rowOf), ""].join(
    "\n",
  );
const count = (apis, wanted) =>
  apis.flatMap((api) => Object.values(api).flat()).filter(([, state]) => state === wanted).length;

const differenceTable = ([oracle, rows]) =>
  [`### ${oracle}`, "", "| what is asked | engine | why ours differs |", "| --- | --- | --- |"]
    .concat(
      rows.map(({ question, engine, why }) => `| ${cell(question)} | ${engine ?? "all"} | ${cell(why)} |`),
      "",
    )
    .join("\n");

function documentText({ deno, bun, node }) {
  const apis = [deno, bun, node];
  return `# What is the same

<!-- Made by scripts/compat.mjs from conformance/compat.ts: change that. -->

Every member of the APIs whose shape ringspawn has, and what becomes of it: *same*; *better*, and how; or *not*, and
why. The test that is named asks the original and ours the same (\`oracle\`: suites of that name), or asserts it on
every runtime and engine (a case of the conformance suite). A program asks the runtimes for their members, so none is
missing.

${count(apis, "same")} are the same, ${count(apis, "better")} better, ${count(apis, "not")} not there.

## Deno

${Object.entries(deno).map(table).join("\n")}
## Bun

${Object.entries(bun).map(table).join("\n")}
## Node

${Object.entries(node).map(table).join("\n")}
## Every difference

All that the two oracles ask and that ours answers in another way, on purpose. A row that differs no more fails them.

${Object.entries(all).map(differenceTable).join("\n")}`;
}

const tests = testNames();
const all = { "oracle deno": differences, "oracle bun": bunDifferences() };
const differing = new Set(
  Object.entries(all).flatMap(([oracle, rows]) => rows.map(({ question }) => `${oracle}: ${question}`)),
);
const denoTypes = parsed("deno.d.ts", run(path("deno"), ["types"]));
const bunTypesPath = createRequire(file("conformance/package.json")).resolve("bun-types/bun.d.ts");
const bunTypes = parsed(bunTypesPath, readFileSync(bunTypesPath, "utf8"));
const bunOptions = ["cmd", ...declared(bunTypes, "BaseOptions", "SpawnOptions")];
compare("deno", compat.deno, { ...denoMembers(), CommandOptions: declared(denoTypes, "CommandOptions") });
compare("bun", compat.bun, { ...bunMembers(), Options: bunOptions });
compare("node", compat.node, nodeMembers());

const made = documentText(compat);
if (!options.check) writeFileSync(file("docs/compat.md"), made);
else if (readFileSync(file("docs/compat.md"), "utf8") !== made) {
  problems.push("docs/compat.md is not what conformance/compat.ts says. This writes it: node scripts/compat.mjs");
}
for (const problem of problems) console.error(problem);
const members = [compat.deno, compat.bun, compat.node].flatMap((api) => Object.values(api).flat());
console.log(`${members.length} members`);
process.exitCode = problems.length > 0 ? 1 : 0;
