import type { Case } from "../harness.ts";
import { assert } from "../tools.ts";

const cases: Case[] = [
  {
    name: "arguments arrive as given, empty ones and odd ones too",
    async run(t) {
      const args = ["", " ", "a b", "-x", "--", "$HOME", "*", "'\"\\", "new\nline", "tab\t", "", "\u0001\u007f"];
      const report = await t.report({}, args);
      assert.deepEqual(report.argv, [t.witness, ...args]);
    },
  },
  {
    name: "arguments of any script arrive as UTF-8",
    async run(t) {
      const args = ["ß", "日本語", "😀", "e\u0301", "\ufeffbom", "\u2028"];
      assert.deepEqual((await t.report({}, args)).argv.slice(1), args);
    },
  },
  {
    name: "a megabyte of arguments arrives whole",
    async run(t) {
      const args = Array.from({ length: 1024 }, (_, i) => String(i).padEnd(1024, "x"));
      assert.deepEqual((await t.report({}, args)).argv.slice(1), args);
    },
  },
  {
    name: "an argument as long as the kernel allows, 128 KiB with its NUL, arrives whole",
    async run(t) {
      const long = "y".repeat(128 * 1024 - 1);
      assert.deepEqual((await t.report({}, [long])).argv.slice(1), [long]);
    },
  },
  {
    name: "ten thousand arguments arrive in their order",
    async run(t) {
      const args = Array.from({ length: 10_000 }, (_, i) => `${i}`);
      assert.deepEqual((await t.report({}, args)).argv.slice(1), args);
    },
  },
  {
    name: "argv0 replaces argv[0] and nothing else",
    async run(t) {
      const report = await t.report({ argv0: "another name" }, ["one"]);
      assert.deepEqual(report.argv, ["another name", "one"]);
      assert.equal(report.exe, t.witness);
    },
  },
  {
    name: "argv0 may be empty",
    async run(t) {
      const report = await t.report({ argv0: "" }, ["one"]);
      assert.deepEqual(report.argv, ["", "one"]);
      assert.equal(report.exe, t.witness);
    },
  },
  {
    name: "argv[0] is the command as written, not what PATH made of it",
    async run(t) {
      const dir = t.witness.slice(0, t.witness.lastIndexOf("/"));
      const report = await t.report({ env: { PATH: `/nonexistent:${dir}` } }, ["x"], "witness");
      assert.deepEqual(report.argv, ["witness", "x"]);
      assert.equal(report.exe, t.witness);
    },
  },
  {
    name: "Command's args arrive behind argv[0]",
    async run(t) {
      const { success, stdout } = await t.command(t.witness, { args: ["a", "", "ü"] }).output();
      assert.ok(success);
      const report = JSON.parse(new TextDecoder().decode(stdout)) as { argv: string[] };
      assert.deepEqual(report.argv, [t.witness, "a", "", "ü"]);
    },
  },
];
export default cases;
