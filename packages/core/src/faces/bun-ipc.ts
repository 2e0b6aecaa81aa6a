/** `ipc` of the face in Bun's shape: its options, and what the handle's `send` takes. */
import { callback, mustBeOfType, shown, usageError } from "../check.js";
import type { Host } from "../host.js";
import type { Process } from "../process.js";
import type { Subprocess } from "./bun-types.js";
import { Channel, type SendCallback } from "./channel.js";
import { codecOf, type Serialization } from "./ipc.js";

/** What was asked for of the channel. */
export interface Ipc {
  readonly serialization: Serialization;
  readonly message: (message: unknown, subprocess: Subprocess, handle: undefined) => void;
  readonly disconnect: ((isOver: true, error?: Error) => void) | undefined;
}

/** Undefined where no channel is wanted: as in Bun, an `ipc` that is no function is as good as none. */
export function ipcOf(host: Host, ipc: unknown, serialization: unknown, onDisconnect: unknown): Ipc | undefined {
  const disconnect = callback("onDisconnect", onDisconnect) as Ipc["disconnect"];
  if (typeof ipc !== "function") return undefined;
  // There a channel is a named pipe, with frames of libuv's around the messages.
  if (host.platform === "win32") throw usageError("ERR_INVALID_ARG_VALUE", "ipc is not supported on Windows");
  return { serialization: serializationOf(serialization), message: ipc as Ipc["message"], disconnect };
}

function serializationOf(value: unknown): Serialization {
  // "" and null are as good as undefined, as everywhere in Bun.
  if (value === undefined || value === null || value === "") return "advanced";
  if (value === "json" || value === "advanced") return value;
  throw mustBeOfType("serialization", '"json" or "advanced"', value);
}

/** The variables by which a child finds its end of the channel. */
export function channelVariables(fd: number, { serialization }: Ipc): Record<string, string> {
  return { NODE_CHANNEL_FD: String(fd), NODE_CHANNEL_SERIALIZATION_MODE: serialization };
}

export function openChannel(host: Host, process: Process, fd: number, ipc: Ipc, child: Subprocess): Channel {
  const { source, sink } = process.channel(fd);
  const channel = new Channel(source, sink, codecOf(ipc.serialization, host.structured), {
    message: (message) => Reflect.apply(ipc.message, child, [message, child, undefined]),
    disconnect(error) {
      if (ipc.disconnect !== undefined)
        Reflect.apply(ipc.disconnect, child, error === undefined ? [true] : [true, error]);
      // What cannot work, whatever the child does, must not pass in silence.
      else if (error?.isForeign) throw error;
    },
  });
  process.whenExited(() => channel.end());
  return channel;
}

/** What may stand behind the message in a call of `send`: a handle, options, a callback. */
export function callbackOf(rest: readonly unknown[]): SendCallback | undefined {
  return rest.slice(0, 3).find((argument) => typeof argument === "function") as SendCallback | undefined;
}

/** @throws {TypeError} for a handle, which cannot be sent, and for what are no options. */
export function checkRest([handle, options]: readonly unknown[]): void {
  if (typeof handle === "function") return;
  if ((handle ?? undefined) !== undefined) {
    throw usageError("ERR_INVALID_HANDLE_TYPE", `This handle type cannot be sent${refusedHandle(handle)}`);
  }
  const isObject = (typeof options === "object" && options !== null) || typeof options === "function";
  if (options === undefined || isObject) return;
  throw usageError("ERR_INVALID_ARG_TYPE", `The "options" argument must be of type object, got ${shown(options)}`);
}

/** What is said of an object that is more than a literal, such as a server or a socket: that none will do. */
function refusedHandle(handle: unknown): string {
  const prototype: unknown = typeof handle === "object" ? Object.getPrototypeOf(handle) : null;
  if (prototype === null || prototype === Object.prototype) return "";
  const { name } = (prototype as { readonly constructor?: { readonly name?: unknown } }).constructor ?? {};
  const what = typeof name === "string" && name !== "" ? name : "an object";
  return `: ringspawn sends no handle, got ${what}. The runtime's own channel does, as that of fork of child_process`;
}

/** Why nothing can be sent. */
export function closedError(channel: Channel | undefined, hasEnded: boolean): Error {
  const why = hasEnded ? "cannot be used after the process has exited." : "can only be used if an IPC channel is open.";
  const cause = channel?.error;
  const reason = cause === undefined ? "" : ` It was closed because ${cause.message}.`;
  const error = new Error(`Subprocess.send() ${why}${reason}`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code: "ERR_IPC_CHANNEL_CLOSED" });
}
