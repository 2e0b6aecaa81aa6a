/** @ringspawn/adapter-node/register: the native engines beneath Node's own child_process. */
import { Replacements } from "@ringspawn/core/replaced";
import { replacedSpawn, replaceSpawn } from "./node-process-wrap.js";
import { replaceSpawnSync } from "./node-spawn-sync.js";
import { onceUnwound } from "./once-unwound.js";

/** What this copy has replaced, before which something else may stand by now. */
let own: Replacements | undefined;

/** Has the native engines start every process of this environment, where they do exactly what Node's own does. */
export function register(): void {
  if (replacedSpawn() === undefined) own = replace();
}

/** Gives back to Node what {@link register} has replaced, also if another copy of this package did it. */
export function unregister(): void {
  replacedSpawn()?.restore();
  own?.restore();
}

/** Calls a function as if {@link register} had been called for just so long. */
export function within<T>(call: () => T): T {
  if (replacedSpawn() !== undefined) return call();
  const replacements = replace();
  void onceUnwound(() => replacements.restore());
  try {
    return call();
  } finally {
    replacements.restore();
  }
}

function replace(): Replacements {
  const replacements = new Replacements();
  replaceSpawn(replacements);
  replaceSpawnSync(replacements);
  return replacements;
}
