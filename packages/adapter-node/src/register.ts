/** @ringspawn/adapter-node/register: the native engines beneath Node's own child_process. */
import { replacedSpawn, replaceSpawn } from "./node-process-wrap.js";
import { replaceSpawnSync } from "./node-spawn-sync.js";

/** Of what this copy has replaced, which something else may stand before by now. */
let restoreOwn: (() => void) | undefined;

/** Has the native engines start every process of this environment, where they do exactly what Node's own does. */
export function register(): void {
  if (replacedSpawn() === undefined) restoreOwn = replace();
}

/** Gives back to Node what {@link register} has replaced, also if another copy of this package did it. */
export function unregister(): void {
  replacedSpawn()?.restore();
  restoreOwn?.();
}

/** Calls a function as if {@link register} had been called for just so long. */
export function within<T>(call: () => T): T {
  if (replacedSpawn() !== undefined) return call();
  const restore = replace();
  try {
    return call();
  } finally {
    restore();
  }
}

function replace(): () => void {
  const restores: (() => void)[] = [];
  const restore = (): void => {
    for (const each of restores) each();
  };
  restores.push(replaceSpawn(restore), replaceSpawnSync(restore));
  return restore;
}
