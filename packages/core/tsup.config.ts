import type { Options } from "tsup";
import base from "../../tsup.base.js";

const config: Options = {
  ...base,
  entry: ["src/index.ts", "src/seam.ts", "src/replaced.ts", "src/stand-in.ts", "src/faces/pool.ts"],
};

export default config;
