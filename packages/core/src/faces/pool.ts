/** A face of our own, experimental: children that are born and set up before it is known what they will run. */
import { after } from "../builtins.js";
import { array, integer, mustBe, ownOptions, usageError } from "../check.js";
import type { Prespawned } from "../engine.js";
import type { Launcher } from "../launcher.js";
import type { EngineOptions } from "../options.js";
import { refuseUnknown } from "../option-names.js";
import type { Process } from "../process.js";
import { slotOfDenoWord } from "../stdio.js";
import { checkedSignal, type CommandStdio, commandInput, commandOptions } from "./deno.js";
import { started, type StartedProcess, startOptions, type StartOptions } from "./start.js";

export type PoolStdio = readonly [stdin: CommandStdio, stdout: CommandStdio, stderr: CommandStdio];

export interface PoolOptions extends EngineOptions {
  /** How many children wait, 1 to 256. */
  readonly size: number;
  /** stdin, stdout and stderr of every child at once, in this order, instead of the three options below. */
  readonly stdio?: PoolStdio | undefined;
  /** Of every child. Default `"inherit"`, as of the other two. */
  readonly stdin?: CommandStdio | undefined;
  readonly stdout?: CommandStdio | undefined;
  readonly stderr?: CommandStdio | undefined;
}

export interface PoolStats {
  /** Children that wait now. */
  readonly waiting: number;
  /** Programs that a waiting child became. */
  readonly served: number;
  /** Programs that were started in the ordinary way: for each of the reasons below, and when no child waited. */
  readonly passedOn: number;
  /** Of these: they needed a set-up that the pool's children do not have. */
  readonly unlike: number;
  /** Of these: this program's ids, limits, priority, … were no longer those that its children were born with. */
  readonly stale: number;
  /** Children that ended while they waited: they were killed, or could not be set up. */
  readonly lost: number;
}

/**
 * Children that wait for a program. They are ended with this program, however it ends.
 *
 * At its birth a child inherits ids, groups, limits, priorities, scheduler, affinity, root and working directory of
 * this program. They are compared before the child is used, and a child that differs is not used. Umask and ignored
 * signals are not compared: a pool is for programs that do not change these, or that say them in `setup`.
 */
export interface Pool {
  /**
   * Starts a program in a child that waits. Where no child can take it, the program is started as by `start`, with the
   * pool's options and these. A waiting child can be given `args`, `env`, `clearEnv`, `cwd` and `signal`; any other
   * option is a reason to start another child.
   *
   * @throws as `start`, and a TypeError once the pool is disposed of.
   */
  spawn(command: string | URL, options?: StartOptions): StartedProcess;
  stats(): PoolStats;
  /** Ends the children that wait; those that have become a program run on. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Makes a pool, and its first children. They are replaced as they are used, not in the turn that uses them.
 *
 * @throws {TypeError} for usage mistakes.
 * @throws {SpawnError} with the code `"ENOTSUP"` when no engine asked for can keep children waiting (`io_uring` can);
 *   with another when the first could not be made.
 */
export type CreatePool = (options: PoolOptions) => Pool;

const OPTIONS = ["size", "stdio", "stdin", "stdout", "stderr", "engine", "setup"] as const;
const KNOWN: ReadonlySet<string> = new Set(OPTIONS);
/** By place in `stdio`. */
const NAMES = ["stdin", "stdout", "stderr"] as const;
/** What a child can be given when it already waits. */
const LATE: ReadonlySet<string> = new Set(["args", "env", "clearEnv", "cwd", "signal"]);
const MAX_SIZE = 256;
/** The name of the program in messages, as long as a child has none. */
const NO_PROGRAM = "a child of the pool";

export function createPoolFactory(launcher: Launcher): CreatePool {
  const createPool: CreatePool = (options) => new WaitingPool(launcher, options);
  return createPool;
}

/** `stdio` as the three options it stands for. */
function eachOf(stdio: unknown, options: Omit<PoolOptions, "size">): Pick<PoolOptions, (typeof NAMES)[number]> {
  const list = array("stdio", stdio);
  if (list.length !== NAMES.length) throw mustBe("stdio.length", "3: stdin, stdout and stderr", list.length);
  for (const [target, name] of NAMES.entries()) {
    if (Object.hasOwn(options, name)) throw mustBe(name, "absent beside stdio", options[name]);
    // Here, so that a mistake is told by the name under which it was made.
    slotOfDenoWord(target, list[target], `stdio[${target}]`);
  }
  const [stdin, stdout, stderr] = list as unknown as PoolStdio;
  return { stdin, stdout, stderr };
}

class WaitingPool implements Pool {
  readonly #launcher: Launcher;
  readonly #size: number;
  readonly #options: StartOptions;
  #waiting: Prespawned[] = [];
  #isRefilling = false;
  #isDisposed = false;
  #served = 0;
  #passedOn = 0;
  #unlike = 0;
  #stale = 0;
  #lost = 0;

  constructor(launcher: Launcher, given: PoolOptions) {
    refuseUnknown("createPool", given, KNOWN);
    const { size, stdio, ...options } = ownOptions(given, OPTIONS);
    this.#launcher = launcher;
    this.#size = integer("size", size, 1, MAX_SIZE);
    this.#options = commandOptions(stdio === undefined ? options : { ...options, ...eachOf(stdio, options) });
    try {
      for (let i = 0; i < this.#size; i++) this.#prespawn();
    } catch (error) {
      for (const child of this.#waiting) child.kill();
      throw error;
    }
  }

  spawn(command: string | URL, given: StartOptions = {}): StartedProcess {
    if (this.#isDisposed) throw usageError("ERR_INVALID_STATE", "The pool is disposed of");
    const options = startOptions(given);
    const all = commandOptions({ ...this.#options, ...options });
    const signal = checkedSignal(all);
    const input = commandInput(this.#launcher.host, command, all, "start");
    const isLike = Object.keys(options).every((key) => LATE.has(key));
    if (!isLike) this.#unlike++;
    const start = (): Process => {
      const process = isLike ? this.#launcher.exec(input, (exec) => this.#take(exec)) : undefined;
      if (process === undefined) this.#passedOn++;
      else this.#served++;
      return process ?? this.#launcher.start(input);
    };
    const child = started(start, signal);
    this.#refillSoon();
    return child;
  }

  stats(): PoolStats {
    return {
      waiting: this.#waiting.length,
      served: this.#served,
      passedOn: this.#passedOn,
      unlike: this.#unlike,
      stale: this.#stale,
      lost: this.#lost,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const child of waiting) child.kill();
    for (const { ended } of waiting) await ended;
  }

  /** The first that takes the program. */
  #take<T>(exec: (child: Prespawned) => T | "gone" | "stale" | "too long"): T | undefined {
    for (;;) {
      const child = this.#waiting.shift();
      if (child === undefined) return undefined;
      const result = exec(child);
      if (result === "gone") {
        this.#lost++;
        continue;
      }
      if (result === "too long") {
        this.#waiting.unshift(child);
        this.#unlike++;
        return undefined;
      }
      if (result !== "stale") return result;
      // All children inherited the same state, so all of them are stale.
      this.#stale++;
      for (const other of [child, ...this.#waiting]) other.kill();
      this.#waiting = [];
      return undefined;
    }
  }

  #prespawn(): void {
    const child = this.#launcher.prespawn(commandInput(this.#launcher.host, NO_PROGRAM, this.#options, "start"));
    this.#waiting.push(child);
    void child.ended.then((failure) => {
      const at = this.#waiting.indexOf(child);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      this.#lost++;
      // The next child could not be set up either, so it is not made before the next use.
      if (failure === undefined) this.#refillSoon();
    });
  }

  /** Not in the turn that uses a child: the pool exists to keep that turn short. */
  #refillSoon(): void {
    if (this.#isRefilling || this.#isDisposed) return;
    this.#isRefilling = true;
    after(0, () => {
      this.#isRefilling = false;
      try {
        while (!this.#isDisposed && this.#waiting.length < this.#size) this.#prespawn();
      } catch {
        // There is no fd or process left. Programs are then started in the ordinary way, which reports why it fails.
      }
    });
  }
}
