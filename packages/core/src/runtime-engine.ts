/**
 * A runtime's own spawn as an engine. All that is the same over every such API stands here; {@link RuntimeApi} is the
 * rest. A runtime and Linux have the names of signals and errors in common, so numbers are translated by them.
 */
import { batchRefusal, withInterpreter } from "./batch-file.js";
import { blame } from "./blame.js";
import { Bare, bare, MAX_DELAY } from "./builtins.js";
import { usageError } from "./check.js";
import { isFailure } from "./engine.js";
import type {
  Engine,
  EngineName,
  Exit,
  Failure,
  OpenTerminal,
  Pipe,
  Refusal,
  Running,
  SyncOptions,
  SyncResult,
  TerminalSize,
} from "./engine.js";
import type { Host } from "./host.js";
import { errnoOf, signalName, signalNumber } from "./numbers.js";
import type { SetupKey } from "./options.js";
import { findProgram, type Found } from "./path.js";
import type { SpawnRequest } from "./request.js";
import { codeThrown, type RuntimeApi, type RuntimeCall, type RuntimeError, type RuntimeExit } from "./runtime-api.js";
import { closeGiven, notOpen, refusesSlot, terminalOf, withStdio } from "./runtime-stdio.js";
import { optionOfSlot } from "./stdio.js";

const SHELL = "/bin/sh";

export class RuntimeEngine extends Bare implements Engine {
  readonly name: EngineName = "runtime";
  readonly api: string;
  readonly serves: ReadonlySet<SetupKey>;
  readonly openTerminal: Engine["openTerminal"];
  readonly #host: Host;
  readonly #api: RuntimeApi;

  constructor(host: Host, api: RuntimeApi) {
    super();
    this.#host = host;
    this.#api = api;
    this.api = api.name;
    this.serves = api.serves;
    const { openTerminal } = api;
    this.openTerminal = openTerminal && ((size) => this.#openTerminal(openTerminal, size));
  }

  unavailable(): undefined {}

  refuses(request: SpawnRequest, sync?: SyncOptions): Refusal | undefined {
    for (const slot of request.slots) {
      const reason = refusesSlot(this.#api, slot, sync);
      if (reason !== undefined) return { option: optionOfSlot(slot, request.setup.fds), reason };
    }
    const { features } = this.#api;
    if (request.argv[0] !== request.file && !features.has("argv0")) {
      return { option: "argv0", reason: `${this.api} has no such option` };
    }
    if (request.argv[0] === "" && request.file !== "" && !features.has("empty argv0")) {
      return { option: "argv0", reason: `${this.api} takes an empty one for none` };
    }
    if (sync?.signal !== undefined && !this.#api.features.has("blocking signal")) {
      return { option: "signal", reason: `${this.api}, when it blocks, learns of no abort; a timeout would do` };
    }
    if (sync?.maxBuffer !== undefined && sync.maxBuffer < 1 && !this.#api.features.has("maxBuffer 0")) {
      return { option: "maxBuffer", reason: `${this.api} has no limit below one byte` };
    }
    const killSignal = sync?.killSignal ?? request.killSignal;
    if (killSignal !== undefined && !this.#canSend(killSignal, sync !== undefined)) {
      return { option: "killSignal", reason: `${this.api} cannot send it, because it has no name here` };
    }
    const file = this.#host.platform === "win32" ? this.#find(request).file : undefined;
    return file === undefined ? undefined : batchRefusal(request, file);
  }

  spawn(request: SpawnRequest): Running | Failure {
    const child = this.#carryOut(request, (call) => this.#api.start(call));
    if (isFailure(child)) return child;
    const pipes = new Map<number, Pipe>();
    for (const slot of request.slots) {
      if (slot.kind === "pipe" || slot.kind === "socket") pipes.set(slot.target, child.pipe(slot));
    }
    const kill = (signal: number): boolean => child.kill(this.#signal(signal));
    return { ...child, pipes, exited: child.exited.then(exitOf), kill, after: () => undefined };
  }

  spawnSync(request: SpawnRequest, options: SyncOptions): SyncResult | Failure {
    const killSignal = this.#signal(options.killSignal);
    const limits = { ...options, timeout: wholeDelay(options.timeout) };
    const result = this.#carryOut(request, (call) => this.#api.runSync(call, limits, killSignal));
    if (isFailure(result)) return result;
    const output = new Map<number, Uint8Array>();
    for (const slot of request.slots) {
      const bytes = result.output[slot.target];
      if (slot.kind === "pipe" && slot.direction === "out" && bytes) output.set(slot.target, bytes);
    }
    return { ...result, exit: exitOf(result.exit), output };
  }

  #openTerminal(open: NonNullable<RuntimeApi["openTerminal"]>, size: TerminalSize): OpenTerminal | Failure {
    const opened = open(size);
    return typeof opened === "string" ? { errno: errnoOf(opened), step: "stdio", index: 0 } : opened;
  }

  #find(request: SpawnRequest): Found {
    const { files, features, mayLook } = this.#api;
    const { platform } = this.#host;
    const texts = features.has("shell") && !request.shellFallback && platform !== "win32";
    return findProgram(request, { files, platform, texts, mayLook });
  }

  #carryOut<T extends object>(request: SpawnRequest, run: (call: RuntimeCall) => T | string): T | Failure {
    const { slots } = request;
    const closed = notOpen(this.#api, slots);
    if (closed !== undefined) return closed;
    const { file, code } = this.#find(request);
    if (file === undefined) return { errno: errnoOf(code), step: "file", index: 0 };
    let result: T | Failure | string;
    try {
      const start = (stdio: RuntimeCall["stdio"]): T | string =>
        this.#withShell(request, this.#call(request, file, stdio), run);
      result = withStdio(this.#api, slots, start);
    } catch (error) {
      return this.#failed(request, file, codeThrown(this.#api, error), error);
    }
    if (typeof result === "string") return this.#failed(request, file, result);
    if (!isFailure(result)) closeGiven(this.#api, slots);
    return result;
  }

  #call(
    { argv, env, envIsAdded, cwd, setup, slots }: SpawnRequest,
    file: string,
    stdio: RuntimeCall["stdio"],
  ): RuntimeCall {
    const isSigned = this.#api.features.has("int32");
    const id = (id: number | undefined): number | undefined => (id !== undefined && isSigned ? id | 0 : id);
    const same = { file, argv, verbatim: false, env, envIsAdded, cwd, stdio, terminal: terminalOf(slots) };
    const given = { session: setup.session ?? false, uid: id(setup.uid), gid: id(setup.gid), cgroup: setup.cgroup };
    return withInterpreter({ ...same, ...given }, this.#host);
  }

  /** Has the shell run a text without `#!`, for an API that does not. Nothing ran before that: it is started once. */
  #withShell<T>({ shellFallback }: SpawnRequest, call: RuntimeCall, run: (call: RuntimeCall) => T): T {
    try {
      return run(call);
    } catch (error) {
      if (!shellFallback || this.#api.codeOf(error as RuntimeError) !== "ENOEXEC") throw error;
      return run({ ...call, file: SHELL, argv: [SHELL, call.file, ...call.argv.slice(1)] });
    }
  }

  #failed(request: SpawnRequest, file: string, code: string, cause?: unknown): Failure {
    const { files, mayLook } = this.#api;
    return { ...blame(request, file, code, { files, mayLook, platform: this.#host.platform }), cause };
  }

  /** A real-time signal has no name, so only Linux knows what its number means. 0 only looks. */
  #canSend(signal: number, isBlocking = false): boolean {
    if (signal === 0 || signalName(signal) !== undefined) return true;
    return !isBlocking && this.#host.platform === "linux" && this.#api.features.has("real-time signals");
  }

  /** @throws {TypeError} for a signal that cannot be sent. */
  #signal(number: number): string | number {
    if (this.#canSend(number)) return signalName(number) ?? number;
    throw usageError("ERR_UNKNOWN_SIGNAL", `${this.api} cannot send signal ${number}, because it has no name here`);
  }
}

/** As the runtimes take it: some refuse a part of a millisecond, and some have longer ones end at once. */
function wholeDelay(ms: number | undefined): number | undefined {
  return ms && Math.min(Math.ceil(ms), MAX_DELAY);
}

/** Of a signal that Linux does not have nothing can be said. */
function exitOf({ code, signal, usage }: RuntimeExit): Exit {
  const number = typeof signal === "string" ? (signalNumber(signal) ?? null) : signal;
  return bare({ code: signal === null ? code : null, signal: number, coreDumped: false, usage });
}
