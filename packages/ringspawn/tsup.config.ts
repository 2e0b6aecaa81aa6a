import type { Options } from "tsup";
import base from "../../tsup.base.js";

const common: Options = {
  ...base,
  // Two builds at a time: neither may remove what the other has written.
  clean: false,
  // Resolved where it runs, by package.json's `imports`.
  external: ["#adapter", "#register"],
};

const config: Options[] = [
  {
    ...common,
    entry: [
      "src/index.ts",
      "src/pool.ts",
      "src/unsupported.ts",
      "src/browser.ts",
      "src/cli.ts",
      "src/register.ts",
      "src/child_process.ts",
      "src/child_process.runtime.ts",
    ],
  },
  // For --require.
  { ...common, entry: ["src/register.ts"], format: "cjs" },
];

export default config;
