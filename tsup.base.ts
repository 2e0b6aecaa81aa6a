/** How every package is bundled. The package's own tsup.config.ts says from which files, and what else is its own. */
import type { Options } from "tsup";

const config: Options = {
  format: "esm",
  target: "node20",
  platform: "neutral",
  clean: true,
  // Declarations come from tsc (tsconfig.build.json): isolatedDeclarations makes them exact and cheap.
  dts: false,
};

export default config;
