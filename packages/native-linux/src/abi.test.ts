import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MAX_SLOTS as MAX_SLOTS_OF_CORE } from "@ringspawn/core/seam";
import { expect, it } from "vitest";
import { MAX_SLOTS } from "./abi.gen.js";

it("has the numbers that the header has", () => {
  const program = fileURLToPath(new URL("../abi.mjs", import.meta.url));
  const { status, stderr } = spawnSync(process.execPath, [program, "--check"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

it("takes as many fds as core lets through", () => {
  expect(MAX_SLOTS).toBe(MAX_SLOTS_OF_CORE);
});
