import type { Options } from "tsup";
import base from "../../tsup.base.js";

/**
 * CommonJS, so that `--require` takes it in every version of Node, and that it can be loaded in the middle of a call.
 * All of ours that it needs is in it: two files are quicker to load than forty.
 */
const preload: Options = {
  ...base,
  format: "cjs",
  platform: "node",
  clean: false,
  noExternal: [/^@ringspawn\//],
};

const config: Options[] = [
  // Several builds at a time: none may remove what another has written.
  { ...base, clean: false, entry: ["src/index.ts"] },
  {
    ...preload,
    entry: ["src/register.ts"],
    define: { "import.meta.url": "__filename" },
  },
  {
    ...preload,
    entry: ["src/served.ts"],
    // The native files are in the package of their own.
    define: { "import.meta.url": "ringspawnNative" },
    banner: { js: 'const ringspawnNative = require("url").pathToFileURL(require.resolve("@ringspawn/native-linux"));' },
  },
];

export default config;
