/** @ringspawn/adapter-bun: core's spawn, with Bun as the host and its engines. */
import { createSpawn, type Ringspawn } from "@ringspawn/core";
import { nativeEngines } from "@ringspawn/native-linux";
import { openDoor } from "./ffi-door.js";
import { environOfC, host } from "./host.js";
import { RuntimeEngine } from "./runtime-engine.js";

const native = nativeEngines({ load: openDoor, environ: environOfC });

const ringspawn: Ringspawn = createSpawn(host, [...native, new RuntimeEngine()]);

export default ringspawn;
