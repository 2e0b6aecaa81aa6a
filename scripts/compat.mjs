/**
 * docs/compat.md, made from conformance/compat.ts and conformance/behaviours.ts. Fails when a member that a runtime or
 * its types have is missing there, when it has one that they have not, and when a test that is named does not exist.
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
import * as behaviours from "../conformance/behaviours.ts";
import * as compat from "../conformance/compat.ts";
import { differences } from "../conformance/oracle/deno/differences.ts";
import { path } from "./runtimes.mjs";

const { values: options } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const file = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const problems = [];
const SCENES = "conformance/programs/node/child-process";
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
      Terminal: keys(Bun.Terminal.prototype).filter((name) => name !== "Symbol(Symbol.toStringTag)"),
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

/** The names of the properties of an object that is written there, without those that are spread into it. */
const keysIn = (object) =>
  object.properties.filter((property) => !ts.isSpreadAssignment(property)).map(({ name }) => name.text);

/** Every object that is written as the value of a variable of this name, or whose name ends with it. */
function objectsNamed(name, variable) {
  const found = [];
  walk(name, (node) => {
    if (!ts.isVariableDeclaration(node) || !node.name.text?.endsWith(variable)) return;
    if (node.initializer && ts.isObjectLiteralExpression(node.initializer)) found.push(node.initializer);
  });
  return found;
}

/** The names that calls of a function are given: of `test("…")` its own, of `show({…})` those of its scenes. */
function namesGiven(name, called) {
  const found = [];
  walk(name, (node) => {
    if (!ts.isCallExpression(node) || node.expression.getText() !== called) return;
    const [first] = node.arguments;
    if (ts.isStringLiteralLike(first)) found.push(first.text);
    if (ts.isObjectLiteralExpression(first)) found.push(...keysIn(first));
  });
  return found;
}

/** The values of all properties of this name that are written as texts. */
function textsOf(name, key) {
  const found = [];
  walk(name, (node) => {
    if (!ts.isPropertyAssignment(node) || node.name.text !== key) return;
    if (ts.isStringLiteralLike(node.initializer)) found.push(node.initializer.text);
  });
  return found;
}

const filesIn = (folder, end) => readdirSync(file(folder)).filter((name) => name.endsWith(end));

/** The names of tests that ask the original and ours, each with where it is. */
function comparedNames() {
  const tests = new Set();
  const add = (prefix, names) => {
    for (const name of names) tests.add(`${prefix}: ${name}`);
  };
  for (const name of BUN_ORACLE) {
    add("oracle bun", objectsNamed(name, "CASES").flatMap(keysIn));
    add("oracle bun: ipc: lines of JSON", objectsNamed(name, "LINES").flatMap(keysIn));
  }
  add("oracle deno", objectsNamed("conformance/oracle/deno/questions.ts", "questions").flatMap(keysIn));
  for (const runtime of ["bun", "deno"]) add(`${runtime} lives`, Object.keys(livesOf(runtime)));
  for (const name of filesIn(SCENES, ".ts")) {
    const scenes = ["scenes", "programs"].flatMap((variable) => objectsNamed(`${SCENES}/${name}`, variable));
    add(`node ${name.replace(".ts", "")}`, [...namesGiven(`${SCENES}/${name}`, "show"), ...scenes.flatMap(keysIn)]);
  }
  return tests;
}

/** What keeps programs of a runtime alive: the rows of its test. A third part is what the original does instead. */
function livesOf(runtime) {
  const [rows] = objectsNamed(`conformance/${runtime}/lifetime.test.ts`, "lives");
  return Object.fromEntries(rows.properties.map(({ name, initializer }) => [name.text, initializer.elements.length]));
}

/** The names of tests of ours alone. */
function ownNames() {
  const tests = new Set(registerCases.map(({ name }) => `register: ${name}`));
  const add = (prefix, names) => {
    for (const name of names) tests.add(`${prefix}: ${name}`);
  };
  for (const name of filesIn("conformance/cases", ".ts")) {
    add(name.replace(".ts", ""), textsOf(`conformance/cases/${name}`, "name"));
  }
  for (const [runtime, called] of [
    ["bun", "test"],
    ["deno", "Deno.test"],
  ]) {
    const end = ".test.ts";
    for (const name of filesIn(`conformance/${runtime}`, end)) {
      add(`${runtime} ${name.replace(end, "")}`, namesGiven(`conformance/${runtime}/${name}`, called));
    }
  }
  add("deno side-by-side", textsOf("conformance/deno/attempts.ts", "name"));
  return tests;
}

/** Each row names tests that there are, and is better where one of those that ask both differs on purpose. */
function checkRows(name, api) {
  for (const [owner, rows] of Object.entries(api)) {
    const named = rows.map(([what]) => what);
    if (new Set(named).size !== named.length) problems.push(`${name}: ${owner} has a row twice`);
    for (const [what, state, how, ...tests] of rows) {
      const which = `${name}: ${owner}: ${what}`;
      if (tests.length === 0 && state !== "not") problems.push(`${which} names no test`);
      for (const test of tests) if (!compared.has(test) && !own.has(test)) problems.push(`${which}: no test "${test}"`);
      const both = tests.filter((test) => compared.has(test));
      const differs = both.some((test) => differing.has(test));
      if (both.length > 0 && (state === "better") !== differs) {
        problems.push(`${which}: "${both.join(", ")}" ${differs ? "differs" : "does not differ"} on purpose`);
      }
      if (state !== "same" && how === "") problems.push(`${which} does not say how, or why`);
    }
  }
}

/** The owners have the members that the runtime says they have. */
function compare(name, api, members) {
  for (const [owner, rows] of Object.entries(api)) {
    const [listed, real] = [rows.map(([member]) => member), new Set(members[owner])];
    for (const member of real) if (!listed.includes(member)) problems.push(`${name}: ${owner}.${member} is missing`);
    for (const member of listed) if (!real.has(member)) problems.push(`${name}: ${owner} has no ${member}`);
  }
  for (const owner of Object.keys(members)) if (!(owner in api)) problems.push(`${name}: ${owner} is missing`);
}

const cell = (text) => text.replaceAll("|", "\\|");
const rowOf = ([what, state, how, ...tests]) => `| ${what} | ${state} | ${cell(how)} | ${cell(tests.join("; "))} |`;
const table = (heading, column, rows) =>
  [heading, "", `| ${column} | | how, or why | test |`, "| --- | --- | --- | --- |", ...rows.map(rowOf), ""].join("\n");
const memberTables = (api) =>
  Object.entries(api)
    .map(([owner, rows]) =>
      table(
        `### ${owner}`,
        "member",
        rows.map(([member, ...rest]) => [`\`${member}\``, ...rest]),
      ),
    )
    .join("\n");
const behaviourTables = (api) =>
  Object.entries(api)
    .map(([subject, rows]) => table(`#### ${subject}`, "the original", rows))
    .join("\n");
const rowsOf = (apis) => apis.flatMap((api) => Object.values(api).flat());
/** "131 are the same, 23 better, 3 not there" */
function counted(apis) {
  const count = (wanted) => rowsOf(apis).filter(([, state]) => state === wanted).length;
  return `${count("same")} are the same, ${count("better")} better, ${count("not")} not there`;
}

const differenceTable = ([oracle, rows]) =>
  [`### ${oracle}`, "", "| what is asked | engine | why ours differs |", "| --- | --- | --- |"]
    .concat(
      rows.map(({ question, engine, why }) => `| ${cell(question)} | ${engine ?? "all"} | ${cell(why)} |`),
      "",
    )
    .join("\n");

function documentText() {
  return `# What is the same

<!-- Made by scripts/compat.mjs from conformance/compat.ts and conformance/behaviours.ts: change those. -->

Every member of the APIs whose shape ringspawn has, and what they do; and what becomes of each: *same*; *better*, and
how; or *not*, and why. The test that is named asks the original and ours the same (\`oracle\`: suites of that name;
\`lives\`: what keeps a program alive; \`node\`: a scene of Node's own child_process, with ringspawn beneath it and
without), or asserts it on every runtime and engine (a case of the conformance suite). A program asks the runtimes for
their members, so none is missing.

Of the members ${counted(Object.values(compat))}; of the behaviours ${counted(Object.values(behaviours))}.

## Deno

${memberTables(compat.deno)}
## Bun

${memberTables(compat.bun)}
## Node

${memberTables(compat.node)}
## Behaviour

What the originals were seen to do, and the tests that ask them again, and ours.

### Of Deno

${behaviourTables(behaviours.deno)}
### Of Bun

${behaviourTables(behaviours.bun)}
### Of Node

${behaviourTables(behaviours.node)}
### Of messages between processes

${behaviourTables(behaviours.ipc)}
### Of terminals

${behaviourTables(behaviours.terminal)}
## Every difference

All that the two oracles ask and that ours answers in another way, on purpose. A row that differs no more fails them.

${Object.entries(all).map(differenceTable).join("\n")}`;
}

const [compared, own] = [comparedNames(), ownNames()];
const all = { "oracle deno": differences, "oracle bun": bunDifferences() };
const differing = new Set(
  Object.entries(all).flatMap(([oracle, rows]) => rows.map(({ question }) => `${oracle}: ${question}`)),
);
for (const runtime of ["bun", "deno"]) {
  for (const [name, parts] of Object.entries(livesOf(runtime)))
    if (parts > 2) differing.add(`${runtime} lives: ${name}`);
}
const denoTypes = parsed("deno.d.ts", run(path("deno"), ["types"]));
const bunTypesPath = createRequire(file("conformance/package.json")).resolve("bun-types/bun.d.ts");
const bunTypes = parsed(bunTypesPath, readFileSync(bunTypesPath, "utf8"));
const bunOptions = ["cmd", ...declared(bunTypes, "BaseOptions", "SpawnOptions")];
compare("deno", compat.deno, { ...denoMembers(), CommandOptions: declared(denoTypes, "CommandOptions") });
const TerminalOptions = declared(bunTypes, "TerminalOptions");
compare("bun", compat.bun, { ...bunMembers(), Options: bunOptions, TerminalOptions });
compare("node", compat.node, nodeMembers());
for (const [name, api] of [...Object.entries(compat), ...Object.entries(behaviours)]) checkRows(name, api);

const made = documentText();
if (!options.check) writeFileSync(file("docs/compat.md"), made);
else if (readFileSync(file("docs/compat.md"), "utf8") !== made) {
  problems.push("docs/compat.md is not what conformance/compat.ts says. This writes it: node scripts/compat.mjs");
}
for (const problem of problems) console.error(problem);
console.log(`${rowsOf([...Object.values(compat), ...Object.values(behaviours)]).length} rows`);
process.exitCode = problems.length > 0 ? 1 : 0;
