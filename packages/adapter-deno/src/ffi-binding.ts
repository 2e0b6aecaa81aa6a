import { Socket } from "node:net";
// eslint-disable-next-line no-restricted-syntax -- of its clock only the origin is read, which stands still
import { performance } from "node:perf_hooks";
import process from "node:process";
// eslint-disable-next-line no-restricted-syntax -- as they are at load, when a test framework may have replaced them
import timers from "node:timers";
import {
  type Binding,
  type Ffi,
  type Listener,
  nativePath,
  openFfi,
  type Owner,
  type Shortage,
} from "@ringspawn/native-linux";
import { BROKER, mayLoad, mayRead, unlessRefused } from "./permission.js";

const { setTimeout, clearTimeout } = timers;
/** The longest delay that a timer takes, in milliseconds. */
const MAX_DELAY = 2 ** 31 - 1;

const ffi: Ffi<Deno.NativeResultType> = {
  types: { i32: "i32", u32: "u32", bytes: "buffer", handle: "u64", void: "void" },
  // A number would be taken for it as well, by a way that is a hundred times longer.
  handle: (address) => address,
  open(path, symbols) {
    const interfaces = symbols.map(({ name, args, returns }) => [name, { parameters: args, result: returns }]);
    const opened = unlessRefused(() =>
      Deno.dlopen(path, Object.fromEntries(interfaces) as Deno.ForeignLibraryInterface),
    );
    if (opened === undefined) throw new Error("the permission broker does not let Deno load it");
    return opened.symbols;
  },
  reason: ({ message }) => message.split("\n", 1)[0] as string,
  mayRead,
  barredBy: BROKER,
  listen,
  // It is the same for all that runs in one environment, and another for the next.
  began: () => performance.timeOrigin,
};

/** The binding that Deno.dlopen opens, or why there is none. */
export function openBinding(): Binding | Shortage | string {
  // Deno says which libc this is; to read its own file may not be permitted.
  const found = nativePath("engine.so", process.platform, process.arch, Deno.build.target.includes("musl"));
  if (typeof found === "string") return found;
  return mayLoad(found.path) ? openFfi(found.path, ffi) : `--allow-ffi=${found.path} is not given`;
}

/**
 * Deno reads from the socket, and never closes it. Of an `await` at the top it says that this never resolves as soon
 * as it knows of nothing that is under way, and it does not know of sockets that are unref'd. For children that were
 * unref'd a timer stands in, which holds the program no more than they do.
 */
function listen(fd: number, owner: Owner): Listener {
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on("data", () => owner.rung());
  socket.unref();
  let standIn: NodeJS.Timeout | undefined;
  const idle = (): void => {
    if (standIn === undefined) return;
    clearTimeout(standIn);
    standIn = undefined;
  };
  return {
    ref() {
      idle();
      socket.ref();
    },
    unref(isWatching) {
      socket.unref();
      if (isWatching) standIn ??= setTimeout(() => {}, MAX_DELAY).unref();
    },
    idle,
  };
}
