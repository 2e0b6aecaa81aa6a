/** @ringspawn/adapter-node: core's launcher, with Node as the host and its engines. */
import { isMainThread } from "node:worker_threads";
import { createLauncher, type Launcher, RuntimeEngine } from "@ringspawn/core/seam";
import { nativeEngines } from "@ringspawn/native-linux";
import { host } from "./host.js";
import { openBinding } from "./napi-binding.js";
import { childProcessApi } from "./runtime-engine.js";

const native = nativeEngines({
  load: openBinding,
  // A worker's process.env is its own copy, which C's environ does not show.
  environ: (env) => (isMainThread ? env : (env ?? host.environ())),
});

const launcher: Launcher = createLauncher(host, [...native, new RuntimeEngine(host, childProcessApi)]);

export default launcher;
