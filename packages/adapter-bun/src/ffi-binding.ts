import { dlopen, type FFIFunction } from "bun:ffi";
import {
  type Binding,
  ffiBinding,
  type FfiType,
  type Library,
  type Listener,
  nativePath,
  SYMBOLS,
} from "@ringspawn/native-linux";

/** Bun's names for the types of the C ABI. */
const TYPES = { i32: "i32", u32: "u32", u64: "u64", bytes: "ptr", handle: "ptr", void: "void" } as const satisfies {
  readonly [type in FfiType]: FFIFunction["returns"];
};

/** The binding that bun:ffi opens, or why there is none. */
export function openBinding(): Binding | string {
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
    // The messages of Bun and of dlopen both begin with the name of the file.
    const reason = (error as Error).message.split(`${found.path}: `).at(-1);
    return `${found.path} could not be loaded: ${reason}`;
  }
  return ffiBinding(library, listen);
}

/** Bun owns the socket from here on, and closes it when this thread ends. */
function listen(fd: number, notify: () => void): Listener {
  let listener: Listener | undefined;
  const options = {
    fd,
    socket: {
      open(socket: Listener) {
        listener = socket;
      },
      data: notify,
      // An error that a callback of the program threw is reported as one of the program.
      error(_: unknown, error: Error) {
        reportError(error);
      },
    },
  };
  // Bun's types lack `fd`. `open` is called before this returns.
  void Bun.connect(options as never);
  if (listener === undefined) throw new Error(`Bun did not take over the socket ${fd}`);
  listener.unref();
  return listener;
}
