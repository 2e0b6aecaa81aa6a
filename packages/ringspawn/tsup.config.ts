import type { Options } from "tsup";
import base from "../../tsup.base.js";

const config: Options = {
  ...base,
  entry: [
    "src/index.ts",
    "src/deno.ts",
    "src/pool.ts",
    "src/unsupported.ts",
    "src/browser.ts",
    "src/browser-deno.ts",
    "src/cli.ts",
  ],
  // Resolved where it runs, by package.json's `imports`.
  external: ["#adapter"],
};

export default config;
