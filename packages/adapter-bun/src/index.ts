/** @ringspawn/adapter-bun: core's launcher, with Bun as the host and its engines. */
import { createLauncher, type Launcher, RuntimeEngine } from "@ringspawn/core/seam";
import { nativeEngines } from "@ringspawn/native-linux";
import { openDoor } from "./ffi-door.js";
import { environOfC, host } from "./host.js";
import { bunSpawn } from "./runtime-engine.js";

const native = nativeEngines({ load: openDoor, environ: environOfC });

const launcher: Launcher = createLauncher(host, [...native, new RuntimeEngine(host, bunSpawn)]);

export default launcher;
