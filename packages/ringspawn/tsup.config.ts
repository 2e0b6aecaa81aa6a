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
    entry: ["index", "pool", "unsupported", "browser", "cli", "register", "child_process", "child_process.runtime"].map(
      (name) => `src/${name}.ts`,
    ),
  },
  // For --require.
  { ...common, entry: ["src/register.ts"], format: "cjs" },
];

export default config;
