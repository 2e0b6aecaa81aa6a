import type { Options } from "tsup";
import base from "../../tsup.base.js";

const config: Options = { ...base, entry: ["src/index.ts"], target: "es2023", external: [/^bun(:|$)/] };

export default config;
