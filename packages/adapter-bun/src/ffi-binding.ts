import { dlopen, type FFIFunction } from "bun:ffi";
import { type Binding, type Ffi, glibcReported, nativePath, openFfi, type Shortage } from "@ringspawn/native-linux";
import { listen } from "./listener.js";

const ffi: Ffi<FFIFunction["returns"]> = {
  types: { i32: "i32", u32: "u32", bytes: "ptr", handle: "ptr", void: "void" },
  // Addresses of user space fit a number.
  handle: Number,
  open(path, symbols) {
    return dlopen(path, Object.fromEntries(symbols.map(({ name, ...types }) => [name, types])) as never).symbols;
  },
  // The messages of Bun and of dlopen both begin with the name of the file.
  reason: ({ message }, path) => message.split(`${path}: `).at(-1) as string,
  mayRead: () => true,
  listen,
};

/** The binding that bun:ffi opens, or why there is none. */
export function openBinding(): Binding | Shortage | string {
  const found = nativePath("engine.so", process.platform, process.arch, isMusl());
  return typeof found === "string" ? found : openFfi(found.path, ffi);
}

/**
 * Known without a file that is open from one call to the next: it would stay open where a worker is terminated between
 * them. Undefined where that does not tell, and in the program's own thread, which nobody terminates.
 */
function isMusl(): boolean | undefined {
  return Bun.isMainThread || !glibcReported() ? undefined : false;
}
