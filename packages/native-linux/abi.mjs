/**
 * Writes src/abi.gen.ts: every number of the C ABI that TypeScript needs, as c/include/ringspawn.h has it. The header
 * is read for its names only. The compiler gives the values, by a program that prints them.
 *
 *   node abi.mjs [--check]
 *
 * --check  writes nothing; the status is 1 if the file is not what it would be made to
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { toolchain } from "./build.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const header = join(here, "c", "include", "ringspawn.h");
const target = join(here, "src", "abi.gen.ts");

/** Numbers of the system's own headers that TypeScript needs beside those of ours. */
const SYSTEM = {
  ERRNO: "EPERM ESRCH EINTR EIO E2BIG EBADF EAGAIN ENOMEM EINVAL ENFILE EMFILE EPIPE EOPNOTSUPP ECONNRESET".split(" "),
  OPEN: "O_RDONLY O_WRONLY O_RDWR O_CREAT O_TRUNC O_APPEND".split(" "),
  SIGNAL: ["SIGKILL"],
};

/** The types of a function's arguments and result, as src/ffi.ts knows them. */
function ffiType(type) {
  const plain = { int: "i32", int32_t: "i32", uint32_t: "u32", uint64_t: "u64", void: "void" }[type];
  if (plain !== undefined) return plain;
  if (/^(const )?struct rs_(engine|loop) \*$/.test(type)) return "handle";
  if (/^[\w ]+\*+$/.test(type)) return "bytes";
  return undefined;
}

/** A parameter without its name: `struct rs_loop **out` is `struct rs_loop **`. */
const unnamed = (parameter) => parameter.replace(/\w+$/, "").trim();

/** What the header declares. Throws for what it has and this program does not understand. */
function declarations() {
  const found = { constants: [], enums: [], structs: [], functions: [] };
  let text = readFileSync(header, "utf8").replaceAll(/\/\*.*?\*\//gs, " ");
  const take = (pattern, use) => {
    text = text.replaceAll(pattern, (_, ...groups) => use(...groups) ?? " ");
  };
  take(/#define RS_API .*/g, () => {});
  take(/^#define (RS_\w+) .+$/gm, (name) => void found.constants.push(name));
  take(/^#ifdef __cplusplus$.*?^#endif$/gms, () => {});
  take(/^#.*$/gm, () => {});
  text = text.replaceAll(/\s+/g, " ");
  take(/enum (\w+) \{(.*?)\};/g, (name, body) => {
    found.enums.push({ name, members: body.split(",").map((member) => /\w+/.exec(member)[0]) });
  });
  take(/struct (\w+) \{(.*?)\};/g, (name, body) => {
    const fields = body.split(";").filter((field) => field.trim() !== "");
    if (body.includes(",")) throw new Error(`abi.mjs wants one field for each declaration in struct ${name}`);
    found.structs.push({ name, fields: fields.map((field) => /(\w+)(\[\w+\])? *$/.exec(field)[1]) });
  });
  take(/RS_API ([\w ]+?\*?) ?(\w+)\(([^;]*)\);/g, (returns, name, list) => {
    const args = list === "void" ? [] : list.split(",").map((parameter) => ffiType(unnamed(parameter.trim())));
    found.functions.push({ name, args, returns: ffiType(returns) });
  });
  take(/struct \w+;/g, () => {});
  if (text.trim() !== "") throw new Error(`abi.mjs does not understand this of ringspawn.h: ${text.trim()}`);
  return found;
}

/** The values of C expressions, by expression. */
function evaluated(expressions) {
  const folder = mkdtempSync(join(tmpdir(), "ringspawn-abi-"));
  try {
    const source = join(folder, "abi.c");
    const program = join(folder, "abi");
    const prints = expressions.map((expression) => `printf("%lld\\n", (long long)(${expression}));`);
    const includes = ["errno.h", "fcntl.h", "signal.h", "stddef.h", "stdio.h", "ringspawn.h"];
    const lines = [...includes.map((name) => `#include <${name}>`), "int main(void)", "{", ...prints, "}", ""];
    writeFileSync(source, lines.join("\n"));
    execFileSync(toolchain().cc, ["-I", dirname(header), "-o", program, source], { stdio: "inherit" });
    const values = execFileSync(program, { encoding: "utf8" }).trim().split("\n");
    return new Map(expressions.map((expression, i) => [expression, Number(values[i])]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const camel = (name) => name.toLowerCase().replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase());
const upper = (name) => name.replace(/^rs_/, "").toUpperCase();

/** `RS_STEP_` of all steps */
function commonPrefix(names) {
  let prefix = names[0];
  while (!names.every((name) => name.startsWith(prefix))) prefix = prefix.slice(0, -1);
  return prefix.slice(0, prefix.lastIndexOf("_") + 1);
}

/** One exported table. `rows`: a key, and its value as it is to be written. */
function table(doc, name, rows) {
  return [
    `/** ${doc} */`,
    `export const ${name} = {`,
    ...rows.map(([key, value]) => `  ${key}: ${value},`),
    "} as const;",
    "",
  ];
}

function printed({ constants, enums, structs, functions }) {
  const sizeOf = (struct) => `sizeof(struct ${struct})`;
  const offsetOf = (struct, field) => `offsetof(struct ${struct}, ${field})`;
  const values = evaluated([
    ...constants,
    ...Object.values(SYSTEM).flat(),
    ...enums.flatMap(({ members }) => members),
    ...structs.flatMap(({ name, fields }) => [sizeOf(name), ...fields.map((field) => offsetOf(name, field))]),
  ]);
  const value = (expression) => values.get(expression);
  // A callback would need a thread of the runtime's: no FFI is asked for one.
  const plain = functions.filter(({ args, returns }) => ![...args, returns].includes(undefined));
  const quoted = (types) => `[${types.map((type) => `"${type}"`).join(", ")}]`;
  return [
    "/** The C ABI. Made from c/include/ringspawn.h by `node abi.mjs`, and not to be edited. */",
    "",
    ...constants.map((name) => `export const ${name.slice(3)} = ${value(name)};`),
    "",
    ...enums.flatMap(({ name, members }) => {
      const prefix = commonPrefix(members);
      const rows = members.map((member) => [camel(member.slice(prefix.length)), value(member)]);
      return table(`enum ${name}`, upper(name), rows);
    }),
    ...structs.flatMap(({ name, fields }) => [
      ...table(
        `Byte offsets in a struct ${name}`,
        upper(name),
        fields.map((field) => [camel(field), value(offsetOf(name, field))]),
      ),
      `export const ${upper(name)}_SIZE = ${value(sizeOf(name))};`,
      "",
    ]),
    ...Object.entries(SYSTEM).flatMap(([name, members]) =>
      table(
        "Of the system's headers; the same on every machine that an engine is built for",
        name,
        members.map((member) => [member, value(member)]),
      ),
    ),
    ...table(
      "The functions that take integers and pointers only",
      "SYMBOLS",
      plain.map(({ name, args, returns }) => [name, `{ args: ${quoted(args)}, returns: "${returns}" }`]),
    ),
  ].join("\n");
}

const { values: options } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const text = printed(declarations());
if (!options.check) {
  writeFileSync(target, text);
} else if (readFileSync(target, "utf8") !== text) {
  console.error("src/abi.gen.ts is not what c/include/ringspawn.h says: run `node packages/native-linux/abi.mjs`");
  process.exitCode = 1;
}
