/**
 * `spawn` of Node's process handles, with the native engines in the place of libuv. Everything above it is Node's own:
 * events, streams, IPC, encodings and errors.
 */
import childProcess from "node:child_process";
import {
  type ChildProcess,
  type Handle,
  handlePrototype,
  isKnownVersion,
  type NativeSpawn,
  type Reader,
  tryShape,
} from "./internals.js";
import { type Replaced, replacedBy, type Replacements } from "@ringspawn/core/replaced";
import { immediately } from "./immediate.js";
import { hasPermissionModel } from "./permission-model.js";
import { serve, served } from "./lazy.js";
import type { Declined, Started } from "./served.js";
import { TRACE, trace } from "@ringspawn/native-linux/trace";

const Class = childProcess.ChildProcess as unknown as new () => ChildProcess;

const ESRCH = -3;
const WHO = "child_process.spawn";

/** What a handle stands for that the native engines serve. */
interface Child {
  readonly running: Started["running"];
  isClosed: boolean;
  isRefd: boolean;
}

/** The children that this package runs, until their handles are closed. */
const children = new WeakMap<object, Child>();

const prototype = handlePrototype(Class);
/** Or why Node's own has to serve. A version that is not known is tried out when it first starts something. */
let reader: Reader | string | undefined = hasPermissionModel
  ? "Node asks its permission model where it starts processes"
  : isKnownVersion
    ? tryShape(Class)
    : undefined;

/** Puts ours in the place of Node's. */
export function replaceSpawn(replacements: Replacements): void {
  replacements.put(prototype, "spawn", spawnInstead);
}

function spawnInstead(before: NativeSpawn, isOn: () => boolean): NativeSpawn {
  return function spawn(...args) {
    const original = (): number => Reflect.apply(before, this, args);
    if (!isOn()) return original();
    const path = process.env[TRACE];
    const read = (reader ??= tryShape(Class));
    const call = typeof read === "string" ? { why: read } : read(args);
    const result = serve(
      () => ("why" in call ? call : served().prepareStart(call)),
      (prepared) => served().start(prepared),
    );
    // This package itself starts something while it is loaded, or a function of the program that it has called does.
    if (result === undefined) return original();
    // Only then may anything of the program's run: the child has its handle.
    if ("running" in result) serveHandle(this, result);
    trace(path, () => ({ who: WHO, argv: "why" in call ? [] : (call.args ?? []), ...whoServed(result) }));
    if ("running" in result) return 0;
    if ("error" in result) {
      Object.setPrototypeOf(this, methods);
      return result.error;
    }
    const error = original();
    if (error !== 0) Object.setPrototypeOf(this, refused);
    return error;
  };
}

/** What stands there instead of Node's, from whichever copy of this package. */
export function replacedSpawn(): Replaced<NativeSpawn> | undefined {
  return replacedBy(prototype.spawn);
}

export function whoServed(result: Declined | { readonly engine: string }): { engine: string | null; why?: string } {
  return "why" in result ? { engine: null, why: result.why } : { engine: result.engine };
}

/** The methods of a handle that is not libuv's, over those that Node has for all others. */
const methods = Object.create(prototype, {
  kill: method(function (signal: number) {
    const child = children.get(this);
    return child === undefined || child.isClosed ? ESRCH : kill(child, signal);
  }),
  ref: method(function () {
    hold(children.get(this), true);
  }),
  unref: method(function () {
    hold(children.get(this), false);
  }),
  hasRef: method(function () {
    const child = children.get(this);
    return child !== undefined && child.isRefd && !child.isClosed;
  }),
  close: method(function (callback?: () => void) {
    const child = children.get(this);
    if (child !== undefined) {
      child.isClosed = true;
      child.running.unref();
      children.delete(this);
    }
    forget(this);
    if (typeof callback === "function") immediately(() => Reflect.apply(callback, this, []));
  }),
}) as object;

/** Those of a handle of libuv's whose process never was: libuv would signal whatever pid is in its memory. */
const refused = Object.create(prototype, { kill: method(() => ESRCH) }) as object;

/**
 * Node's native code holds every handle that libuv never had until the program's end. So nothing may stay on it: by
 * `onexit` and the symbol of its owner it would keep the ChildProcess, the streams and all that they have read.
 */
function forget(handle: object): void {
  for (const key of Reflect.ownKeys(handle)) if (key !== "pid") Reflect.deleteProperty(handle, key);
}

function method(value: (this: object, ...args: never[]) => unknown): PropertyDescriptor {
  return { value, writable: true, configurable: true };
}

function serveHandle(handle: Handle, { running }: Started): void {
  const child: Child = { running, isClosed: false, isRefd: true };
  children.set(handle, child);
  Object.setPrototypeOf(handle, methods);
  handle.pid = running.pid;
  void running.exited.then((exit) => {
    // After all that is to be read by now: libuv handles the signal of an end behind it, and programs rely on that.
    immediately(() => {
      if (!child.isClosed) handle.onexit(...served().endOf(exit));
    });
  });
}

function hold(child: Child | undefined, isRefd: boolean): void {
  if (child === undefined || child.isClosed) return;
  child.isRefd = isRefd;
  if (isRefd) child.running.ref();
  else child.running.unref();
}

function kill({ running }: Child, signal: number): number {
  try {
    return running.kill(signal) ? 0 : ESRCH;
  } catch (error) {
    const { errno } = error as NodeJS.ErrnoException;
    if (typeof errno === "number") return errno;
    throw error;
  }
}
