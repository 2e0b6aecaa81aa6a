/** The normal form of what should run. Usage mistakes in it are TypeErrors, thrown on the way into it. */
import {
  array,
  boolean,
  fd,
  integer,
  listed,
  mustBe,
  named,
  nonEmptyText,
  object,
  shown,
  signal,
  text,
  unknownKey,
  usageError,
} from "./check.js";
import { ENGINE_NAMES, type EngineName } from "./engine.js";
import type { Host } from "./host.js";
import { IO_CLASSES, IO_CLASS_SHIFT, LIMITS, MAX_SIGNAL, NAMESPACES, POLICIES, SIGNALS } from "./numbers.js";
import type { ProcessSetup } from "./options.js";
import { candidates } from "./path.js";
import { filePath, slotOfSpec } from "./stdio.js";

/** One fd of the child. `in`: the child reads it. */
export type Slot =
  | { readonly target: number; readonly kind: "null" }
  | { readonly target: number; readonly kind: "fd"; readonly fd: number }
  | { readonly target: number; readonly kind: "pipe"; readonly direction: "in" | "out" }
  | {
      readonly target: number;
      readonly kind: "file";
      readonly path: string;
      readonly open: "r" | "r+" | "w" | "w+" | "a" | "a+";
      readonly mode: number;
    };

/** `setup` with every name turned into its number; undefined means "as the parent". */
export interface NormalSetup {
  readonly session: boolean;
  readonly processGroup: number | undefined;
  readonly controllingTerminal: number | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly groups: readonly number[] | undefined;
  readonly umask: number | undefined;
  readonly priority: number | undefined;
  /** As ioprio_set takes it: class << 13 | level. */
  readonly ioPriority: number | undefined;
  readonly affinity: readonly number[] | undefined;
  readonly scheduler: { readonly policy: number; readonly priority: number } | undefined;
  /** undefined soft or hard: stays. Infinity: unlimited. */
  readonly limits: readonly {
    readonly resource: number;
    readonly soft: number | undefined;
    readonly hard: number | undefined;
  }[];
  /** Signal sets: bit n - 1 is signal n. */
  readonly signalsDefault: bigint;
  readonly signalsIgnore: bigint;
  readonly signalMask: bigint;
  readonly root: string | undefined;
  /** CLONE_NEW* bits. */
  readonly namespaces: number;
  readonly cgroup: string | number | undefined;
  readonly noNewPrivileges: boolean;
  /** Signal number. */
  readonly dieWithParent: number | undefined;
  readonly closeFds: boolean;
}

/** Frozen. Everything an engine may look at. */
export interface SpawnRequest {
  /** The command as written. */
  readonly file: string;
  /** argv[0] included. */
  readonly argv: readonly string[];
  /** The paths exec tries, in order; relative ones count from the child's cwd. */
  readonly candidates: readonly string[];
  /** The whole environment of the child; undefined: the parent's as it is at the spawn. */
  readonly env: Readonly<Record<string, string>> | undefined;
  readonly cwd: string | undefined;
  /** Ascending by target; 0, 1 and 2 are always there. */
  readonly slots: readonly Slot[];
  /** Run a text file without `#!` by /bin/sh, as execvp does. */
  readonly shellFallback: boolean;
  readonly setup: NormalSetup;
  /** The `setup` keys that change anything, whichever option they came by, so that an engine can refuse by name. */
  readonly given: readonly string[];
  readonly engines: readonly EngineName[];
}

/** What a face knows of a spawn: still as people wrote it, but with its own words for stdio already understood. */
export interface RequestInput {
  /** What to call `file` in a message: `command`, `cmd[0]`. */
  readonly fileOption: string;
  readonly file: unknown;
  readonly argsOption: string;
  /** Without argv[0]. */
  readonly args: readonly unknown[];
  readonly argv0?: unknown;
  /** The whole environment; undefined: the parent's. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd?: unknown;
  readonly uid?: unknown;
  readonly gid?: unknown;
  readonly cgroup?: unknown;
  readonly detached?: unknown;
  /** 0, 1, 2 and what else the face has, ascending. */
  readonly slots: readonly Slot[];
  readonly shellFallback: boolean;
  readonly engine?: unknown;
  readonly setup?: unknown;
}

const MAX_SLOTS = 256;
const MAX_ID = 4_294_967_294; // -1, the highest, means "leave it" to the kernel
const MAX_PID = 2_147_483_647;
const MAX_CPU = 8191; // no Linux can be built for more
const MAX_GROUPS = 65_536; // NGROUPS_MAX
const NOTHING: readonly never[] = Object.freeze([]);

const ENGINE_VARIABLE = "RINGSPAWN_ENGINE";

/** Bit n - 1 for signal n. */
const bit = (signal: number): bigint => 1n << BigInt(signal - 1);

/** Nobody can ignore, catch or block these two. */
const UNTOUCHABLE = bit(SIGNALS.SIGKILL) | bit(SIGNALS.SIGSTOP);
const ALL_SIGNALS = ((1n << BigInt(MAX_SIGNAL)) - 1n) & ~UNTOUCHABLE;

const AS_THE_PARENT: NormalSetup = Object.freeze({
  session: false,
  processGroup: undefined,
  controllingTerminal: undefined,
  uid: undefined,
  gid: undefined,
  groups: undefined,
  umask: undefined,
  priority: undefined,
  ioPriority: undefined,
  affinity: undefined,
  scheduler: undefined,
  limits: NOTHING,
  signalsDefault: ALL_SIGNALS,
  signalsIgnore: 0n,
  signalMask: 0n,
  root: undefined,
  namespaces: 0,
  cgroup: undefined,
  noNewPrivileges: false,
  dieWithParent: undefined,
  closeFds: true,
});

/**
 * Validates, looks up what must be looked up now (PATH, `RINGSPAWN_ENGINE`), and freezes.
 *
 * @throws {TypeError} naming the option and what was given.
 */
export function normalize(host: Host, input: RequestInput): SpawnRequest {
  const file = filePath(host, input.file, input.fileOption);
  const argv = [input.argv0 === undefined ? file : text("argv0", input.argv0)];
  for (let i = 0; i < input.args.length; i++) argv.push(text(`${input.argsOption}[${i}]`, input.args[i]));
  const { env } = input;
  const given: string[] = [];
  const { setup, fds } = normalizeSetup(host, input, given);
  const slots = fds === undefined ? input.slots : mergeSlots(input.slots, fds);
  if (slots.length > MAX_SLOTS) {
    throw usageError("ERR_INVALID_ARG_VALUE", `at most ${MAX_SLOTS} fds can be set up, got ${slots.length}`);
  }
  checkTogether(setup, slots);
  return Object.freeze({
    file,
    argv,
    // The child's own PATH decides. Where it has none the parent's does, as in both peers.
    candidates: candidates(file, env?.PATH ?? host.getenv("PATH")),
    env,
    cwd: input.cwd === undefined ? undefined : filePath(host, input.cwd, "cwd"),
    slots,
    shellFallback: input.shellFallback,
    setup,
    given,
    engines: engineOrder(input.engine, host.getenv(ENGINE_VARIABLE)),
  });
}

/**
 * Copies variables into `onto`, checking each. `undefined` is left out if `loose`; other values are then made
 * strings; else both are mistakes.
 */
export function addVariables(onto: Record<string, string>, env: unknown, loose: boolean): Record<string, string> {
  const variables = object("env", env);
  for (const name of Object.keys(variables)) {
    if (name === "" || name.includes("=") || name.includes("\0")) {
      const why = `a name of a variable must not be empty nor hold "=" or NUL, got ${shown(name)}`;
      throw usageError("ERR_INVALID_ARG_VALUE", `env: ${why}`);
    }
    const value = variables[name];
    if (loose && value === undefined) continue;
    onto[name] = text(`env.${name}`, loose ? String(value) : value);
  }
  return onto;
}

/** An environment without a prototype, so that `__proto__` is a name like any other. */
export function emptyEnv(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

/** The engines to ask, in order. */
function engineOrder(option: unknown, variable: string | undefined): readonly EngineName[] {
  if (option !== undefined) return enginesOf("engine", option);
  if (variable === undefined || variable.trim() === "") return ENGINE_NAMES;
  const names = variable.split(",").map((name) => name.trim());
  return enginesOf(`the environment variable ${ENGINE_VARIABLE}`, names.length === 1 ? names[0] : names);
}

function enginesOf(option: string, value: unknown): readonly EngineName[] {
  if (value === "auto") return ENGINE_NAMES;
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  const known = names.every((name) => ENGINE_NAMES.includes(name as EngineName));
  if (known && names.length > 0) return [...new Set(names as EngineName[])];
  const what = Array.isArray(value) ? `[${value.map(shown).join(", ")}]` : shown(value);
  throw usageError(
    "ERR_INVALID_ARG_VALUE",
    `${option} must be ${listed([...ENGINE_NAMES, "auto"])}, or a list of engines, got ${what}`,
  );
}

type Draft<T> = { -readonly [key in keyof T]: T[key] };

/** `setup` and the options of the faces that mean the same. Adds to `given` what is not as the parent has it. */
function normalizeSetup(
  host: Host,
  input: RequestInput,
  given: string[],
): { readonly setup: NormalSetup; readonly fds: readonly Slot[] | undefined } {
  const detached = input.detached !== undefined && boolean("detached", input.detached);
  const alone = input.uid === undefined && input.gid === undefined && input.cgroup === undefined && !detached;
  if (alone && input.setup === undefined) return { setup: AS_THE_PARENT, fds: undefined };

  const draft: Draft<NormalSetup> = { ...AS_THE_PARENT };
  let fds: readonly Slot[] | undefined;
  const set = <K extends keyof NormalSetup>(key: K, value: NormalSetup[K]): void => {
    draft[key] = value;
    if (value !== AS_THE_PARENT[key]) given.push(key);
  };
  const setup = input.setup === undefined ? {} : object("setup", input.setup);
  for (const key of Object.keys(setup) as (keyof ProcessSetup)[]) {
    const value = (setup as Record<string, unknown>)[key];
    const option = `setup.${key}`;
    if (!Object.hasOwn(KEYS, key)) throw unknownKey("setup", key, Object.keys(KEYS));
    if (value === undefined) continue;
    switch (key) {
      case "session":
      case "noNewPrivileges":
      case "closeFds":
        set(key, boolean(option, value));
        break;
      case "processGroup":
        set(key, integer(option, value, 0, MAX_PID));
        break;
      case "controllingTerminal":
        if (value !== false) set(key, value === true ? 0 : fd(option, value));
        break;
      case "uid":
      case "gid":
        set(key, integer(option, value, 0, MAX_ID));
        break;
      case "groups":
        set(key, groupsOf(option, value));
        break;
      case "umask":
        set(key, integer(option, value, 0, 0o777));
        break;
      case "priority":
        set(key, integer(option, value, -20, 19));
        break;
      case "ioPriority":
        set(key, ioPriorityOf(option, value));
        break;
      case "affinity":
        set(key, affinityOf(option, value));
        break;
      case "scheduler":
        set(key, schedulerOf(option, value));
        break;
      case "limits": {
        const limits = limitsOf(option, value);
        if (limits.length > 0) set(key, limits);
        break;
      }
      case "signals":
        signalsOf(draft, option, value);
        if (
          draft.signalsDefault !== AS_THE_PARENT.signalsDefault ||
          draft.signalsIgnore !== 0n ||
          draft.signalMask !== 0n
        ) {
          given.push(key);
        }
        break;
      case "root":
        set(key, filePath(host, value, option));
        break;
      case "namespaces":
        set(key, namespacesOf(option, value));
        break;
      case "cgroup":
        set(key, cgroupOf(option, value));
        break;
      case "dieWithParent":
        if (value !== false) set(key, value === true ? SIGNALS.SIGKILL : signal(option, value));
        break;
      case "fds":
        fds = fdsOf(host, option, value);
        if (fds.length > 0) given.push(key);
        break;
      default:
        unanswered(key);
    }
  }

  if (detached && !draft.session) set("session", true);
  for (const key of ["uid", "gid"] as const) {
    if (input[key] === undefined) continue;
    const value = integer(key, input[key], 0, MAX_ID);
    agree(key, value, draft[key]);
    if (draft[key] === undefined) set(key, value);
  }
  if (input.cgroup !== undefined) {
    const value = cgroupOf("cgroup", input.cgroup);
    agree("cgroup", value, draft.cgroup);
    if (draft.cgroup === undefined) set("cgroup", value);
  }
  return { setup: draft, fds };
}

/** Every key of `setup`: what makes a new one in options.ts an error here until it is answered. */
const KEYS: { readonly [key in keyof ProcessSetup]-?: true } = {
  session: true,
  processGroup: true,
  controllingTerminal: true,
  uid: true,
  gid: true,
  groups: true,
  umask: true,
  priority: true,
  ioPriority: true,
  affinity: true,
  scheduler: true,
  limits: true,
  signals: true,
  root: true,
  namespaces: true,
  cgroup: true,
  noNewPrivileges: true,
  dieWithParent: true,
  closeFds: true,
  fds: true,
};

function unanswered(key: never): never {
  throw new TypeError(`setup.${String(key)} is not understood`);
}

function agree(key: string, option: unknown, setup: unknown): void {
  if (setup === undefined || setup === option) return;
  throw usageError(
    "ERR_INVALID_ARG_VALUE",
    `${key} and setup.${key} must not differ, got ${shown(option)} and ${shown(setup)}`,
  );
}

/** Mistakes that no single option shows. */
function checkTogether(setup: NormalSetup, slots: readonly Slot[]): void {
  const { controllingTerminal, processGroup } = setup;
  if (controllingTerminal !== undefined) {
    if (!setup.session) {
      throw mustBe("setup.session", "true, because setup.controllingTerminal is given", setup.session);
    }
    if (setup.closeFds && !slots.some(({ target }) => target === controllingTerminal)) {
      throw mustBe("setup.controllingTerminal", "an fd that the child has", controllingTerminal);
    }
  }
  if (processGroup !== undefined && setup.session) {
    // setpgid(2) refuses it to a session leader, which leads a group of its own anyway.
    throw mustBe("setup.processGroup", "absent where the child leads a new session", processGroup);
  }
}

function mergeSlots(low: readonly Slot[], fds: readonly Slot[]): readonly Slot[] {
  const slots = [...low, ...fds].sort((a, b) => a.target - b.target);
  for (let i = 1; i < slots.length; i++) {
    const target = (slots[i] as Slot).target;
    if (target === slots[i - 1]?.target) {
      throw usageError("ERR_INVALID_ARG_VALUE", `setup.fds.${target} and stdio[${target}] are the same fd`);
    }
  }
  return slots;
}

function fdsOf(host: Host, option: string, value: unknown): readonly Slot[] {
  const fds = object(option, value);
  const slots: Slot[] = [];
  for (const key of Object.keys(fds)) {
    const target = Number(key);
    // Only the number's own spelling: "03" and "3e0" would be the same fd twice.
    if (String(target) !== key) throw mustBe(`a key of ${option}`, "an fd number", key);
    fd(`a key of ${option}`, target);
    if (target <= 2) throw mustBe(`a key of ${option}`, "3 or more (the others are stdin, stdout and stderr)", target);
    if (fds[key] !== undefined) slots.push(slotOfSpec(host, target, fds[key], `${option}.${key}`));
  }
  return slots;
}

function groupsOf(option: string, value: unknown): readonly number[] {
  const groups = array(option, value);
  if (groups.length > MAX_GROUPS) throw mustBe(`${option}.length`, `at most ${MAX_GROUPS}`, groups.length);
  return groups.map((group, i) => integer(`${option}[${i}]`, group, 0, MAX_ID));
}

function affinityOf(option: string, value: unknown): readonly number[] {
  const cpus = array(option, value);
  if (cpus.length === 0) throw usageError("ERR_INVALID_ARG_VALUE", `${option} must name at least one CPU, got []`);
  return [...new Set(cpus.map((cpu, i) => integer(`${option}[${i}]`, cpu, 0, MAX_CPU)))].sort((a, b) => a - b);
}

function ioPriorityOf(option: string, value: unknown): number {
  const given = checkedKeys(option, value, ["class", "level"]);
  const ioClass = named(`${option}.class`, given.class, IO_CLASSES);
  // 4 is what the kernel gives to a process that never asked; "idle" has no levels.
  const usual = ioClass === IO_CLASSES.idle ? 0 : 4;
  const level = given.level === undefined ? usual : integer(`${option}.level`, given.level, 0, 7);
  return (ioClass << IO_CLASS_SHIFT) | level;
}

function schedulerOf(option: string, value: unknown): { readonly policy: number; readonly priority: number } {
  const given = checkedKeys(option, value, ["policy", "priority"]);
  const policy = named(`${option}.policy`, given.policy, POLICIES);
  const realtime = policy === POLICIES.fifo || policy === POLICIES.rr;
  const [min, max] = realtime ? [1, 99] : [0, 0];
  return {
    policy,
    priority: given.priority === undefined ? min : integer(`${option}.priority`, given.priority, min, max),
  };
}

function limitsOf(option: string, value: unknown): NormalSetup["limits"] {
  const limits = object(option, value);
  const list: { resource: number; soft: number | undefined; hard: number | undefined }[] = [];
  for (const name of Object.keys(limits)) {
    if (!Object.hasOwn(LIMITS, name)) throw unknownKey(option, name, Object.keys(LIMITS));
    const limit = limits[name];
    if (limit === undefined) continue;
    const both = typeof limit !== "object" || limit === null;
    const at = `${option}.${name}`;
    const { soft, hard } = both ? { soft: limit, hard: limit } : checkedKeys(at, limit, ["soft", "hard"]);
    const low = limitValue(both ? at : `${at}.soft`, soft);
    const high = limitValue(both ? at : `${at}.hard`, hard);
    if (low === undefined && high === undefined) continue;
    if (low !== undefined && high !== undefined && low > high) {
      throw mustBe(`${at}.soft`, `at most the hard limit of ${high}`, low);
    }
    list.push({ resource: LIMITS[name as keyof typeof LIMITS], soft: low, hard: high });
  }
  return list;
}

function limitValue(option: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (value === "unlimited" || value === Infinity) return Infinity;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw mustBe(option, 'an integer that is not negative, or "unlimited"', value);
}

function signalsOf(draft: Draft<NormalSetup>, option: string, value: unknown): void {
  const given = checkedKeys(option, value, ["default", "ignore", "mask"]);
  const ignore = given.ignore === undefined ? 0n : signalSet(`${option}.ignore`, given.ignore);
  const all = given.default === undefined || given.default === "all";
  const reset = all ? ALL_SIGNALS & ~ignore : signalSet(`${option}.default`, given.default);
  if ((reset & ignore) !== 0n) {
    throw usageError("ERR_INVALID_ARG_VALUE", `${option}.default and ${option}.ignore must not name the same signal`);
  }
  draft.signalsDefault = reset;
  draft.signalsIgnore = ignore;
  draft.signalMask = given.mask === undefined ? 0n : signalSet(`${option}.mask`, given.mask);
}

function signalSet(option: string, value: unknown): bigint {
  return array(option, value).reduce((set: bigint, name, i) => {
    const one = bit(signal(`${option}[${i}]`, name));
    if ((one & UNTOUCHABLE) !== 0n) throw mustBe(`${option}[${i}]`, "a signal other than SIGKILL and SIGSTOP", name);
    return set | one;
  }, 0n);
}

function namespacesOf(option: string, value: unknown): number {
  const names = array(option, value);
  return names.reduce((bits: number, name, i) => bits | named(`${option}[${i}]`, name, NAMESPACES), 0);
}

function cgroupOf(option: string, value: unknown): string | number {
  if (typeof value === "number") return fd(option, value);
  return nonEmptyText(option, value);
}

function checkedKeys(option: string, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  const given = object(option, value);
  for (const key of Object.keys(given)) if (!known.includes(key)) throw unknownKey(option, key, known);
  return given;
}
