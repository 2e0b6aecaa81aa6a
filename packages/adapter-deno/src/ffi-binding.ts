import { Socket } from "node:net";
import process from "node:process";
import {
  type Binding,
  ffiBinding,
  type FfiType,
  type Library,
  type Listener,
  nativePath,
  SYMBOLS,
} from "@ringspawn/native-linux";
import { mayLoad } from "./permission.js";

/** Deno's names for the types of the C ABI. */
const TYPES = { i32: "i32", u32: "u32", u64: "u64", bytes: "buffer", handle: "u64", void: "void" } as const satisfies {
  readonly [type in FfiType]: Deno.NativeResultType;
};

/** The binding that Deno.dlopen opens, or why there is none. */
export function openBinding(): Binding | string {
  // Deno says which libc this is. detect-libc would read files, which may not be permitted.
  const found = nativePath("engine.so", process.platform, process.arch, Deno.build.target.includes("musl"));
  if (typeof found === "string") return found;
  if (!mayLoad(found.path)) return `--allow-ffi=${found.path} is not given`;
  const symbols = Object.fromEntries(
    Object.entries(SYMBOLS).map(([name, { args, returns }]) => [
      name,
      { parameters: args.map((type) => TYPES[type]), result: TYPES[returns] },
    ]),
  );
  let library: Library;
  try {
    library = Deno.dlopen(found.path, symbols).symbols as unknown as Library;
  } catch (error) {
    const [message] = (error as Error).message.split("\n", 1);
    return `${found.path} could not be loaded: ${message}`;
  }
  return ffiBinding(library, listen);
}

/** Deno reads from the socket, and never closes it. */
function listen(fd: number, notify: () => void): Listener {
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on("data", notify);
  socket.unref();
  return socket;
}
