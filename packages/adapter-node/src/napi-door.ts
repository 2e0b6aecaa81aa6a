import { createRequire } from "node:module";
import { ABI, type Door, nativePath } from "@ringspawn/native-linux";
import { hasPermissionModel } from "./permission.js";

interface Addon extends Door {
  readonly abi: number;
  /** Lets the notifier look again. Until then it is silent. */
  taken(): void;
}

/** The door that N-API opens, or why there is none. */
export function openDoor(): Door | string {
  const found = nativePath("engine.node", process.platform, process.arch);
  if (typeof found === "string") return found;
  let addon: Addon;
  try {
    addon = createRequire(import.meta.url)(found.path) as Addon;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Asked by trying: the permission's name differs between versions of Node, and 20 does not tell it at all.
    if (code === "ERR_DLOPEN_DISABLED") {
      return hasPermissionModel
        ? "Node's permission model does not allow native addons"
        : "native addons are switched off in this process";
    }
    // dlopen's and require's messages go on for lines
    return `${found.path} could not be loaded: ${message.split("\n", 1)[0]}`;
  }
  if (addon.abi !== ABI) return `${found.path} speaks ABI ${addon.abi}, this version needs ${ABI}`;
  return {
    ...addon,
    start(notify) {
      const taken = (): void => addon.taken();
      return addon.start(() => {
        notify();
        // Not at once: Node calls a thread-safe function again for as long as it finds it called, a thousand
        // times before timers and sockets get their turn.
        setImmediate(taken);
      });
    },
  };
}
