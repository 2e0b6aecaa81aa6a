/**
 * Every key of `setup`, once: how it is read, which steps it becomes, how the command line writes it. The types make a
 * key that is new in options.ts an error here until it has its row. docs/setup.md is made from these rows.
 */
import { Bare } from "./builtins.js";
import {
  boolean,
  fd,
  integer,
  knownKeys,
  list,
  mustBe,
  named,
  nonEmptyText,
  object,
  signal,
  unknownKey,
  usageError,
} from "./check.js";
import type { Step } from "./engine.js";
import type { Host } from "./host.js";
import { IO_CLASSES, IO_CLASS_SHIFT, LIMITS, MAX_SIGNAL, NAMESPACES, POLICIES, SIGNALS } from "./numbers.js";
import type { ProcessSetup, SetupKey } from "./options.js";
import { filePath, type Slot, slotOfSpec } from "./stdio.js";

/** A resource limit. Undefined: that half stays as it is. Infinity: unlimited. */
export interface NormalLimit {
  readonly resource: number;
  readonly soft: number | undefined;
  readonly hard: number | undefined;
}

/** Signal sets: bit n - 1 is signal n. */
export interface NormalSignals {
  readonly default: bigint;
  readonly ignore: bigint;
  readonly mask: bigint;
}

/** The keys whose normal form is not the form that people write. */
interface NormalForms {
  readonly session: true;
  readonly controllingTerminal: number;
  /** As ioprio_set takes it: class << 13 | level. */
  readonly ioPriority: number;
  readonly scheduler: { readonly policy: number; readonly priority: number };
  readonly limits: readonly NormalLimit[];
  readonly root: string;
  /** CLONE_NEW* bits. */
  readonly namespaces: number;
  readonly noNewPrivileges: true;
  /** Signal number. */
  readonly dieWithParent: number;
  readonly closeFds: false;
  /** They also stand in the request's `slots`. */
  readonly fds: readonly Slot[];
}

type NormalForm<K extends SetupKey> = K extends keyof NormalForms ? NormalForms[K] : NonNullable<ProcessSetup[K]>;

/** `setup` with every name turned into its number. A key is there only where it is not as the parent has it. */
export type NormalSetup = { readonly [K in Exclude<SetupKey, "signals">]?: NormalForm<K> } & {
  /** Always there: what a parent ignores is reset by default. */
  readonly signals: NormalSignals;
};

type Draft = { -readonly [K in keyof NormalSetup]: NormalSetup[K] };

/** One key of `setup`. */
export interface SetupRule<K extends SetupKey = SetupKey> {
  /**
   * The normal form of what was written; undefined where it changes nothing, so that no engine refuses it.
   *
   * @throws {TypeError} naming the option and what was given.
   */
  readonly read: (option: string, value: unknown, host: Host) => NormalSetup[K] | undefined;
  /** The steps that the key becomes. */
  readonly steps: readonly Step[];
  /** As the command line writes it behind --setup. */
  readonly written: string;
}

const MAX_ID = 4_294_967_294; // -1, the highest, means "leave it" to the kernel
const MAX_PID = 2_147_483_647;
const MAX_CPU = 8191; // no Linux can be built for more
const MAX_GROUPS = 65_536; // NGROUPS_MAX
const MAX_NAMES = 256; // of signals and namespaces there are fewer, but one may stand twice in a list

const whenTrue = (option: string, value: unknown): true | undefined => (boolean(option, value) ? true : undefined);
const numberFrom =
  (min: number, max: number) =>
  (option: string, value: unknown): number =>
    integer(option, value, min, max);
const id: (option: string, value: unknown) => number = numberFrom(0, MAX_ID);

export const SETUP: { readonly [K in SetupKey]-?: SetupRule<K> } = {
  session: { read: whenTrue, steps: ["session"], written: "session=true" },
  processGroup: { read: numberFrom(0, MAX_PID), steps: ["processGroup"], written: "processGroup=0" },
  controllingTerminal: {
    read: (option, value) => (value === true ? 0 : value === false ? undefined : fd(option, value)),
    steps: ["controllingTerminal"],
    written: "controllingTerminal=true",
  },
  uid: { read: id, steps: ["uid"], written: "uid=1000" },
  gid: { read: id, steps: ["gid"], written: "gid=1000" },
  groups: { read: groups, steps: ["groups"], written: "groups=[27,100]" },
  umask: { read: numberFrom(0, 0o777), steps: ["umask"], written: "umask=077" },
  priority: { read: numberFrom(-20, 19), steps: ["priority"], written: "priority=10" },
  ioPriority: { read: ioPriority, steps: ["ioPriority"], written: "ioPriority.class=idle" },
  affinity: { read: affinity, steps: ["affinity"], written: "affinity=[0,1]" },
  scheduler: { read: scheduler, steps: ["scheduler"], written: "scheduler.policy=batch" },
  limits: { read: limits, steps: ["limits"], written: "limits.nofile=64" },
  signals: { read: signals, steps: ["signals", "mask"], written: 'signals.ignore=["SIGHUP"]' },
  root: { read: (option, value, host) => filePath(host, value, option), steps: ["root"], written: "root=/srv" },
  namespaces: { read: namespaces, steps: ["namespaces"], written: 'namespaces=["user","net"]' },
  cgroup: {
    read: (option, value) => (typeof value === "number" ? fd(option, value) : nonEmptyText(option, value)),
    steps: ["cgroup"],
    written: "cgroup=/sys/fs/cgroup/job",
  },
  noNewPrivileges: { read: whenTrue, steps: ["noNewPrivileges"], written: "noNewPrivileges=true" },
  dieWithParent: {
    read: (option, value) => (value === true ? SIGNALS.SIGKILL : value === false ? undefined : signal(option, value)),
    steps: ["dieWithParent"],
    written: "dieWithParent=true",
  },
  closeFds: {
    read: (option, value) => (boolean(option, value) ? undefined : false),
    steps: ["closeFds"],
    written: "closeFds=false",
  },
  fds: { read: fds, steps: ["stdio", "fds"], written: 'fds.3={"file":"/tmp/log","open":"a"}' },
};

/** Bit n - 1 for signal n. */
const bit = (signal: number): bigint => 1n << BigInt(signal - 1);

/** No process can ignore, catch or block these two. */
const UNTOUCHABLE = bit(SIGNALS.SIGKILL) | bit(SIGNALS.SIGSTOP);
const ALL_SIGNALS = ((1n << BigInt(MAX_SIGNAL)) - 1n) & ~UNTOUCHABLE;

const USUAL_SIGNALS: NormalSignals = Object.freeze({ default: ALL_SIGNALS, ignore: 0n, mask: 0n });

/** Without a prototype: a key that was not given must not be found on Object.prototype. */
function emptySetup(): Draft {
  return Object.assign(new Bare(), { signals: USUAL_SIGNALS });
}

/** What a child has where nothing was said. */
export const AS_THE_PARENT: NormalSetup = Object.freeze(emptySetup());

/**
 * Reads one key into `draft`, and adds the key to `given` unless it changes nothing.
 *
 * @throws {TypeError} naming `option` and what was given.
 */
export function readKey(
  draft: object,
  given: SetupKey[],
  key: SetupKey,
  option: string,
  value: unknown,
  host: Host,
): void {
  const normal: unknown = SETUP[key].read(option, value, host);
  if (normal === undefined) return;
  (draft as Record<SetupKey, unknown>)[key] = normal;
  given.push(key);
}

/** All of `setup`; undefined values are as if the key was not there. @throws {TypeError} for a key that is unknown. */
export function readSetup(setup: unknown, given: SetupKey[], host: Host): Draft {
  const draft = emptySetup();
  const written = object("setup", setup);
  for (const key of Object.keys(written)) {
    if (!Object.hasOwn(SETUP, key)) throw unknownKey("setup", key, Object.keys(SETUP));
    const value = written[key];
    if (value !== undefined) readKey(draft, given, key as SetupKey, `setup.${key}`, value, host);
  }
  return draft;
}

function groups(option: string, value: unknown): readonly number[] {
  // Not by map(), which skips the holes of an array.
  return Array.from(list(option, value, MAX_GROUPS), (group, i) => id(`${option}[${i}]`, group));
}

function affinity(option: string, value: unknown): readonly number[] {
  const cpus = list(option, value, MAX_CPU + 1);
  if (cpus.length === 0) throw usageError("ERR_INVALID_ARG_VALUE", `${option} must name at least one CPU, got []`);
  const numbers = Array.from(cpus, (cpu, i) => integer(`${option}[${i}]`, cpu, 0, MAX_CPU));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function ioPriority(option: string, value: unknown): number {
  const given = knownKeys(option, value, ["class", "level"]);
  const ioClass = named(`${option}.class`, given.class, IO_CLASSES);
  // 4 is what the kernel gives to a process that never asked; "idle" has no levels.
  const usual = ioClass === IO_CLASSES.idle ? 0 : 4;
  const level = given.level === undefined ? usual : integer(`${option}.level`, given.level, 0, 7);
  return (ioClass << IO_CLASS_SHIFT) | level;
}

function scheduler(option: string, value: unknown): { readonly policy: number; readonly priority: number } {
  const given = knownKeys(option, value, ["policy", "priority"]);
  const policy = named(`${option}.policy`, given.policy, POLICIES);
  const realtime = policy === POLICIES.fifo || policy === POLICIES.rr;
  const [min, max] = realtime ? [1, 99] : [0, 0];
  const priority = given.priority === undefined ? min : integer(`${option}.priority`, given.priority, min, max);
  return { policy, priority };
}

function limits(option: string, value: unknown): readonly NormalLimit[] | undefined {
  const written = object(option, value);
  const halves: NormalLimit[] = [];
  for (const name of Object.keys(written)) {
    if (!Object.hasOwn(LIMITS, name)) throw unknownKey(option, name, Object.keys(LIMITS));
    const limit = written[name];
    if (limit === undefined) continue;
    const both = typeof limit !== "object" || limit === null;
    const at = `${option}.${name}`;
    const { soft, hard } = both ? { soft: limit, hard: limit } : knownKeys(at, limit, ["soft", "hard"]);
    const low = limitValue(both ? at : `${at}.soft`, soft);
    const high = limitValue(both ? at : `${at}.hard`, hard);
    if (low === undefined && high === undefined) continue;
    if (low !== undefined && high !== undefined && low > high) {
      throw mustBe(`${at}.soft`, `at most the hard limit of ${high}`, low);
    }
    halves.push({ resource: LIMITS[name as keyof typeof LIMITS], soft: low, hard: high });
  }
  return halves.length > 0 ? halves : undefined;
}

function limitValue(option: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (value === "unlimited" || value === Infinity) return Infinity;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw mustBe(option, 'an integer that is not negative, or "unlimited"', value);
}

function signals(option: string, value: unknown): NormalSignals | undefined {
  const given = knownKeys(option, value, ["default", "ignore", "mask"]);
  const ignore = given.ignore === undefined ? 0n : signalSet(`${option}.ignore`, given.ignore);
  const all = given.default === undefined || given.default === "all";
  const reset = all ? ALL_SIGNALS & ~ignore : signalSet(`${option}.default`, given.default);
  if ((reset & ignore) !== 0n) {
    throw usageError("ERR_INVALID_ARG_VALUE", `${option}.default and ${option}.ignore must not name the same signal`);
  }
  const mask = given.mask === undefined ? 0n : signalSet(`${option}.mask`, given.mask);
  return reset === ALL_SIGNALS && ignore === 0n && mask === 0n ? undefined : { default: reset, ignore, mask };
}

function signalSet(option: string, value: unknown): bigint {
  let set = 0n;
  for (const [i, name] of list(option, value, MAX_NAMES).entries()) {
    const one = bit(signal(`${option}[${i}]`, name));
    if ((one & UNTOUCHABLE) !== 0n) throw mustBe(`${option}[${i}]`, "a signal other than SIGKILL and SIGSTOP", name);
    set |= one;
  }
  return set;
}

function namespaces(option: string, value: unknown): number | undefined {
  let bits = 0;
  for (const [i, name] of list(option, value, MAX_NAMES).entries()) bits |= named(`${option}[${i}]`, name, NAMESPACES);
  return bits === 0 ? undefined : bits;
}

function fds(option: string, value: unknown, host: Host): readonly Slot[] | undefined {
  const written = object(option, value);
  const slots: Slot[] = [];
  for (const key of Object.keys(written)) {
    const target = Number(key);
    // Only the number's own spelling: "03" and "3e0" would be the same fd twice.
    if (String(target) !== key) throw mustBe(`a key of ${option}`, "an fd number", key);
    fd(`a key of ${option}`, target);
    if (target <= 2) throw mustBe(`a key of ${option}`, "3 or more (the others are stdin, stdout and stderr)", target);
    const spec = written[key];
    if (spec !== undefined) slots.push(slotOfSpec(host, target, spec, `${option}.${key}`));
  }
  return slots.length > 0 ? slots : undefined;
}
