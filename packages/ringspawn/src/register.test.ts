/** register on a terminal. All else is in conformance/node/register.ts. What is tested is started by Node's own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const REGISTER = fileURLToPath(new URL("../dist/register.cjs", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "ringspawn-register-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const PROGRAM = `
  const { spawn, spawnSync } = require("node:child_process");
  const script = "test -t 0 && test -t 1 && test -t 2 && echo on a terminal; stty -a; read x; echo got $x";
  console.log(spawnSync("sh", ["-c", script], { stdio: "inherit" }).status);
  // Node's own end of the terminal does not block.
  process.stdin.pause();
  const stdio = [process.stdin, process.stdout, process.stderr];
  spawn("sh", ["-c", script], { stdio }).on("close", (...end) => console.log(JSON.stringify(end)));
`;

test("a terminal of the program is the child's, as without register", () => {
  const program = join(scratch, "program.cjs");
  const trace = join(scratch, "trace");
  writeFileSync(program, PROGRAM);
  const run = (...flags: string[]): string => {
    const line = [process.execPath, ...flags, program].map((word) => `'${word}'`).join(" ");
    const env = { ...process.env, RINGSPAWN_TRACE: trace, RINGSPAWN_ENGINE: "vfork", NO_COLOR: "1", TERM: "dumb" };
    return spawnSync("script", ["-qec", line, "/dev/null"], { input: "one\ntwo\n", encoding: "utf8", env }).stdout;
  };
  const own = run();
  expect(own.match(/on a terminal/g)).toHaveLength(2);
  expect(own).toMatch(/got one[^]*got two[^]*\[0,null\]/);
  expect(run("--require", REGISTER)).toBe(own);
  const engines = readFileSync(trace, "utf8").trim().split("\n");
  expect(engines.map((line) => (JSON.parse(line) as { engine: unknown }).engine)).toEqual(["vfork", "vfork"]);
});
