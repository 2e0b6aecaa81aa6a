import type { Options } from "tsup";

const config: Options = {
  entry: ["src/index.ts"],
  format: "esm",
  target: "node20",
  platform: "neutral",
  clean: true,
  // Declarations come from tsc (tsconfig.build.json): isolatedDeclarations makes them exact and cheap.
  dts: false,
};

export default config;
