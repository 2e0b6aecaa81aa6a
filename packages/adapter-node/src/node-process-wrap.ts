/**
 * `spawn` of Node's process handles, with the native engines in the place of libuv. Everything above it is Node's own:
 * events, streams, IPC, encodings and errors.
 */
import childProcess from "node:child_process";
import {
  type ChildProcess,
  type Handle,
  isKnownVersion,
  type NativeSpawn,
  type Reader,
  tryShape,
} from "./internals.js";
import { mark, type Replaced, replacedBy } from "@ringspawn/core/replaced";
import { hasPermissionModel } from "./permission-model.js";
import { serve, served } from "./lazy.js";
import type { Declined, Started } from "./served.js";
import { TRACE, trace } from "@ringspawn/native-linux/trace";

const Class = childProcess.ChildProcess as unknown as new () => ChildProcess;
// eslint-disable-next-line no-restricted-syntax -- as it was at load
const { setImmediate } = globalThis;

const ESRCH = -3;
const WHO = "child_process.spawn";

/** What a handle stands for that the native engines serve. */
interface Child {
  readonly running: Started["running"];
  isClosed: boolean;
  isRefd: boolean;
}

/** A child that this package runs, or undefined where it could not be started. */
const children = new WeakMap<object, Child | undefined>();

const prototype = Object.getPrototypeOf(new Class()._handle) as Handle;
/** Or why Node's own has to serve. A version that is not known is tried out when it first starts something. */
let reader: Reader | string | undefined = hasPermissionModel
  ? "Node asks its permission model where it starts processes"
  : isKnownVersion
    ? tryShape(Class)
    : undefined;

/** Puts ours in the place of Node's, and returns what puts Node's back. `restoreAll` is that of all replacements. */
export function replaceSpawn(restoreAll: () => void): () => void {
  const { spawn: before } = prototype;
  const spawn: NativeSpawn = function (...args) {
    const original = (): number => Reflect.apply(before, this, args);
    if (!isOn) return original();
    const read = (reader ??= tryShape(Class));
    const call = typeof read === "string" ? { why: read } : read(args);
    const result = serve(
      () => ("why" in call ? call : served().prepareStart(call)),
      (prepared) => served().start(prepared),
    );
    // It is this package itself that starts something, while it is loaded.
    if (result === undefined) return original();
    trace(process.env[TRACE], () => ({ who: WHO, argv: "why" in call ? [] : (call.args ?? []), ...whoServed(result) }));
    if ("running" in result) {
      serveHandle(this, result);
      return 0;
    }
    const error = "error" in result ? result.error : original();
    if (error !== 0) refuseHandle(this);
    return error;
  };
  let isOn = true;
  mark(spawn, { original: before, restore: restoreAll });
  prototype.spawn = spawn;
  return () => {
    isOn = false;
    if (prototype.spawn === spawn) prototype.spawn = before;
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
    if (child !== undefined && !child.isClosed) {
      child.isClosed = true;
      child.running.unref();
    }
    if (typeof callback === "function") setImmediate(() => Reflect.apply(callback, this, []));
  }),
}) as object;

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
    // What a listener throws is an uncaught exception there, as it is where Node's native code calls.
    setImmediate(() => {
      if (!child.isClosed) handle.onexit(...served().endOf(exit));
    });
  });
}

/** It could not be started: libuv would signal the pid of a process that there never was. */
function refuseHandle(handle: Handle): void {
  children.set(handle, undefined);
  Object.setPrototypeOf(handle, methods);
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
