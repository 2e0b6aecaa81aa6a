/** What every face starts processes with: request → choice of an engine → running process → handle. */
import { boxed } from "./builtins.js";
import { usageError } from "./check.js";
import {
  capable,
  capableOfTerminal,
  choose,
  chooseForTerminal,
  engineOrder,
  type EngineReport,
  type Operation,
  type Rejection,
  report,
} from "./choose.js";
import {
  type Engine,
  type EngineName,
  type ExecRefusal,
  type ExplainedStep,
  type Failure,
  isFailure,
  type OpenTerminal,
  type Prespawned,
  type Running,
  type Starting,
  type SyncOptions,
  type SyncResult,
  type TerminalSize,
} from "./engine.js";
import { inClassOf, refusalError, type SpawnError, spawnError, terminalError } from "./error.js";
import type { Host } from "./host.js";
import { withHostFiles } from "./host-files.js";
import { neverStarted } from "./never-started.js";
import { Process } from "./process.js";
import { normalize, type RequestInput, type SpawnRequest } from "./request.js";
import { submit } from "./submitted.js";

/** What would become of a request. */
export interface Explanation {
  readonly request: SpawnRequest;
  /** Undefined when no engine asked for can serve the request. */
  readonly engine: EngineName | undefined;
  /** The engines that were passed over, and why. */
  readonly rejected: readonly Rejection[];
  /**
   * The chain; undefined for an engine that has none. Of one that was asked for alone also when it cannot be used here,
   * as long as this build has it.
   */
  readonly steps: readonly ExplainedStep[] | undefined;
}

/** Finds the first prespawned child that `exec` gives its program to; undefined where there is none. */
type Take = <T>(exec: (child: Prespawned) => T | ExecRefusal) => T | undefined;

/** What a runtime's adapter gives, and every face is made of. */
export interface Launcher {
  readonly host: Host;
  /** In the order in which `auto` prefers them. */
  readonly engines: readonly Engine[];
  /** @throws {TypeError} for usage mistakes. @throws {SpawnError} when the process cannot be started. */
  spawn(input: RequestInput): Process;
  /** Does not wait until the program runs. @throws as {@link spawn}; `started` tells the failures of the start. */
  start(input: RequestInput): Process;
  /** Runs the process to its end, blocking this thread. @throws as {@link spawn}. */
  spawnSync(input: RequestInput, options: SyncOptions): { readonly result: SyncResult; readonly engine: EngineName };
  /** Has a child wait for its program. @throws as {@link spawn}, and when no engine asked for can do that. */
  prespawn(input: RequestInput): Prespawned;
  /**
   * Starts the program in a prespawned child, if `take` finds one; else undefined.
   *
   * @throws as {@link start}.
   */
  exec(input: RequestInput, take: Take): Process | undefined;
  /**
   * Opens a terminal for processes that are started later. `engine`: as of a request, read in the same way.
   *
   * @throws {TypeError} for an engine that there is not. @throws {SpawnError} when no terminal can be had.
   */
  openTerminal(size: TerminalSize, engine: unknown): OpenTerminal & { readonly engine: EngineName };
  /** What starting this would do. Starts nothing. @throws {TypeError} for usage mistakes. */
  explain(input: RequestInput): Explanation;
  /** Each engine, whether it is available here, and if not why. */
  report(): EngineReport[];
}

/** @param engines in the order in which `auto` prefers them; each has a name of its own. */
export function createLauncher(host: Host, engines: readonly Engine[]): Launcher {
  return new HostLauncher(host, engines);
}

class HostLauncher implements Launcher {
  readonly host: Host;
  readonly engines: readonly Engine[];
  readonly #names: readonly EngineName[];

  constructor(host: Host, engines: readonly Engine[]) {
    this.host = host;
    this.engines = engines;
    this.#names = Object.freeze(engines.map(({ name }) => name));
  }

  spawn(input: RequestInput): Process {
    const request = this.#permitted(input);
    const engine = this.#choose(request, "spawn");
    const running = withHostFiles(this.host, request, (request) => submit(engine.name, () => engine.spawn(request)));
    if (isFailure(running)) throw this.#errorOf(request, engine, running);
    return submit(engine.name, () => new Process(this.host, running, engine.name));
  }

  start(input: RequestInput): Process {
    const request = this.#permitted(input);
    const engine = this.#choose(request, "start");
    const begun = withHostFiles<Running | Starting>(this.host, request, (request) =>
      engine.start ? engine.start(request) : engine.spawn(request),
    );
    if (isFailure(begun)) {
      const started = Promise.resolve(boxed(this.#errorOf(request, engine, begun)));
      return new Process(this.host, neverStarted(request), engine.name, started);
    }
    return this.#processOf(request, engine, begun);
  }

  spawnSync(input: RequestInput, options: SyncOptions): { readonly result: SyncResult; readonly engine: EngineName } {
    const request = this.#permitted(input);
    const engine = this.#choose(request, "spawnSync", options);
    const result = withHostFiles(this.host, request, (request) =>
      submit(engine.name, () => engine.spawnSync(request, options)),
    );
    if (isFailure(result)) throw inClassOf(this.host, spawnError(request, engine.name, result, this.host));
    return { result, engine: engine.name };
  }

  prespawn(input: RequestInput): Prespawned {
    // The child runs no program yet, but it is born as the request says.
    const request = this.#permitted(input);
    const given = request.slots.find((slot) => slot.kind === "fd" && slot.given);
    if (given !== undefined) {
      const why = "a child that waits for its program may never run one";
      throw usageError("ERR_INVALID_ARG_VALUE", `setup.fds.${given.target} cannot be given away: ${why}`);
    }
    const engine = this.#choose(request, "prespawn");
    const child = withHostFiles(this.host, request, (request) => engine.prespawn(request));
    if (isFailure(child)) throw this.#errorOf(request, engine, child);
    return child;
  }

  exec(input: RequestInput, take: Take): Process | undefined {
    const request = this.#permitted(input);
    // Before a child has the program. What may not be prespawned any more goes the way of all others.
    const { engine } = choose(request, this.engines, "prespawn");
    const begun = engine && take((child) => child.exec(request));
    return begun && this.#processOf(request, engine, begun);
  }

  openTerminal(size: TerminalSize, option: unknown): OpenTerminal & { readonly engine: EngineName } {
    this.host.authorizeTerminal?.();
    const choice = chooseForTerminal(engineOrder(this.#names, option, this.host), this.engines);
    const { engine } = choice;
    if (engine?.openTerminal === undefined) {
      throw inClassOf(this.host, refusalError(undefined, choice, capableOfTerminal(this.engines)));
    }
    const opened = engine.openTerminal(size);
    if (isFailure(opened)) throw inClassOf(this.host, terminalError(engine.name, opened));
    return { ...opened, engine: engine.name };
  }

  explain(input: RequestInput): Explanation {
    const request = this.#explainable(input);
    const { engine, rejected } = choose(request, this.engines, "spawn");
    const [first, ...others] = request.engines;
    const alone = others.length === 0 ? this.engines.find(({ name }) => name === first) : undefined;
    return { request, engine: engine?.name, rejected, steps: (engine ?? alone)?.explain?.(request) };
  }

  report(): EngineReport[] {
    return report(this.engines);
  }

  #request(input: RequestInput): SpawnRequest {
    return normalize(this.host, this.#names, input);
  }

  #permitted(input: RequestInput): SpawnRequest {
    return this.host.authorize(this.#request(input));
  }

  /** What is not permitted is explained as it was asked for. */
  #explainable(input: RequestInput): SpawnRequest {
    const request = this.#request(input);
    try {
      return this.host.authorize(request);
    } catch {
      return request;
    }
  }

  #choose<O extends Operation>(request: SpawnRequest, operation: O, sync?: SyncOptions): Able<O> {
    const choice = choose(request, this.engines, operation, sync);
    if (choice.engine !== undefined) return choice.engine as Able<O>;
    const others = capable(request, this.engines, operation, sync);
    throw inClassOf(this.host, refusalError(request, choice, others));
  }

  /** Of a start that does not block. */
  #errorOf(request: SpawnRequest, engine: Engine, failure: Failure): SpawnError {
    return inClassOf(this.host, spawnError(request, engine.name, failure, this.host), failure.step);
  }

  #processOf(request: SpawnRequest, engine: Engine, begun: Running | Starting): Process {
    const told = isStarting(begun)
      ? begun.started.then((failure) => failure && boxed(this.#errorOf(request, engine, failure)))
      : undefined;
    return new Process(this.host, begun, engine.name, told);
  }
}

/** An engine that can do this: what {@link choose} answers. One that can start at all has `spawn` or `start`. */
type Able<O extends Operation> = Engine & Required<Pick<Engine, O extends "start" ? "spawn" : O>>;

function isStarting(begun: Running): begun is Starting {
  return Object.hasOwn(begun, "started");
}
