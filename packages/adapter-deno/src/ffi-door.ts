import { Socket } from "node:net";
import process from "node:process";
import {
  type Door,
  ffiDoor,
  type FfiType,
  type Library,
  type Listener,
  nativePath,
  SYMBOLS,
} from "@ringspawn/native-linux";
import { mayLoad } from "./permission.js";

/** Deno's words for the types of the C ABI. */
const TYPES = { i32: "i32", u32: "u32", u64: "u64", bytes: "buffer", handle: "u64", void: "void" } as const satisfies {
  readonly [type in FfiType]: Deno.NativeResultType;
};

/** The door that Deno.dlopen opens, or why there is none. */
export function openDoor(): Door | string {
  // Not by detect-libc, which reads files: that may not be granted.
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
  return ffiDoor(library, listen);
}

/** Deno reads the socket, and never closes it. */
function listen(fd: number, notify: () => void): Listener {
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on("data", notify);
  socket.unref();
  return socket;
}
