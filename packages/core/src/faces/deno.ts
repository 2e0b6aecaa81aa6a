/** The face in the shape of `Deno.Command`. */
import { Bare, hide } from "../builtins.js";
import { abortSignal, boolean, object, ownOptions, signal as signalNumber, strings, usageError } from "../check.js";
import type { EngineName, SyncOptions, SyncResult } from "../engine.js";
import { addVariables, emptyEnv } from "../env.js";
import type { Host } from "../host.js";
import type { Launcher } from "../launcher.js";
import { SIGNALS, type SignalName } from "../numbers.js";
import { refuseMistyped } from "../option-names.js";
import type { EngineOptions } from "../options.js";
import { type ExtraPipes, Process, startUnder } from "../process.js";
import type { RequestInput } from "../request.js";
import { commandStatus, type CommandStatus, resourceUsage, type ResourceUsage } from "../status.js";
import { slotOfDenoWord } from "../stdio.js";
import type { SubprocessReadableStream } from "../streams.js";

/** `"piped"`: a stream of the handle. A number: that fd of this program. */
export type CommandStdio = "piped" | "inherit" | "null" | number;

/** Others are ignored, as by Deno, but for those whose name is one of these but for a letter or its capitals. */
export interface CommandOptions extends EngineOptions {
  /** Default none. Each is made a string. */
  readonly args?: readonly string[] | undefined;
  /** Default: this program's. A relative command and relative entries of PATH count from here. */
  readonly cwd?: string | URL | undefined;
  /** Added to this program's environment, or the whole one with `clearEnv`. A `PATH` here decides the search. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Do not hand on this program's environment. Default false. */
  readonly clearEnv?: boolean | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Its abort sends SIGTERM. One that is aborted already is ignored by `spawn()`; `outputSync()` ignores all. */
  readonly signal?: AbortSignal | undefined;
  /** Default `"inherit"` for `spawn()`, `"null"` for `output()` and `outputSync()`, which refuse `"piped"`. */
  readonly stdin?: CommandStdio | undefined;
  /** Default `"inherit"` for `spawn()`, `"piped"` for the others. */
  readonly stdout?: CommandStdio | undefined;
  /** Default `"inherit"` for `spawn()`, `"piped"` for the others. */
  readonly stderr?: CommandStdio | undefined;
  /** A new session for the child, which outlives ours. Only `spawn()` honours it. Default false. */
  readonly detached?: boolean | undefined;
  /** Windows only; without effect elsewhere. */
  readonly windowsRawArguments?: boolean | undefined;
}

export interface CommandOutput extends CommandStatus {
  /** @throws {TypeError} when it was not piped. */
  readonly stdout: Uint8Array<ArrayBuffer>;
  /** @throws {TypeError} when it was not piped. */
  readonly stderr: Uint8Array<ArrayBuffer>;
  /** The engine that ran it. */
  readonly engine: EngineName;
}

/** Signals that Deno's types name and other systems have. Linux has none of them, so they are refused as Deno does. */
type SignalElsewhere = "SIGBREAK" | "SIGEMT" | "SIGINFO";

/** A process that {@link Command} started. */
export interface ChildProcess extends AsyncDisposable {
  readonly pid: number;
  /** The engine that runs it. */
  readonly engine: EngineName;
  /** Must be closed for the child to see the end. @throws {TypeError} when it was not piped. */
  readonly stdin: WritableStream<Uint8Array>;
  /** @throws {TypeError} when it was not piped. */
  readonly stdout: SubprocessReadableStream;
  /** @throws {TypeError} when it was not piped. */
  readonly stderr: SubprocessReadableStream;
  /** The streams of `setup.fds`, by the child's fd number. */
  readonly fds: ExtraPipes;
  /** Never rejects. */
  readonly status: Promise<CommandStatus>;
  /** What it used. Undefined before its end, and where the engine cannot tell. Not in Deno; the shape is Bun's. */
  resourceUsage(): ResourceUsage | undefined;
  /** Everything it writes, and its end. Rejects with a TypeError when stdout or stderr is read otherwise. */
  output(): Promise<CommandOutput>;
  /**
   * @param signo default `"SIGTERM"`; 0 only looks whether it still runs.
   * @throws {TypeError} when it has ended, or for a signal that does not exist.
   */
  kill(signo?: SignalName | SignalElsewhere | number): void;
  /** Keeps this program alive until the child has ended and is read (the default). */
  ref(): void;
  unref(): void;
  /** SIGTERM, then waits for its end. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A command. Each method starts it anew; the options are not looked at before. */
export interface Command {
  /**
   * Runs it to its end and collects what it writes.
   *
   * @throws {TypeError} at once, for usage mistakes: NUL in a string, an empty command (where Deno itself says that
   *   it was not found), stdin `"piped"`, …
   * @throws {SpawnError} at once, when it cannot be started.
   */
  output(): Promise<CommandOutput>;
  /** The same, blocking this thread. */
  outputSync(): CommandOutput;
  /** Starts it. Throws as {@link output}. */
  spawn(): ChildProcess;
}

export interface CommandConstructor {
  readonly prototype: Command;
  new (command: string | URL, options?: CommandOptions): Command;
}

/** The class of what {@link Command} starts, for `instanceof`. */
export interface ChildProcessConstructor {
  readonly prototype: ChildProcess;
  /** @throws {TypeError} for every program: only {@link Command} makes them. */
  new (...args: readonly unknown[]): ChildProcess;
}

/** Which defaults hold. */
type Mode = "spawn" | "output" | "start";

const OPTIONS = [
  "args",
  "cwd",
  "env",
  "clearEnv",
  "uid",
  "gid",
  "signal",
  "stdin",
  "stdout",
  "stderr",
  "detached",
  "engine",
  "setup",
] as const satisfies readonly (keyof CommandOptions)[];
const KNOWN: ReadonlySet<string> = new Set(OPTIONS);
const NO_ARGS: readonly never[] = Object.freeze([]);
const NO_OPTIONS: CommandOptions = Object.freeze(new Bare());

/**
 * The options of a command, each read once, before anything is looked at.
 *
 * @throws {TypeError} for what has none, and for what `refuse` takes for a mistake.
 */
export function commandOptions(options: unknown, refuse: typeof refuseMistyped = refuseMistyped): CommandOptions {
  const given = object("options", options);
  refuse(given, KNOWN);
  return ownOptions<CommandOptions>(given, OPTIONS);
}

/** The options of a command as core's request wants them. */
export function commandInput(host: Host, command: unknown, options: CommandOptions, mode: Mode): RequestInput {
  const output = mode === "output";
  const { args, cwd, uid, gid, engine, setup, stdin, stdout, stderr } = options;
  const { env, envIsAdded } = environment(host, options);
  return {
    fileOption: "command",
    file: command,
    argsOption: "args",
    firstArg: 0,
    args: args === undefined ? NO_ARGS : strings("args", args),
    argv0: undefined,
    env,
    envIsAdded,
    cwd,
    uid,
    gid,
    cgroup: undefined,
    detached: output ? undefined : options.detached,
    slots: [
      slotOfDenoWord(0, stdin ?? (output ? "null" : "inherit"), "stdin"),
      slotOfDenoWord(1, stdout ?? (output ? "piped" : "inherit"), "stdout"),
      slotOfDenoWord(2, stderr ?? (output ? "piped" : "inherit"), "stderr"),
    ],
    shellFallback: mode !== "start",
    killSignal: undefined,
    engine,
    setup,
  };
}

/** None where the child inherits this program's environment: then no snapshot is made. */
function environment(host: Host, { env, clearEnv = false }: CommandOptions): Pick<RequestInput, "env" | "envIsAdded"> {
  const clear = boolean("clearEnv", clearEnv);
  if (env === undefined) return { env: clear ? emptyEnv() : undefined, envIsAdded: false };
  const ours = clear ? {} : host.environ();
  return { env: addVariables(Object.assign(emptyEnv(), ours), env, false), envIsAdded: ours === undefined };
}

export function createCommand(launcher: Launcher): CommandConstructor {
  const { host } = launcher;
  const Command: CommandConstructor = class implements Command {
    readonly #command: unknown;
    readonly #options: CommandOptions;

    constructor(command: string | URL, options?: CommandOptions) {
      this.#command = command;
      this.#options = options === undefined ? NO_OPTIONS : options;
    }

    spawn(): ChildProcess {
      const options = commandOptions(this.#options);
      const signal = checkedSignal(options);
      const listened = signal?.aborted ? undefined : signal;
      const start = (): Process => launcher.spawn(commandInput(host, this.#command, options, "spawn"));
      return new ChildProcess(startUnder(listened, start, terminate));
    }

    output(): Promise<CommandOutput> {
      const options = commandOptions(this.#options);
      refusePipedInput(options, "output");
      const signal = checkedSignal(options);
      const start = (): Process => launcher.spawn(commandInput(host, this.#command, options, "output"));
      return outputOf(startOrEnd(signal, start));
    }

    outputSync(): CommandOutput {
      const options = commandOptions(this.#options);
      refusePipedInput(options, "outputSync");
      const input = commandInput(host, this.#command, options, "output");
      const { result, engine } = launcher.spawnSync(input, TO_THE_END);
      return outputOfSync(result, engine);
    }
  };
  return Command;
}

/** As with Deno, who reads what the process writes goes on to the end of the pipe. */
function terminate(process: Process): void {
  process.end(SIGNALS.SIGTERM);
}

/** A process that `signal` ends, at once if it is aborted already. */
export function startOrEnd(signal: AbortSignal | undefined, start: () => Process): Process {
  if (!signal?.aborted) return startUnder(signal, start, terminate);
  const process = start();
  terminate(process);
  return process;
}

const TO_THE_END: SyncOptions = Object.freeze({
  input: new Map<number, Uint8Array>(),
  timeout: undefined,
  maxBuffer: undefined,
  killSignal: SIGNALS.SIGTERM,
  signal: undefined,
  withoutPid: true,
});

/** The handle of {@link Command}, and what that of `start` extends. */
export const ChildProcess: ChildProcessConstructor = class implements ChildProcess {
  readonly #process: Process;
  #status: Promise<CommandStatus> | undefined;

  constructor(...[process]: readonly unknown[]) {
    // Programs see this class, and may call it with anything.
    if (!(process instanceof Process)) throw new TypeError("Illegal constructor");
    this.#process = process;
  }

  get pid(): number {
    // Undefined where the process was not started, which only the type of `start` tells.
    return (this.#process.pid || undefined) as number;
  }

  get engine(): EngineName {
    return this.#process.engine;
  }

  get stdin(): WritableStream<Uint8Array> {
    return this.#process.writable(0) ?? notPiped("stdin");
  }

  get stdout(): SubprocessReadableStream {
    return this.#process.readable(1) ?? notPiped("stdout");
  }

  get stderr(): SubprocessReadableStream {
    return this.#process.readable(2) ?? notPiped("stderr");
  }

  get fds(): ExtraPipes {
    return this.#process.fds;
  }

  get status(): Promise<CommandStatus> {
    return (this.#status ??= this.#process.exited.then(commandStatus));
  }

  resourceUsage(): ResourceUsage | undefined {
    return resourceUsage(this.#process.usage);
  }

  // Async, so that a locked stream rejects the promise as every other failure does.
  async output(): Promise<CommandOutput> {
    for (const [fd, name] of [
      [1, "stdout"],
      [2, "stderr"],
    ] as const) {
      if (this.#process.isLocked(fd)) throw new TypeError(`Cannot collect output: '${name}' is locked`);
    }
    return outputOf(this.#process);
  }

  kill(signo: SignalName | SignalElsewhere | number = "SIGTERM"): void {
    if (!this.#process.kill(signalNumber("signo", signo, 0))) {
      throw new TypeError("Child process has already terminated");
    }
  }

  ref(): void {
    this.#process.ref();
  }

  unref(): void {
    this.#process.unref();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process.dispose();
  }
};

function ignore(): void {}

async function outputOf(process: Process): Promise<CommandOutput> {
  // Both pipes are read from the start: a child that fills one of them must not wait for ever.
  const stdout = process.collect(1);
  const stderr = process.collect(2);
  // One after the other, because Promise.all makes an array, which is an object with whatever `then` there is.
  void stdout?.catch(ignore);
  void stderr?.catch(ignore);
  const [out, err] = [(await stdout)?.value, (await stderr)?.value];
  return commandOutput(commandStatus(await process.exited), out, err, process.engine);
}

function outputOfSync({ exit, output }: SyncResult, engine: EngineName): CommandOutput {
  return commandOutput(commandStatus(exit), output.get(1), output.get(2), engine);
}

function commandOutput(
  { success, code, signal }: CommandStatus,
  stdout: Uint8Array | undefined,
  stderr: Uint8Array | undefined,
  engine: EngineName,
): CommandOutput {
  const output = {
    success,
    code,
    signal,
    get stdout() {
      return (stdout ?? notPiped("stdout")) as Uint8Array<ArrayBuffer>;
    },
    get stderr() {
      return (stderr ?? notPiped("stderr")) as Uint8Array<ArrayBuffer>;
    },
  };
  // Not enumerable: printed or compared, the output looks as Deno's.
  return hide(output, "engine", engine);
}

function notPiped(name: string): never {
  throw new TypeError(`Cannot get '${name}': '${name}' is not piped`);
}

function refusePipedInput({ stdin }: CommandOptions, method: string): void {
  if (stdin !== "piped") return;
  // The words are those that programs written for Deno look for.
  const words = `Piped stdin is not supported for this function, use 'Deno.Command.spawn()' instead`;
  throw usageError("ERR_INVALID_ARG_VALUE", `${words}: stdin must not be "piped" for ${method}()`);
}

export function checkedSignal({ signal }: Pick<CommandOptions, "signal">): AbortSignal | undefined {
  return signal === undefined ? undefined : abortSignal(signal);
}
