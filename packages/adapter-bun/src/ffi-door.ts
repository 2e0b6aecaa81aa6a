import { dlopen, type FFIFunction } from "bun:ffi";
import {
  type Door,
  ffiDoor,
  type FfiType,
  type Library,
  type Listener,
  nativePath,
  SYMBOLS,
} from "@ringspawn/native-linux";

/** Bun's words for the types of the C ABI. */
const TYPES = { i32: "i32", u32: "u32", u64: "u64", bytes: "ptr", handle: "ptr", void: "void" } as const satisfies {
  readonly [type in FfiType]: FFIFunction["returns"];
};

/** The door that bun:ffi opens, or why there is none. */
export function openDoor(): Door | string {
  const found = nativePath("engine.so", process.platform, process.arch);
  if (typeof found === "string") return found;
  const symbols = Object.fromEntries(
    Object.entries(SYMBOLS).map(([name, { args, returns }]) => [
      name,
      { args: args.map((type) => TYPES[type]), returns: TYPES[returns] },
    ]),
  );
  let library: Library;
  try {
    library = dlopen(found.path, symbols).symbols as unknown as Library;
  } catch (error) {
    // Bun's and dlopen's messages name the file again, each.
    const reason = (error as Error).message.split(`${found.path}: `).at(-1);
    return `${found.path} could not be loaded: ${reason}`;
  }
  return ffiDoor(library, listen);
}

/** Bun takes over the socket: it is closed with this thread. */
function listen(fd: number, notify: () => void): Listener {
  let listener: Listener | undefined;
  const options = {
    fd,
    socket: {
      open(socket: Listener) {
        listener = socket;
      },
      data: notify,
      // What a callback threw is the program's, as if no socket had been between.
      error(_: unknown, error: Error) {
        reportError(error);
      },
    },
  };
  // `fd` is not in Bun's types. `open` is called before this returns.
  void Bun.connect(options as never);
  if (listener === undefined) throw new Error(`Bun did not take over the socket ${fd}`);
  listener.unref();
  return listener;
}
