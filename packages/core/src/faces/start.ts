/** A face of our own: `start` returns at once, and whether the program runs is told by a promise. */
import type { EngineName } from "../engine.js";
import type { SignalName } from "../numbers.js";
import { refuseUnknown } from "../option-names.js";
import type { Launcher } from "../launcher.js";
import type { Process } from "../process.js";
import { SharedFailure } from "../shared-failure.js";
import type { CommandStatus } from "../status.js";
import {
  checkedSignal,
  ChildProcess,
  commandInput,
  commandOptions,
  type CommandOptions,
  type CommandOutput,
  type CommandStdio,
  startOrEnd,
} from "./deno.js";

/** What `Command` takes, with the defaults of its `spawn()`. Any other option is a TypeError. */
export interface StartOptions
  extends Omit<CommandOptions, "signal" | "stdin" | "stdout" | "stderr" | "detached" | "windowsRawArguments"> {
  /** Its abort sends SIGTERM; when it comes, or came, before the program runs, as soon as that does. */
  readonly signal?: AbortSignal | undefined;
  /** Default `"inherit"`, as of the other two. */
  readonly stdin?: CommandStdio | undefined;
  readonly stdout?: CommandStdio | undefined;
  readonly stderr?: CommandStdio | undefined;
  /** A new session for the child, which outlives ours. Default false. */
  readonly detached?: boolean | undefined;
}

/**
 * A process that {@link StartFunction | start} began to start: {@link ChildProcess}, and whether there is one.
 *
 * When the process could not be started, `started`, `status` and `output()` reject with the same SpawnError. A listener
 * on any of them handles the failure; without one there is a single unhandled rejection, maybe in this very turn.
 * Everything else is as for a child that has ended: `stdout` and `stderr` end without a byte, writes to `stdin` fail
 * with EPIPE, `kill()` throws, and `Symbol.asyncDispose` has nothing to wait for.
 */
export interface StartedProcess extends Omit<ChildProcess, "pid" | "status" | "output" | "kill"> {
  /**
   * Resolves once the program runs.
   *
   * @throws {SpawnError} (rejects) when it could not be started. It never ran then, and nothing is left of it.
   */
  readonly started: Promise<void>;
  /**
   * Undefined when it was not started. Best asked for after {@link started}: before, the engine has to submit at once
   * what it would have submitted together with the other starts of this turn.
   */
  readonly pid: number | undefined;
  /** The engine that runs it, or tried to. */
  readonly engine: EngineName;
  /** How it ended. @throws {SpawnError} (rejects) when it could not be started. */
  readonly status: Promise<CommandStatus>;
  /**
   * Everything it writes, and its end.
   *
   * @throws {SpawnError} (rejects) when it could not be started.
   * @throws {TypeError} (rejects) when stdout or stderr is read otherwise.
   */
  output(): Promise<CommandOutput>;
  /**
   * A signal that is sent before the program runs waits, and is the first thing it gets.
   *
   * @param signo default `"SIGTERM"`; 0 only looks whether it has ended.
   * @throws {TypeError} when it has ended or was not started, or for a signal that does not exist.
   */
  kill(signo?: SignalName | number): void;
}

/**
 * Starts a program without waiting until it runs. Where the engine can do that (`io_uring`), the event loop is held for
 * the submission only; on the others it means the same, and they hold the loop until the program runs. There is no
 * shell: a text without `#!` fails with ENOEXEC.
 *
 * @throws {TypeError} at once, for usage mistakes.
 * @throws {SpawnError} at once, with the code `"ENOTSUP"`, when no engine asked for can serve the request. All other
 *   failures are told by the handle.
 */
export type StartFunction = (command: string | URL, options?: StartOptions) => StartedProcess;

/** @throws {TypeError} also for every option that is not known. */
export function startOptions(given: unknown): CommandOptions {
  return commandOptions(given, (options, known) => refuseUnknown("start", options, known));
}

export function createStart(launcher: Launcher): StartFunction {
  return (command, given = {}) => {
    const options = startOptions(given);
    const signal = checkedSignal(options);
    return started(() => launcher.start(commandInput(launcher.host, command, options, "start")), signal);
  };
}

/** The handle of a process that `start` begins, and that `signal` ends. */
export function started(start: () => Process, signal: AbortSignal | undefined): StartedProcess {
  return new Started(startOrEnd(signal, start));
}

class Started extends ChildProcess implements StartedProcess {
  readonly #failure: SharedFailure;
  #started: Promise<void> | undefined;
  #status: Promise<CommandStatus> | undefined;

  constructor(process: Process) {
    super(process);
    this.#failure = new SharedFailure(process.started);
  }

  get started(): Promise<void> {
    return (this.#started ??= this.#failure.unless(undefined));
  }

  override get status(): Promise<CommandStatus> {
    return (this.#status ??= this.#failure.unless(super.status));
  }

  override output(): Promise<CommandOutput> {
    return this.#failure.unless(super.output());
  }
}
