import type { Options } from "tsup";
import base from "../../tsup.base.js";

const config: Options = {
  ...base,
  // The listener has to be a module of its own: it says why.
  entry: ["src/index.ts", "src/register.ts", "src/listener.ts"],
  target: "es2023",
  external: [/^bun(:|$)/],
};

export default config;
