import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as deno from "./deno.js";
import * as ringspawn from "./index.js";
import * as pool from "./pool.js";

const source = readFileSync(new URL("./unsupported.ts", import.meta.url), "utf8");

test("where there are no processes the import itself says so", async () => {
  await expect(import("./unsupported.js")).rejects.toThrow(/it needs Node, Bun or Deno/);
});

test("every name of the umbrella is there, so that the import gets as far as that error", () => {
  const names = [...source.matchAll(/^export const (\w+)/gm)].map(([, name]) => name);
  expect(names.sort()).toEqual(Object.keys({ ...ringspawn, ...deno, ...pool }).sort());
});
