/**
 * ringspawn/child_process: the functions of node:child_process, whose children are started by the native engines. All
 * else is Node's own, and node:child_process itself stays as it is for everybody else.
 */
import childProcess from "node:child_process";
import { promisify } from "node:util";
import { within } from "#register";

type ChildProcessModule = typeof childProcess;
type AnyFunction = (this: unknown, ...args: never[]) => unknown;

/** The function with the native engines switched on for the length of a call, in which Node starts the child. */
function native<F extends AnyFunction>(original: F): F {
  const wrapper = wrapped(original);
  const custom = Object.getOwnPropertyDescriptor(original, promisify.custom);
  if (custom !== undefined) {
    // Only one level: what `promisify` has returned once is its own promisified form from then on.
    Object.defineProperty(wrapper, promisify.custom, { ...custom, value: wrapped(custom.value as AnyFunction) });
  }
  return wrapper;
}

function wrapped<F extends AnyFunction>(original: F): F {
  return {
    [original.name](this: unknown, ...args: never[]): unknown {
      return within(() => Reflect.apply(original, this, args));
    },
  }[original.name] as F;
}

export const exec: ChildProcessModule["exec"] = native(childProcess.exec);
export const execFile: ChildProcessModule["execFile"] = native(childProcess.execFile);
export const execFileSync: ChildProcessModule["execFileSync"] = native(childProcess.execFileSync);
export const execSync: ChildProcessModule["execSync"] = native(childProcess.execSync);
export const fork: ChildProcessModule["fork"] = native(childProcess.fork);
export const spawn: ChildProcessModule["spawn"] = native(childProcess.spawn);
export const spawnSync: ChildProcessModule["spawnSync"] = native(childProcess.spawnSync);
export const ChildProcess: ChildProcessModule["ChildProcess"] = childProcess.ChildProcess;
/** Of the program itself, where it is a child: not documented by Node. */
export const _forkChild: unknown = (childProcess as { readonly _forkChild?: unknown })._forkChild;

const all: ChildProcessModule = {
  ...childProcess,
  exec,
  execFile,
  execFileSync,
  execSync,
  fork,
  spawn,
  spawnSync,
};

export default all;
