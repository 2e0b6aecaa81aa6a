/** `spawn` of Node's binding for spawns that block, with the native engines in the place of libuv. */
import childProcess from "node:child_process";
import { isKnownVersion, type SyncBinding, type SyncCallOptions, syncBinding, trySync } from "./internals.js";
import { serve, served } from "./lazy.js";
import { whoServed } from "./node-process-wrap.js";
import { isForOriginal, mark } from "./original.js";
import { hasPermissionModel } from "./permission-model.js";
import { trace } from "./trace.js";

// As it was at load: the program may replace it later.
const { spawnSync } = childProcess;
const WHO = "child_process.spawnSync";

const binding = hasPermissionModel ? "Node asks its permission model" : syncBinding();
/** Why Node's own has to serve. Null: it was not tried out yet. */
let misfit: string | null | undefined =
  typeof binding === "string" ? binding : isKnownVersion ? trySync(binding, spawnSync) : null;

/** Puts ours in the place of Node's, if it can be reached, and returns what puts Node's back. */
export function replaceSpawnSync(restoreAll: () => void): () => void {
  if (typeof binding === "string") return () => {};
  const before = binding.spawn;
  const spawn: SyncBinding["spawn"] = function (this: unknown, options: SyncCallOptions) {
    const original = (): ReturnType<SyncBinding["spawn"]> => Reflect.apply(before, this, [options]);
    if (!isOn || isForOriginal(options)) return original();
    if (misfit === null) misfit = trySync(binding, spawnSync);
    const why = misfit;
    const result = serve(
      () => (why === undefined ? served().prepareRun(options) : { why }),
      (prepared) => served().run(prepared),
    );
    if (result === undefined) return original();
    trace(() => ({ who: WHO, argv: options["args"] as unknown[], ...whoServed(result) }));
    return "answer" in result ? result.answer : original();
  };
  let isOn = true;
  mark(spawn as never, { original: before as never, restore: restoreAll });
  binding.spawn = spawn;
  return () => {
    isOn = false;
    if (binding.spawn === spawn) binding.spawn = before;
  };
}
