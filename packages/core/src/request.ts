/** The normal form of what should run. Usage mistakes in it are TypeErrors, thrown on the way into it. */
import { Bare } from "./builtins.js";
import { mustBe, shown, text, usageError } from "./check.js";
import { engineOrder } from "./choose.js";
import type { EngineName } from "./engine.js";
import type { Host } from "./host.js";
import type { SetupKey } from "./options.js";
import { candidatesOf } from "./path.js";
import { AS_THE_PARENT, type NormalSetup, readKey, readSetup } from "./setup.js";
import { checkSlots, filePath, MAX_SLOTS, optionOfSlot, type Slot } from "./stdio.js";

/** Everything an engine may look at. */
export interface SpawnRequest {
  /** The command as written. */
  readonly file: string;
  /** argv[0] included. */
  readonly argv: readonly string[];
  /** The paths exec tries, in order; relative ones count from the child's cwd. */
  readonly candidates: readonly string[];
  /** The whole environment of the child; undefined: the parent's as it is at the spawn. */
  readonly env: Readonly<Record<string, string>> | undefined;
  /** `env` is only what is added to the parent's environment, which this program may not read. */
  readonly envIsAdded: boolean;
  readonly cwd: string | undefined;
  /** Ascending by target; 0, 1 and 2 are always there. */
  readonly slots: readonly Slot[];
  /** Run a text file without `#!` by /bin/sh, as execvp does. */
  readonly shellFallback: boolean;
  /** The signal by which a limit of the caller's is to end it, where one was chosen. */
  readonly killSignal: number | undefined;
  readonly setup: NormalSetup;
  /** The keys of `setup` that change anything, whichever option they came by. */
  readonly given: readonly SetupKey[];
  /** The engines to ask, in order. */
  readonly engines: readonly EngineName[];
}

/** What a face knows of a spawn: still as people wrote it, but with its own words for stdio already understood. */
export interface RequestInput {
  /** What to call `file` in a message: `command`, `cmd[0]`. */
  readonly fileOption: string;
  readonly file: unknown;
  readonly argsOption: string;
  /** The number of the first of `args` in a message: 0, or 1 where the command counts as the one before. */
  readonly firstArg: number;
  /** Without argv[0]. */
  readonly args: readonly unknown[];
  readonly argv0: unknown;
  /** The whole environment; undefined: the parent's. */
  readonly env: Readonly<Record<string, string>> | undefined;
  /** `env` is only what is added to the parent's. */
  readonly envIsAdded: boolean;
  readonly cwd: unknown;
  readonly uid: unknown;
  readonly gid: unknown;
  readonly cgroup: unknown;
  readonly detached: unknown;
  /** 0, 1, 2 and what else the face has, ascending. */
  readonly slots: readonly Slot[];
  readonly shellFallback: boolean;
  readonly killSignal: number | undefined;
  readonly engine: unknown;
  readonly setup: unknown;
}

/** The options of faces that mean the same as a key of `setup`. */
const SAME = [
  ["detached", "session"],
  ["uid", "uid"],
  ["gid", "gid"],
  ["cgroup", "cgroup"],
] as const satisfies readonly (readonly [keyof RequestInput, SetupKey])[];

const NOTHING_GIVEN: readonly SetupKey[] = Object.freeze([]);

/**
 * Validates, looks up what must be looked up now (PATH, `RINGSPAWN_ENGINE`).
 *
 * @param engines the names of the engines there are, in the order in which `auto` prefers them
 * @throws {TypeError} naming the option and what was given.
 */
export function normalize(host: Host, engines: readonly EngineName[], input: RequestInput): SpawnRequest {
  // An empty one is no mistake, but found nowhere, as in the APIs that the faces have the shape of.
  const file = input.file === "" ? "" : filePath(host, input.file, input.fileOption);
  const argv = [input.argv0 === undefined ? file : text("argv0", input.argv0)];
  const { env, args, argsOption, firstArg } = input;
  for (let i = 0; i < args.length; i++) argv.push(text(`${argsOption}[${i + firstArg}]`, args[i]));
  const { setup, given } = normalizeSetup(host, input);
  const slots = setup.fds === undefined ? input.slots : mergeSlots(input.slots, setup.fds);
  if (slots.length > MAX_SLOTS) {
    throw usageError("ERR_INVALID_ARG_VALUE", `at most ${MAX_SLOTS} fds can be set up, got ${slots.length}`);
  }
  checkTogether(setup, slots);
  checkSlots(slots);
  return {
    file,
    argv,
    candidates: candidatesOf(host, file, env),
    env,
    envIsAdded: input.envIsAdded,
    cwd: input.cwd === undefined ? undefined : filePath(host, input.cwd, "cwd"),
    slots,
    shellFallback: input.shellFallback,
    killSignal: input.killSignal,
    setup,
    given,
    engines: engineOrder(engines, input.engine, host),
  };
}

/** `setup`, and the options of the faces that mean the same as one of its keys. */
function normalizeSetup(host: Host, input: RequestInput): Pick<SpawnRequest, "setup" | "given"> {
  if (isWithoutSetup(input)) return { setup: AS_THE_PARENT, given: NOTHING_GIVEN };
  const given: SetupKey[] = [];
  const setup = readSetup(input.setup === undefined ? {} : input.setup, given, host);
  for (const [option, key] of SAME) {
    if (input[option] === undefined) continue;
    const before = setup[key];
    if (before === undefined) readKey(setup, given, key, option, input[option], host);
    else agree(option, key, input[option], before, host);
  }
  return { setup: Object.freeze(setup), given };
}

/** As nearly all are. Every spawn comes by here, and an index makes neither an iterator nor a closure for it. */
function isWithoutSetup(input: RequestInput): boolean {
  if (input.setup !== undefined) return false;
  for (let i = 0; i < SAME.length; i++) if (input[(SAME[i] as (typeof SAME)[number])[0]] !== undefined) return false;
  return true;
}

/** @throws {TypeError} when an option and the key of `setup` that means the same differ. */
function agree(option: string, key: SetupKey, written: unknown, before: unknown, host: Host): void {
  const alone: Partial<Record<SetupKey, unknown>> = new Bare();
  readKey(alone, [], key, option, written, host);
  const value = alone[key];
  // An option that changes nothing (`detached: false`) leaves the last word to `setup`.
  if (value === undefined || value === before) return;
  throw usageError(
    "ERR_INVALID_ARG_VALUE",
    `${option} and setup.${key} must not differ, got ${shown(value)} and ${shown(before)}`,
  );
}

/** Mistakes that no single option shows. */
function checkTogether(setup: NormalSetup, slots: readonly Slot[]): void {
  const { controllingTerminal, processGroup } = setup;
  const hasTerminal = slots[0]?.kind === "terminal";
  const session = hasTerminal || setup.session;
  if (controllingTerminal !== undefined) {
    if (hasTerminal && controllingTerminal > 2) {
      throw mustBe("setup.controllingTerminal", "absent where the terminal option is given", controllingTerminal);
    }
    if (session === undefined) {
      throw mustBe("setup.session", "true, because setup.controllingTerminal is given", false);
    }
    if (setup.closeFds !== false && !slots.some(({ target }) => target === controllingTerminal)) {
      throw mustBe("setup.controllingTerminal", "an fd that the child has", controllingTerminal);
    }
  }
  if (processGroup !== undefined && session !== undefined) {
    // setpgid(2) refuses it to a session leader, which leads a group of its own anyway.
    throw mustBe("setup.processGroup", "absent where the child leads a new session", processGroup);
  }
}

function mergeSlots(low: readonly Slot[], fds: readonly Slot[]): readonly Slot[] {
  const slots = [...low, ...fds].sort((a, b) => a.target - b.target);
  for (let i = 1; i < slots.length; i++) {
    const [before, slot] = [slots[i - 1] as Slot, slots[i] as Slot];
    if (slot.target === before.target) {
      const both = `setup.fds.${slot.target} and ${optionOfSlot(before, undefined)}`;
      throw usageError("ERR_INVALID_ARG_VALUE", `${both} are the same fd`);
    }
  }
  return slots;
}
