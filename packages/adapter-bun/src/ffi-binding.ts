import { dlopen, type FFIFunction } from "bun:ffi";
import {
  type Binding,
  type Ffi,
  glibcReported,
  type Listener,
  nativePath,
  openFfi,
  type Shortage,
} from "@ringspawn/native-linux";

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
  listener.unref(false);
  return listener;
}
