import { createRequire } from "node:module";
import { ABI, type Binding, loadFailure, nativePath, type Shortage } from "@ringspawn/native-linux";
import { asAtLoad } from "./at-load.js";
import { hasPermissionModel } from "./permission-model.js";

/** One for each environment, whoever loads it. */
interface Addon {
  readonly abi: number;
  /** Everything of one evaluation of this package. */
  readonly Binding: new () => Binding;
}

/** A binding that N-API opens, or why there is none. */
export function openBinding(): Binding | Shortage | string {
  const found = nativePath("engine.node", process.platform, process.arch);
  if (typeof found === "string") return found;
  let addon: Addon;
  try {
    const require = createRequire(import.meta.url);
    addon = asAtLoad(() => require(found.path) as Addon);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A trial tells: the name of the permission differs between versions of Node, and 20 has none for it.
    if (code === "ERR_DLOPEN_DISABLED") {
      return hasPermissionModel
        ? "Node's permission model does not allow native addons"
        : "native addons are switched off in this process";
    }
    // The messages of dlopen and require have several lines.
    return loadFailure(found.path, message.split("\n", 1)[0] as string);
  }
  if (addon.abi !== ABI) return `${found.path} speaks ABI ${addon.abi}, this version needs ${ABI}`;
  return new addon.Binding();
}
