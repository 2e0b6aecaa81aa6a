/** @ringspawn/adapter-deno: core's launcher, with Deno as the host and its engines. */
import { createLauncher, type Launcher, RuntimeEngine } from "@ringspawn/core/seam";
import { nativeEngines } from "@ringspawn/native-linux";
import { openBinding } from "./ffi-binding.js";
import { host } from "./host.js";
import { hidden } from "./permission.js";
import { denoCommand } from "./runtime-engine.js";

// Opened now and not by the first spawn: a library that a test loads is a leak to Deno's sanitizers.
let opened: ReturnType<typeof openBinding> | undefined = openBinding();
const native = nativeEngines({
  load() {
    const binding = opened ?? openBinding();
    opened = undefined;
    return binding;
  },
  // The native engines do only what Deno would let Deno.Command do.
  permits: hidden,
});

const launcher: Launcher = createLauncher(host, [...native, new RuntimeEngine(host, denoCommand)]);

export default launcher;
