/** `spawn` of Node's binding for spawns that block, with the native engines in the place of libuv. */
import childProcess from "node:child_process";
import { isKnownVersion, type NativeSpawnSync, type SyncAnswer, syncBinding, trySync } from "./internals.js";
import { serve, served } from "./lazy.js";
import { whoServed } from "./node-process-wrap.js";
import { isForOriginal, type Replacements } from "@ringspawn/core/replaced";
import { hasPermissionModel } from "./permission-model.js";
import { TRACE, trace } from "@ringspawn/native-linux/trace";

// As it was at load: the program may replace it later.
const { spawnSync } = childProcess;
const WHO = "child_process.spawnSync";

const binding = hasPermissionModel ? "Node asks its permission model" : syncBinding();
/** Why Node's own has to serve. Null: it was not tried out yet. */
let misfit: string | null | undefined =
  typeof binding === "string" ? binding : isKnownVersion ? trySync(binding, spawnSync) : null;

/** Puts ours in the place of Node's, if it can be reached. */
export function replaceSpawnSync(replacements: Replacements): void {
  if (typeof binding === "string") return;
  replacements.put(binding, "spawn", (before, isOn) => {
    const spawn: NativeSpawnSync = (options) => {
      const original = (): SyncAnswer => Reflect.apply(before, binding, [options]) as SyncAnswer;
      if (!isOn() || isForOriginal(options)) return original();
      const path = process.env[TRACE];
      if (misfit === null) misfit = trySync(binding, spawnSync);
      const why = misfit;
      const result = serve(
        () => (why === undefined ? served().prepareRun(options) : { why }),
        (prepared) => served().run(prepared),
      );
      if (result === undefined) return original();
      trace(path, () => ({ who: WHO, argv: options["args"] as unknown[], ...whoServed(result) }));
      return "answer" in result ? result.answer : original();
    };
    return spawn;
  });
}
