/** What Node's JavaScript gives to its own native code, in the shape that each version has. */
import type { ChildProcess as PublicChildProcess, SpawnSyncOptions } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import { replacedBy } from "@ringspawn/core/replaced";

/** An entry of stdio, as Node's JavaScript has prepared it. */
export interface Entry {
  readonly type: unknown;
  readonly fd?: unknown;
  readonly handle?: unknown;
  readonly wrapType?: unknown;
  readonly readable?: unknown;
  readonly writable?: unknown;
  readonly input?: unknown;
}

/** What is to be started. Nothing in it is checked but that lists are lists. */
export interface Call {
  readonly file: unknown;
  readonly args: readonly unknown[] | undefined;
  readonly cwd: unknown;
  readonly envPairs: readonly unknown[] | undefined;
  readonly stdio: readonly Entry[] | undefined;
  readonly detached: unknown;
  readonly uid: unknown;
  readonly gid: unknown;
}

/** The object behind a ChildProcess: `process_wrap.Process`, whose parent has `close`, `ref`, `unref` and `hasRef`. */
export interface Handle {
  spawn: NativeSpawn;
  onexit(code: number, signal: string): void;
  pid?: number;
}

export type NativeSpawn = (this: Handle, ...args: unknown[]) => number;

export interface ChildProcess extends PublicChildProcess {
  readonly _handle: Handle | null;
  spawn(options: object): number;
}

/** The binding `spawn_sync`. */
export interface SyncBinding {
  spawn: NativeSpawnSync;
}

export type NativeSpawnSync = (this: void, options: SyncCallOptions) => SyncAnswer;

export interface SyncCallOptions extends Readonly<Record<string, unknown>> {
  readonly timeout?: unknown;
  readonly maxBuffer?: unknown;
  readonly killSignal?: unknown;
}

/** In the order in which Node's native code sets the keys. */
export interface SyncAnswer {
  error?: number;
  status: number | null;
  signal: string | null;
  output: (Buffer | null)[] | null;
  pid: number;
}

type Shape = "object" | "positional";

/** How `_handle.spawn` is called. */
const SHAPES: { readonly [major: string]: Shape } = { 20: "object", 22: "object", 24: "positional", 26: "positional" };
const DETACHED = 1;
const E2BIG = -7;

const listOf = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) ? (value as unknown[]) : undefined;

const READERS: { readonly [shape in Shape]: (args: readonly unknown[]) => Call } = {
  object: ([options]) => callOf((options ?? {}) as Readonly<Record<string, unknown>>),
  positional: ([file, args, cwd, envPairs, stdio, flags, uid, gid]) =>
    callOf({
      file,
      args,
      cwd,
      envPairs,
      stdio,
      detached: typeof flags === "number" && (flags & DETACHED) !== 0,
      uid,
      gid,
    }),
};

export function callOf({
  file,
  args,
  cwd,
  envPairs,
  stdio,
  detached,
  uid,
  gid,
}: Readonly<Record<string, unknown>>): Call {
  return {
    file,
    args: listOf(args),
    cwd,
    envPairs: listOf(envPairs),
    stdio: listOf(stdio) as readonly Entry[] | undefined,
    detached,
    uid,
    gid,
  };
}

/** Reads the arguments of `_handle.spawn`. */
export type Reader = (args: readonly unknown[]) => Call;

/** A version that is not known is tried out when it first starts something, all others when this is loaded. */
export const isKnownVersion: boolean = Object.hasOwn(SHAPES, major());

function major(): string {
  return process.versions.node.split(".", 1)[0] as string;
}

/** Something that no program starts, in which every option can be told from every other. */
const TRIAL = {
  file: "/dev/null/ringspawn",
  args: ["first", "second"],
  cwd: "/dev/null/cwd",
  envPairs: ["RINGSPAWN=trial"],
  detached: true,
  uid: 65_533,
  gid: 65_534,
} as const;

function isTrial(call: Call): boolean {
  const keys = Object.keys(TRIAL) as (keyof typeof TRIAL)[];
  return keys.every((key) => {
    const [got, given] = [call[key], TRIAL[key]];
    if (!Array.isArray(given)) return got === given;
    if (!Array.isArray(got)) return false;
    // Node adds variables of its own to every environment, such as NODE_V8_COVERAGE where coverage is measured.
    return key === "envPairs" ? given.every((pair) => got.includes(pair)) : got.join() === given.join();
  });
}

/** Where Node announces each ChildProcess, and each start of one. */
const CHANNELS = ["child_process", ...["start", "end", "error"].map((name) => `tracing:child_process.spawn:${name}`)];

/** Calls a function whose ChildProcess is no child of the program's: nobody who listens for those hears of it. */
function unannounced<T>(call: () => T): T {
  const silenced = CHANNELS.map((name) => channel(name));
  const before = silenced.map((each) => Object.getOwnPropertyDescriptor(each, "publish"));
  for (const each of silenced) Object.defineProperty(each, "publish", { value: () => {}, configurable: true });
  try {
    return call();
  } finally {
    silenced.forEach((each, i) => {
      Reflect.deleteProperty(each, "publish");
      if (before[i] !== undefined) Object.defineProperty(each, "publish", before[i]);
    });
  }
}

/** What all process handles have their methods from. */
export function handlePrototype(Class: new () => ChildProcess): Handle {
  return unannounced(() => Object.getPrototypeOf(new Class()._handle) as Handle);
}

/**
 * Has Node's JavaScript call a stand-in, so that nothing is started, and tells how it did: a reader of its arguments,
 * or in one sentence why this package does not understand it.
 */
export function tryShape(Class: new () => ChildProcess): Reader | string {
  return unannounced(() => shapeOf(Class));
}

function shapeOf(Class: new () => ChildProcess): Reader | string {
  let seen: readonly unknown[] | undefined;
  const child = new Class();
  const handle = child._handle;
  if (handle === null) return "this version of Node has no handle behind a ChildProcess";
  child.on("error", () => {});
  const standIn = (...args: unknown[]): number => {
    seen = args;
    return E2BIG;
  };
  Object.defineProperty(handle, "spawn", { value: standIn, configurable: true });
  try {
    child.spawn({ ...TRIAL, args: [...TRIAL.args], envPairs: [...TRIAL.envPairs], stdio: ["pipe", "ignore", 2] });
  } catch {
    // It tells the error that the stand-in has answered with.
  }
  if (seen === undefined) return "this version of Node does not start processes by their handle";
  const known = SHAPES[major()];
  for (const shape of known === undefined ? (["positional", "object"] as const) : [known]) {
    const call = READERS[shape](seen);
    const [first, second, third] = call.stdio ?? [];
    const isPrepared = first?.type === "pipe" && isPipe(first.handle) && second?.type === "ignore" && third?.fd === 2;
    if (isTrial(call) && isPrepared) return READERS[shape];
  }
  return `Node ${process.versions.node} calls its native spawn in a way that is not known`;
}

/** The same for a spawn that blocks. Undefined: it is called as it always was. */
export function trySync(
  binding: SyncBinding,
  spawnSync: (file: string, args: string[], options: SpawnSyncOptions) => unknown,
): string | undefined {
  let seen: SyncCallOptions | undefined;
  const before = binding.spawn;
  binding.spawn = (options) => {
    seen = options;
    return { error: E2BIG, status: null, signal: null, output: null, pid: 0 };
  };
  try {
    const { file, args, cwd, detached, uid, gid } = TRIAL;
    const options = { argv0: args[0], cwd, env: { RINGSPAWN: "trial" }, uid, gid, timeout: 1, maxBuffer: 2 };
    spawnSync(file, [args[1]], { ...options, killSignal: "SIGHUP", stdio: ["pipe", "ignore", 2], detached } as object);
  } catch {
    // It is enough to know what was asked.
  } finally {
    binding.spawn = before;
  }
  if (seen === undefined) return "this version of Node does not run processes by the binding spawn_sync";
  const [first, second, third] = callOf(seen).stdio ?? [];
  const isPrepared =
    first?.type === "pipe" &&
    first.readable === true &&
    second?.type === "ignore" &&
    third?.fd === 2 &&
    seen.timeout === 1 &&
    seen.maxBuffer === 2 &&
    seen.killSignal === 1;
  if (isTrial(callOf(seen)) && isPrepared) return undefined;
  return `Node ${process.versions.node} calls its native spawnSync in a way that is not known`;
}

/** One of Node's own pipes, which takes over an fd. */
export interface PipeHandle {
  open(fd: number): number;
  readonly fd: number;
}

export function isPipe(handle: unknown): handle is PipeHandle {
  return typeof handle === "object" && handle !== null && "open" in handle && typeof handle.open === "function";
}

/**
 * Node's binding for spawns that block, or why it cannot be reached. Asked without the warning that Node prints with
 * --pending-deprecation: the program has not asked for it.
 */
export function syncBinding(): SyncBinding | string {
  const { noDeprecation } = process as { noDeprecation?: boolean };
  try {
    (process as { noDeprecation?: boolean }).noDeprecation = true;
    const binding = (process as unknown as { binding(name: string): Partial<SyncBinding> }).binding("spawn_sync");
    if (typeof binding.spawn === "function") return binding as SyncBinding;
    return "this version of Node has no binding spawn_sync";
  } catch (error) {
    return `Node's binding spawn_sync cannot be reached: ${(error as Error).message}`;
  } finally {
    if (noDeprecation === undefined) delete (process as { noDeprecation?: boolean }).noDeprecation;
    else (process as { noDeprecation?: boolean }).noDeprecation = noDeprecation;
  }
}

/** Has Node's own native code start this child, whatever was put in its place. */
export function withOriginalSpawn<T extends { readonly _handle?: unknown }>(child: T): T {
  const handle = child._handle as Handle;
  const replaced = replacedBy(handle.spawn);
  if (replaced !== undefined) Object.defineProperty(handle, "spawn", { value: replaced.original, configurable: true });
  return child;
}
