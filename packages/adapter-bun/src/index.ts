/** @ringspawn/adapter-bun: core's launcher, with Bun as the host and its engines. */
import { createLauncher, type Launcher, RuntimeEngine } from "@ringspawn/core/seam";
import { nativeEngines } from "@ringspawn/native-linux";
import { openBinding } from "./ffi-binding.js";
import { environOfC, host } from "./host.js";
import { bunSpawn } from "./runtime-engine.js";

const native = nativeEngines({ load: openBinding, environ: environOfC });

const launcher: Launcher = createLauncher(host, [...native, new RuntimeEngine(host, bunSpawn)]);

export default launcher;
