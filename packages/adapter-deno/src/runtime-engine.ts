/** Deno's own spawn as an engine: what serves when no native one can. */
import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import {
  type Engine,
  type EngineName,
  type Exit,
  type Failure,
  type Pipe,
  type Refusal,
  type Running,
  type SetupKey,
  type SignalName,
  SIGNALS,
  type Slot,
  type SpawnRequest,
  type SyncOptions,
  type SyncResult,
  WebSink,
  WebSource,
} from "@ringspawn/core/seam";
import { environ } from "./permission.js";

/** What of `setup` Deno.Command has an option for. */
const SERVED: ReadonlySet<SetupKey> = new Set<SetupKey>(["session", "uid", "gid"]);
const ENOTSUP = 95;
/** What a pipe holds while nobody reads it. */
const PIPE_SIZE = 65_536;

/** A slot in Deno's words. An fd's number is understood, though no type says so. */
type Word = "piped" | "inherit" | "null";

/** `child_process.spawnSync` as it is in Deno: what cannot be told is missing. */
interface SyncReturns {
  readonly pid?: number;
  readonly status?: number | null;
  readonly signal?: SignalName | null;
  readonly output?: readonly (Uint8Array | null)[];
  readonly error?: { readonly code: string };
}

export class RuntimeEngine implements Engine {
  readonly name: EngineName = "runtime";
  readonly api = "Deno.Command";
  readonly serves: ReadonlySet<SetupKey> = SERVED;

  unavailable(): string | undefined {
    return undefined;
  }

  refuses({ slots, argv, file }: SpawnRequest): Refusal | undefined {
    const { target } =
      slots.find((slot) => slot.kind === "socket" || slot.kind === "pty" || "raw" in slot || "given" in slot) ?? {};
    if (target !== undefined) return { option: `setup.fds[${target}]`, reason: "Deno.Command has no such fd" };
    if (slots.length > 3) return { option: "stdio", reason: "Deno.Command has no fds beyond 2" };
    if (argv[0] !== file) return { option: "argv0", reason: "Deno.Command has no such option" };
    return undefined;
  }

  spawn(request: SpawnRequest): Running | Failure {
    try {
      const child = new Deno.Command(request.file, optionsOf(request, "piped")).spawn();
      return new RuntimeChild(child, request);
    } catch (error) {
      return failure(error);
    }
  }

  spawnSync(request: SpawnRequest, options: SyncOptions): SyncResult | Failure {
    if (request.setup.session === true) return cannot("start a new session");
    // child_process.spawnSync in Deno goes on reading, and the child goes on.
    if (options.maxBuffer !== undefined) return cannot("stop at a limit of bytes");
    const simple = options.timeout === undefined && !options.input.has(0);
    return simple ? outputSync(request) : fedSync(request, options);
  }
}

class RuntimeChild implements Running {
  readonly pid: number;
  readonly pipes: ReadonlyMap<number, Pipe>;
  readonly exited: Promise<Exit>;
  readonly #child: Deno.ChildProcess;

  constructor(child: Deno.ChildProcess, { slots }: SpawnRequest) {
    this.#child = child;
    this.pid = child.pid;
    const pipes = new Map<number, Pipe>();
    for (const { target, kind } of slots) {
      if (kind !== "pipe") continue;
      if (target === 0) pipes.set(0, { sink: new WebSink(child.stdin) });
      else pipes.set(target, { source: new WebSource(target === 1 ? child.stdout : child.stderr) });
    }
    this.pipes = pipes;
    this.exited = child.status.then(exitOf, unnamedSignal);
  }

  kill(signal: number): boolean {
    try {
      this.#child.kill(signal);
      return true;
    } catch (error) {
      // Has already terminated; or, after a death by a signal that Deno has no name for, is not found.
      if (error instanceof TypeError || error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  ref(): void {
    this.#child.ref();
  }

  unref(): void {
    this.#child.unref();
  }
}

/** A blocking spawn that nobody feeds. */
function outputSync(request: SpawnRequest): SyncResult | Failure {
  const { slots } = request;
  let status: Deno.CommandStatus;
  const output = new Map<number, Uint8Array>();
  try {
    // Nobody feeds it, so the end of an empty file is the end of the pipe.
    const result = new Deno.Command(request.file, optionsOf(request, "null")).outputSync();
    status = result;
    if (slots[1]?.kind === "pipe") output.set(1, result.stdout);
    if (slots[2]?.kind === "pipe") output.set(2, result.stderr);
  } catch (error) {
    return failure(error);
  }
  // Deno does not tell the pid.
  return { pid: 0, exit: exitOf(status), output, timedOut: false, overflowed: false };
}

/** A blocking spawn with input or a timeout: Deno has it only as Node's. */
function fedSync(request: SpawnRequest, { input, timeout, killSignal }: SyncOptions): SyncResult | Failure {
  const { env, setup } = request;
  // It reads the environment, which may prompt; and it can add variables to it, but take none away.
  const ours = environ();
  if (ours === undefined) return cannot("take input or a timeout where the environment may not be read");
  if (env !== undefined && Object.keys(ours).some((name) => env[name] === undefined)) {
    return cannot("take input or a timeout together with an environment of its own");
  }
  // It writes all of the input before it reads: a child that answers meanwhile, as cat does, would wait for ever.
  if ((input.get(0)?.length ?? 0) > PIPE_SIZE) return cannot("take more than 64 KiB of input");
  // Beyond, it refuses them; the negative number that means the same to the system it ignores, without a word.
  if (Math.max(setup.uid ?? 0, setup.gid ?? 0) >= 2 ** 31) return cannot("take input or a timeout with so high an id");
  const stdio = request.slots.map((slot) => {
    const word = wordOf(slot, "piped");
    return word === "piped" ? "pipe" : word === "null" ? "ignore" : word;
  });
  const result = spawnSync(request.file, request.argv.slice(1), {
    stdio,
    killSignal,
    input: input.get(0) ?? new Uint8Array(),
    ...(env !== undefined && { env }),
    ...(request.cwd !== undefined && { cwd: request.cwd }),
    ...(timeout !== undefined && { timeout }),
    ...(setup.uid !== undefined && { uid: setup.uid }),
    ...(setup.gid !== undefined && { gid: setup.gid }),
    maxBuffer: Infinity,
  }) as unknown as SyncReturns;
  const { pid, status = null, signal, error } = result;
  if (pid === undefined) return error === undefined ? cannot("tell how it ended") : failure(error);
  const output = new Map<number, Uint8Array>();
  for (const { target, kind } of request.slots) {
    const buffer = result.output?.[target];
    if (target === 0 || kind !== "pipe" || !buffer) continue;
    output.set(target, new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
  }
  const exit = { code: status, signal: signal ? SIGNALS[signal] : null, coreDumped: false, usage: undefined };
  return { pid, exit, output, timedOut: error?.code === "ETIMEDOUT", overflowed: false };
}

function optionsOf(request: SpawnRequest, input: Word): Deno.CommandOptions {
  const { argv, cwd, env, envIsAdded = false, setup, slots } = request;
  const [stdin, stdout, stderr] = slots.map((slot, i) => wordOf(slot, i === 0 ? input : "piped"));
  return {
    args: argv.slice(1),
    stdin: stdin as Word,
    stdout: stdout as Word,
    stderr: stderr as Word,
    detached: setup.session ?? false,
    ...(cwd !== undefined && { cwd }),
    ...(env !== undefined && { env, clearEnv: !envIsAdded }),
    ...(setup.uid !== undefined && { uid: setup.uid }),
    ...(setup.gid !== undefined && { gid: setup.gid }),
  };
}

function wordOf(slot: Slot, pipe: Word): Word | number {
  switch (slot.kind) {
    case "null":
      return "null";
    case "pipe":
      return pipe;
    case "fd":
      return slot.fd === slot.target ? "inherit" : slot.fd;
    case "file":
    case "socket":
    case "pty":
      // refuses() says so.
      throw new Error(`Deno.Command opens no ${slot.kind}`);
  }
}

function exitOf({ code, signal }: Deno.CommandStatus): Exit {
  const number = signal === null ? null : SIGNALS[signal as SignalName];
  return { code: number === null ? code : null, signal: number, coreDumped: false, usage: undefined };
}

/** Deno rejects the status of a child that a real-time signal killed, and says only there which one it was. */
function unnamedSignal(error: unknown): Exit {
  const number = /\d+/.exec((error as Error).message)?.[0];
  return { code: null, signal: number === undefined ? null : Number(number), coreDumped: false, usage: undefined };
}

/** @throws {unknown} what is no answer of the system, as a permission that is missing. */
function failure(error: unknown): Failure {
  const { code } = error as { code?: unknown };
  const errno = constants.errno[code as keyof typeof constants.errno] as number | undefined;
  if (errno === undefined) throw error;
  return { errno, step: undefined, index: 0, cause: error };
}

function cannot(what: string): Failure {
  return { errno: ENOTSUP, step: undefined, index: 0, cause: new Error(`Deno's blocking spawn cannot ${what}`) };
}
