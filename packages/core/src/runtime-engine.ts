/**
 * A runtime's own spawn as an engine. All that is the same over every such API stands here; {@link RuntimeApi} is the
 * rest. A runtime and Linux have the names of signals and errors in common, so numbers are translated by them.
 */
import { batchArguments, batchRefusal, isBatchFile } from "./batch-file.js";
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
import { findProgram, type Found, isOpen } from "./path.js";
import type { SpawnRequest } from "./request.js";
import type { RuntimeApi, RuntimeCall, RuntimeError, RuntimeExit } from "./runtime-api.js";
import { optionOfSlot, type Slot } from "./stdio.js";

type Word = RuntimeCall["stdio"][number];

const SHELL = "/bin/sh";
/** The first fd that is no stdio. */
const EXTRA = 3;

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
      const reason = this.#refusesSlot(slot, sync);
      if (reason !== undefined) return { option: optionOfSlot(slot, request.setup.fds), reason };
    }
    if (request.argv[0] !== request.file && !this.#api.features.has("argv0")) {
      return { option: "argv0", reason: `${this.api} has no such option` };
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
    return file !== undefined && isBatchFile(file) ? batchRefusal(request, file) : undefined;
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

  #refusesSlot(slot: Slot, sync: SyncOptions | undefined): string | undefined {
    const isBlocking = sync !== undefined;
    const { name, lastFd, features } = this.#api;
    const { target, kind } = slot;
    const isExtra = target >= EXTRA;
    if (kind === "open terminal" && typeof slot.terminal === "number") return undefined;
    if (kind === "terminal" || kind === "open terminal") {
      return this.openTerminal === undefined ? `${name} has no pseudo-terminals` : undefined;
    }
    if (kind === "pty") return `${name} has no pseudo-terminals`;
    if (target > lastFd) return `${name} gives a child no fds beyond ${lastFd}`;
    if (kind === "fd") {
      if (slot.given && !features.has("give")) return `${name} cannot give an fd away`;
      const isCrossed = target === 0 ? slot.fd === 1 || slot.fd === 2 : !isExtra && slot.fd === 0;
      if (isCrossed && !features.has("crossed")) return `${name} takes stdin for no output, and no output for stdin`;
    }
    if (kind !== "pipe" && kind !== "socket") return undefined;
    if (kind === "socket" && !(isExtra && features.has("socket"))) return `${name} has no pairs of sockets there`;
    // An API keeps such an fd for itself, or the fd does not block.
    const isRawThere = kind === "socket" && slot.raw === "any" && features.has("raw sockets");
    if (slot.raw && !isRawThere) return `${name} has no raw fds to give`;
    if (isBlocking && kind === "socket") return "a call that blocks leaves nothing that could use it";
    if (isBlocking && isExtra && !features.has("blocking pipes")) return `${name}, when it blocks, has no pipes there`;
    if (isExtra && sync?.input.has(target)) return `${name}, when it blocks, feeds stdin alone`;
    if (kind === "pipe" && !isExtra && (slot.direction === "in") !== (target === 0)) {
      return `${name} has no pipes in that direction there`;
    }
    return undefined;
  }

  #find(request: SpawnRequest): Found {
    const { files, features, mayLook } = this.#api;
    const { platform } = this.#host;
    const texts = features.has("shell") && !request.shellFallback && platform !== "win32";
    return findProgram(request, { files, platform, texts, mayLook });
  }

  /** Opens what the API cannot open itself, and closes this program's copies once the child has its own. */
  #carryOut<T extends object>(request: SpawnRequest, run: (call: RuntimeCall) => T | string): T | Failure {
    const { files } = this.#api;
    // Before anything is opened, which could get the number of an fd that is closed.
    const closed = request.slots.findIndex((slot) => slot.kind === "fd" && slot.given && !isOpen(files, slot.fd));
    if (closed >= 0) return { errno: errnoOf("EBADF"), step: "stdio", index: closed };
    const found = this.#find(request);
    if (found.file === undefined) return { errno: errnoOf(found.code), step: "file", index: 0 };
    const opened: number[] = [];
    let result: T | string;
    try {
      const stdio = this.#stdio(request, opened);
      if (!Array.isArray(stdio)) return stdio;
      result = this.#withShell(request, this.#call(request, found.file, stdio), run);
    } catch (error) {
      return this.#failed(request, found.file, this.#codeOf(error), error);
    } finally {
      for (const fd of opened) files.closeSync(fd);
    }
    if (typeof result === "string") return this.#failed(request, found.file, result);
    for (const slot of request.slots) if (slot.kind === "fd" && slot.given) files.closeSync(slot.fd);
    return result;
  }

  #call(request: SpawnRequest, file: string, stdio: readonly Word[]): RuntimeCall {
    const { argv, env, envIsAdded, cwd, setup } = request;
    const isSigned = this.#api.features.has("int32");
    const id = (id: number | undefined): number | undefined => (id !== undefined && isSigned ? id | 0 : id);
    const terminal = terminalOf(request);
    const session = setup.session ?? false;
    const ids = { uid: id(setup.uid), gid: id(setup.gid) };
    const call = { file, argv, verbatim: false, env, envIsAdded, cwd, stdio, terminal, session, ...ids };
    if (this.#host.platform !== "win32" || !isBatchFile(file)) return call;
    const interpreter = this.#host.getenv("ComSpec") ?? "cmd.exe";
    return { ...call, file: interpreter, argv: ["cmd.exe", ...batchArguments(file, argv.slice(1))], verbatim: true };
  }

  #stdio({ slots }: SpawnRequest, opened: number[]): Word[] | Failure {
    const open = (path: string, flags: string, mode?: number): number => {
      const fd = this.#api.files.openSync(path, flags, mode);
      opened.push(fd);
      return fd;
    };
    const stdio: Word[] = [];
    for (const [index, slot] of slots.entries()) {
      while (stdio.length < slot.target) stdio.push("ignore");
      try {
        if (slot.kind === "fd") stdio.push(slot.fd);
        else if (slot.kind === "file") stdio.push(open(slot.path, slot.open, slot.mode));
        else if (slot.kind === "open terminal" && typeof slot.terminal === "number") stdio.push(slot.terminal);
        else if (slot.kind === "pipe" || slot.kind === "socket") stdio.push("pipe");
        // What is ignored beyond 2 stays closed. A terminal is none of these words.
        else stdio.push(slot.target < EXTRA ? "ignore" : open(this.#api.devNull, "r+"));
      } catch (error) {
        return { errno: errnoOf(this.#codeOf(error)), step: "stdio", index, cause: error };
      }
    }
    return stdio;
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

  /** @throws {unknown} what is no answer of the system, as a permission that is missing. */
  #codeOf(error: unknown): string {
    const code = this.#api.codeOf(error as RuntimeError);
    if (code === undefined) throw error;
    return code;
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

function terminalOf({ slots: [first] }: SpawnRequest): RuntimeCall["terminal"] {
  if (first?.kind === "open terminal" && typeof first.terminal !== "number") return { open: first.terminal };
  return first?.kind === "terminal" ? { cols: first.cols, rows: first.rows } : undefined;
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
