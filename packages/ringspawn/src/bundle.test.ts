/** A program that a bundler has made one file of, where the native files are not beside the code any more. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { afterAll, expect, test } from "vitest";

const dir = mkdtempSync(join(tmpdir(), "ringspawn-bundle-"));
afterAll(() => rmSync(dir, { recursive: true }));

const OURS = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const PROGRAM = `import { Command, engines } from ${JSON.stringify(OURS)};
const child = new Command("cat", { args: ["-"], stdin: "null" }).spawn();
child.status.then(({ code }) => {
  const [{ reason }] = engines().filter(({ name }) => name === "vfork");
  console.log(JSON.stringify({ engine: child.engine, code, reason }));
});`;

test.each(["esm", "cjs"] as const)("a bundle of the format %s falls back, and says why", async (format) => {
  const entry = join(dir, `${format}.ts`);
  writeFileSync(entry, PROGRAM);
  const outDir = join(dir, format);
  const suffix = format === "cjs" ? ".cjs" : ".mjs";
  await build({
    entry: [entry],
    format,
    outDir,
    config: false,
    silent: true,
    platform: "node",
    noExternal: [/./],
    outExtension: () => ({ js: suffix }),
  });
  const bundle = join(outDir, `${format}${suffix}`);
  const { stdout, stderr } = spawnSync(process.execPath, [bundle], { encoding: "utf8" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    engine: "runtime",
    code: 0,
    reason: expect.stringMatching(format === "cjs" ? /bundle/ : /could not be loaded/) as string,
  });
});
