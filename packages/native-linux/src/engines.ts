/** What an adapter gives to core. */
import type { Engine, Refusal, SpawnRequest } from "@ringspawn/core/seam";
import type { Door } from "./door.js";
import { VforkEngine } from "./engine.js";
import { Native } from "./native.js";
import { UringEngine } from "./uring.js";

interface NativeOptions {
  /** Opens the door, or says in one sentence why there is none. Called once, when first needed. */
  readonly load: () => Door | string;
  /**
   * A request's environment as C is to get it; undefined is C's own `environ`, which costs no copy. Default: as it is,
   * which is right where C's `environ` shows what the program's variables are now.
   */
  readonly environ?: (env: SpawnRequest["env"]) => SpawnRequest["env"];
  /** What the runtime would not let its own spawn do. Default: everything may be done. */
  readonly permits?: (request: SpawnRequest) => Refusal | undefined;
}

/** One for each executor, with one door and one loop between them. */
export function nativeEngines({ load, environ, permits }: NativeOptions): Engine[] {
  const native = new Native(load, environ);
  return [new UringEngine(native, permits), new VforkEngine(native, permits)];
}
