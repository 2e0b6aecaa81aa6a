/**
 * docs/setup.md, made from what the code says of each key of `setup`: type and meaning from `ProcessSetup` in
 * packages/core/src/options.ts, steps and the form of the command line from `SETUP` in setup.ts.
 *
 *   node scripts/setup-docs.mjs            writes it
 *   node scripts/setup-docs.mjs --check    fails when docs/setup.md is another one
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ts from "typescript";
import { SETUP } from "../packages/core/dist/seam.js";

const { values: options } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const [source, document] = [path("packages/core/src/options.ts"), path("docs/setup.md")];

const program = ts.createProgram([source], { strict: true, target: ts.ScriptTarget.ESNext, noLib: true });
const checker = program.getTypeChecker();

const oneLine = (text) => text.replace(/\s+/g, " ").trim();
const code = (text) => `\`${text}\``;

/** The comment in front of a declaration, on one line. */
function commentOf(node) {
  const texts = ts.getJSDocCommentsAndTags(node).map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "");
  return oneLine(texts.join(" "));
}

/** A type as readers of the document see it: without comments, `readonly` and line breaks. */
function textOf(type) {
  const text = oneLine(type.getText().replace(/\/\*[^]*?\*\/|\breadonly /g, ""));
  return text.replace(/^\| /, "").replace(/; }/g, " }");
}

/** The values of a type, where it is nothing but strings. */
function valuesOf(type) {
  const parts = type.isUnion() ? type.types : [type];
  return parts.every((part) => part.isStringLiteral()) ? parts.map(({ value }) => value) : undefined;
}

/** Adds the types of this project that `node` names, and those that they name: name → declaration and values. */
function collectTypes(node, into) {
  if (ts.isTypeReferenceNode(node) && !into.has(node.typeName.getText())) {
    const symbol = checker.getSymbolAtLocation(node.typeName);
    const isImport = symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    const declaration = (isImport ? checker.getAliasedSymbol(symbol) : symbol)?.declarations?.[0];
    // Those of the language are not declared here.
    if (declaration !== undefined) {
      const values = valuesOf(checker.getTypeAtLocation(node));
      into.set(node.typeName.getText(), { declaration, values });
      if (values === undefined) collectTypes(declaration, into);
    }
  }
  node.forEachChild((child) => void collectTypes(child, into));
  return into;
}

/** `- form: comment` for each form of a union, or member of an interface. */
function formsOf(declaration) {
  const item = (form, comment) => `- ${code(form)}${comment === "" ? "" : `: ${comment}`}`;
  if (ts.isInterfaceDeclaration(declaration)) {
    return declaration.members.map((member) => item(textOf(member).replace(/;$/, ""), commentOf(member)));
  }
  const { type } = declaration;
  const forms = ts.isUnionTypeNode(type) ? type.types : [type];
  return forms.map((form, i) => {
    // The comment of a form belongs to no node: it stands in front of its `|`.
    const before = type.getSourceFile().text.slice(i === 0 ? type.pos : forms[i - 1].end, form.getStart());
    const comment = /\/\*\*([^]*?)\*\//.exec(before)?.[1] ?? "";
    return item(textOf(form), oneLine(comment.replace(/^\s*\*/gm, "")));
  });
}

function sectionOf([name, { declaration, values }]) {
  if (values !== undefined) return ["", `### ${name}`, "", values.map(code).join(", ")];
  const comment = commentOf(declaration);
  return ["", `### ${name}`, "", ...(comment === "" ? [] : [comment, ""]), ...formsOf(declaration)];
}

/** What a key means; of an object whose members have comments, also what each of those means. */
function meaningOf(member) {
  const { type } = member;
  const parts = ts.isTypeLiteralNode(type) ? type.members.filter((part) => commentOf(part) !== "") : [];
  const lines = parts.map((part) => `${code(part.name.getText())}: ${commentOf(part)}`);
  return [commentOf(member), ...lines].join("<br>");
}

function rowOf(member) {
  const key = member.name.getText();
  const { steps, written } = SETUP[key];
  const cells = [code(key), code(textOf(member.type)), meaningOf(member), steps.map(code).join(", "), code(written)];
  return `| ${cells.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
}

function documentText() {
  const declaration = program
    .getSourceFile(source)
    ?.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === "ProcessSetup");
  if (declaration === undefined) throw new Error(`${source} has no ProcessSetup`);
  const types = [...collectTypes(declaration, new Map())].sort(([a], [b]) => (a < b ? -1 : 1));
  return `# Keys of \`setup\`

<!-- Made by scripts/setup-docs.mjs from packages/core/src/options.ts and setup.ts: change those. -->

What a process can be born with, besides its command, environment, working directory and stdio:

\`\`\`js
spawn(["make"], { setup: { umask: 0o077, limits: { nofile: 64 } } });
\`\`\`

A key that is left out leaves the child as its parent is. [chain.md](chain.md) has the steps with their order, system
calls and errors. The native engines carry out every key. Engine \`runtime\` refuses a key that its runtime has no
option for, by its name and before anything starts.

On the command line each key stands behind \`--setup\`: \`ringspawn run --setup umask=077 -- make\`. Values are JSON, or
else plain strings. A number that begins with 0 is octal, and a dot leads to a member.

| key | type | meaning | steps | command line |
| --- | --- | --- | --- | --- |
${declaration.members.map(rowOf).join("\n")}

## Types
${types.flatMap(sectionOf).join("\n")}
`;
}

const made = documentText();
if (!options.check) writeFileSync(document, made);
else if (readFileSync(document, "utf8") !== made) {
  console.error("docs/setup.md is not what options.ts and setup.ts say. This writes it: node scripts/setup-docs.mjs");
  process.exitCode = 1;
}
console.log(`${Object.keys(SETUP).length} keys`);
