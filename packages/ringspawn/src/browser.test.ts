import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as deno from "./deno.js";
import * as ringspawn from "./index.js";
import * as pool from "./pool.js";

/** What a program prints that imports the package under the condition `browser`. */
function printed(program: string): string {
  const args = ["--conditions=browser", "--input-type=module", "--eval", program];
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8" });
  return stdout + stderr;
}

test("in Node the condition `browser` brings the whole package, with its engines", () => {
  const program = `
    import { Command } from "ringspawn";
    import { createPool } from "ringspawn/pool";
    import { spawnAndWaitSync } from "ringspawn/deno";
    const { stdout, engine } = await new Command("echo", { args: ["well"] }).output();
    console.log(new TextDecoder().decode(stdout).trim(), engine, typeof createPool, spawnAndWaitSync("true").code);
  `;
  expect(printed(program)).toBe(process.platform === "linux" ? "well vfork function 0\n" : "well runtime function 0\n");
});

test.each(["ringspawn", "ringspawn/deno", "ringspawn/pool"])(
  "in a browser the import of %s says that there are no processes",
  (name) => {
    const program = `
    const { log } = console;
    delete globalThis.process;
    await import("${name}").catch(({ message }) => log(message));
  `;
    expect(printed(program)).toMatch(
      /^ringspawn starts processes, and there are none here: it needs Node, Bun or Deno\n$/,
    );
  },
);

test.each([
  ["./browser.ts", [ringspawn, pool]],
  ["./browser-deno.ts", [deno]],
])("every name is there in %s, so that the import gets as far as that", (file, modules) => {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  const names = [...source.matchAll(/^export const (\w+)/gm)].map(([, name]) => name);
  expect(names.sort()).toEqual(modules.flatMap((module) => Object.keys(module)).sort());
});
