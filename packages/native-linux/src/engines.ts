/** What an adapter gives to core. */
import type { Engine, Refusal, SpawnRequest } from "@ringspawn/core/seam";
import type { Binding } from "./binding.js";
import { VforkEngine } from "./engine.js";
import { Native } from "./native.js";
import type { Shortage } from "./shortage.js";
import { UringEngine } from "./uring.js";

interface NativeOptions {
  /** Opens the binding, or says in one sentence why there is none. Called when needed, and again after a shortage. */
  readonly load: () => Binding | Shortage | string;
  /**
   * A request's environment as C is to get it. Undefined is the `environ` of C, which takes no copy. By default nothing
   * is changed, which is right where the `environ` of C has what the program's variables are now.
   */
  readonly environ?: (env: SpawnRequest["env"]) => SpawnRequest["env"];
  /** What the runtime would not permit its own spawn. Default: everything is permitted. */
  readonly permits?: (request: SpawnRequest) => Refusal | undefined;
}

/** An engine for each executor. They share one binding and its loops. */
export function nativeEngines({ load, environ, permits }: NativeOptions): Engine[] {
  const native = new Native(load, environ);
  return [new UringEngine(native, permits), new VforkEngine(native, permits)];
}
