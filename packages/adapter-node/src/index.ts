/** @ringspawn/adapter-node: core's spawn, with Node as the host and its engines. */
import { isMainThread } from "node:worker_threads";
import { createSpawn, type Ringspawn } from "@ringspawn/core";
import { nativeEngines } from "@ringspawn/native-linux";
import { host } from "./host.js";
import { openDoor } from "./napi-door.js";
import { RuntimeEngine } from "./runtime-engine.js";

const native = nativeEngines({
  load: openDoor,
  // A worker's process.env is its own copy, which C's environ does not show.
  environ: (env) => (isMainThread ? env : (env ?? host.environ())),
});

const ringspawn: Ringspawn = createSpawn(host, [...native, new RuntimeEngine()]);

export default ringspawn;
