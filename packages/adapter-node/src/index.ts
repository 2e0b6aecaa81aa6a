/** @ringspawn/adapter-node: core's launcher, with Node as the host and its engines. */
import { createLauncher, type Launcher, RuntimeEngine } from "@ringspawn/core/seam";
import { nativeEngines } from "@ringspawn/native-linux";
import { environOfC, host } from "./host.js";
import { openBinding } from "./napi-binding.js";
import { childProcessApi } from "./runtime-engine.js";

const native = nativeEngines({ load: openBinding, environ: environOfC });

const launcher: Launcher = createLauncher(host, [...native, new RuntimeEngine(host, childProcessApi)]);

export default launcher;
