/** Bun's own spawn as an engine: what serves when no native one can. */
import { accessSync, closeSync, constants, existsSync, openSync, statSync } from "node:fs";
import {
  type Engine,
  type EngineName,
  type Exit,
  type Failure,
  type Pipe,
  findProgram,
  type Refusal,
  type Running,
  type SetupKey,
  type Sink,
  type SignalName,
  SIGNALS,
  type Slot,
  type Source,
  type SpawnRequest,
  type SyncOptions,
  type SyncResult,
  type Usage,
  WebSource,
} from "@ringspawn/core/seam";
import { brokenPipe, SocketSink, SocketSource } from "./socket-pipe.js";

/** What of `setup` Bun.spawn has an option for. */
const SERVED: ReadonlySet<SetupKey> = new Set<SetupKey>(["session", "uid", "gid", "fds"]);
const ENOEXEC = 8;
/** Bun's kill() takes none of the real-time signals. */
const KILL_BELOW = 32;

/** A slot in Bun's words. */
type Word = "pipe" | "ignore" | number | Uint8Array;

/** The parts of Bun.spawn that this engine uses, as they are: Bun's types do not know all of them. */
interface Options {
  cmd: string[];
  argv0: string | undefined;
  cwd: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  stdio: Word[];
  detached: boolean;
  uid?: number;
  gid?: number;
  lazy?: boolean;
  timeout?: number;
  maxBuffer?: number;
  killSignal?: number;
}

interface BunChild {
  readonly pid: number;
  readonly stdin: FileSink;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  readonly stdio: readonly (number | null)[];
  readonly exited: Promise<number>;
  readonly exitCode: number | null;
  readonly signalCode: string | number | null;
  kill(signal: number): void;
  unref(): void;
  resourceUsage(): BunUsage | undefined;
}

interface FileSink {
  write(chunk: Uint8Array): unknown;
  flush(): unknown;
  end(): unknown;
}

interface BunUsage {
  readonly contextSwitches: { readonly voluntary: number; readonly involuntary: number };
  readonly cpuTime: { readonly user: bigint; readonly system: bigint };
  readonly maxRSS: number;
  readonly ops: { readonly in: number; readonly out: number };
}

interface BunResult {
  readonly pid: number;
  readonly exitCode: number | null;
  readonly signalCode?: string | number;
  readonly stdout: Uint8Array | undefined;
  readonly stderr: Uint8Array | undefined;
  readonly resourceUsage: BunUsage | undefined;
  readonly exitedDueToTimeout?: boolean;
  readonly exitedDueToMaxBuffer?: boolean;
}

const { spawn, spawnSync } = Bun as unknown as {
  spawn: (options: Options) => BunChild;
  spawnSync: (options: Options) => BunResult;
};

export class RuntimeEngine implements Engine {
  readonly name: EngineName = "runtime";
  readonly api = "Bun.spawn";
  readonly serves: ReadonlySet<SetupKey> = SERVED;

  unavailable(): string | undefined {
    return undefined;
  }

  refuses({ slots }: SpawnRequest): Refusal | undefined {
    const { target } =
      slots.find((slot) => slot.kind === "socket" || slot.kind === "pty" || "raw" in slot || "given" in slot) ?? {};
    if (target !== undefined) return { option: `setup.fds[${target}]`, reason: "Bun.spawn has no such fd" };
    const far = slots.find(({ target }) => target > 255);
    if (far) return { option: `setup.fds[${far.target}]`, reason: "Bun.spawn would fill every fd below it" };
    return undefined;
  }

  spawn(request: SpawnRequest): Running | Failure {
    return withFiles(
      request,
      () => "pipe",
      (stdio) => {
        // Not lazy would mean that Bun reads without limit what nobody asked for.
        const child = started(request, { ...optionsOf(request, stdio), lazy: true }, spawn);
        return new RuntimeChild(child, request);
      },
    );
  }

  spawnSync(request: SpawnRequest, { input, timeout, maxBuffer, killSignal }: SyncOptions): SyncResult | Failure {
    // Nobody feeds or sees more than 0, 1 and 2 in a blocking call, and Bun would leave our ends open.
    const pipe = ({ target }: Slot): Word | undefined => (target <= 2 ? (input.get(target) ?? "pipe") : undefined);
    return withFiles(request, pipe, (stdio) => {
      const options = optionsOf(request, stdio);
      options.killSignal = killSignal;
      if (timeout !== undefined) options.timeout = timeout;
      if (maxBuffer !== undefined) options.maxBuffer = maxBuffer;
      const result = started(request, options, spawnSync);
      const output = new Map<number, Uint8Array>();
      for (const slot of request.slots) {
        if (slot.kind !== "pipe" || slot.direction === "in") continue;
        const bytes = slot.target === 1 ? result.stdout : slot.target === 2 ? result.stderr : new Uint8Array();
        if (bytes !== undefined) output.set(slot.target, bytes);
      }
      return {
        pid: result.pid,
        exit: exitOf(result.exitCode, result.signalCode ?? null, result.resourceUsage),
        output,
        timedOut: result.exitedDueToTimeout ?? false,
        overflowed: result.exitedDueToMaxBuffer ?? false,
      };
    });
  }
}

class RuntimeChild implements Running {
  readonly pid: number;
  readonly pipes: ReadonlyMap<number, Pipe>;
  readonly exited: Promise<Exit>;
  readonly #child: BunChild;
  #alive = true;
  #refd = true;
  /** Reads and writes that wait. */
  #pending = 0;
  #hold: ReturnType<typeof setInterval> | undefined;

  constructor(child: BunChild, { slots }: SpawnRequest) {
    this.#child = child;
    this.pid = child.pid;
    // A stream that is read goes on to hold the program after Bun's unref(); one that is unref'd before never does.
    child.unref();
    const pipes = new Map<number, Pipe>();
    for (const slot of slots) {
      if (slot.kind !== "pipe") continue;
      const { target } = slot;
      pipes.set(target, slot.direction === "in" ? { sink: this.#sink(target) } : { source: this.#source(target) });
    }
    this.pipes = pipes;
    this.exited = child.exited.then(() => {
      this.#alive = false;
      this.#keep();
      return exitOf(child.exitCode, child.signalCode, child.resourceUsage());
    });
    this.#keep();
  }

  kill(signal: number): boolean {
    const child = this.#child;
    if (hasEnded(child)) return false;
    // Bun knows no other way to look, or to send one of those; and it has not reaped the process yet.
    if (signal === 0 || signal >= KILL_BELOW) process.kill(child.pid, signal);
    else child.kill(signal);
    return true;
  }

  ref(): void {
    this.#refd = true;
    this.#keep();
  }

  unref(): void {
    this.#refd = false;
    this.#keep();
  }

  #source(target: number): Source {
    const { stdout, stderr, stdio } = this.#child;
    const source =
      target === 1
        ? new WebSource(stdout)
        : target === 2
          ? new WebSource(stderr)
          : new SocketSource(stdio[target] as number);
    return {
      read: (into) => this.#waiting(source.read(into)),
      close: () => source.close(),
    };
  }

  #sink(target: number): Sink {
    const sink = target === 0 ? new FileSinkSink(this.#child) : new SocketSink(this.#child.stdio[target] as number);
    return {
      write: (chunk) => this.#waiting(sink.write(chunk)),
      close: () => sink.close(),
    };
  }

  /** Counts it while it waits. */
  #waiting<T>(operation: T | Promise<T>): T | Promise<T> {
    if (!(operation instanceof Promise)) return operation;
    this.#pending++;
    this.#keep();
    return operation.finally(() => {
      this.#pending--;
      this.#keep();
    });
  }

  /** Holds the program while this child is ref'd and alive, or has reads or writes under way. */
  #keep(): void {
    const holds = this.#refd && (this.#alive || this.#pending > 0);
    if (holds) {
      this.#hold ??= setInterval(() => {}, 2 ** 31 - 1);
    } else {
      clearInterval(this.#hold);
      this.#hold = undefined;
    }
  }
}

/** Bun's FileSink keeps bytes until it is flushed, and says nothing once the child has ended. */
class FileSinkSink implements Sink {
  readonly #child: BunChild;
  #closed: Promise<void> | undefined;

  constructor(child: BunChild) {
    this.#child = child;
  }

  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#closed !== undefined || hasEnded(this.#child)) throw brokenPipe();
    const { stdin } = this.#child;
    const waits = [stdin.write(chunk), stdin.flush()].filter((answer) => answer instanceof Promise);
    if (waits.length > 0) return Promise.all(waits).then(() => {});
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }

  async #end(): Promise<void> {
    try {
      await this.#child.stdin.end();
    } catch {
      // The child reads no more: then its end of input is nothing to it.
    }
  }
}

function hasEnded(child: BunChild): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function optionsOf(request: SpawnRequest, stdio: Word[]): Options {
  const { setup, argv } = request;
  const options: Options = {
    cmd: [program(request), ...argv.slice(1)],
    argv0: argv[0],
    cwd: request.cwd,
    env: request.env ?? process.env,
    stdio,
    detached: setup.session ?? false,
  };
  // Bun takes ids as signed numbers.
  if (setup.uid !== undefined) options.uid = setup.uid | 0;
  if (setup.gid !== undefined) options.gid = setup.gid | 0;
  return options;
}

/** Where the request's own search ends. Bun's would use another PATH than the request where `env` has none. */
function program({ file, candidates, cwd }: SpawnRequest): string {
  if (file.includes("/")) return file;
  // What is there but cannot be executed is Bun's to refuse, as execvp would at the end of its search.
  return findProgram(candidates, cwd, isExecutable) ?? findProgram(candidates, cwd, existsSync) ?? file;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Bun knows no text files without `#!`. Nothing ran when it refuses one, so a second try starts it once. */
function started<T>(request: SpawnRequest, options: Options, start: (options: Options) => T): T {
  try {
    return start(options);
  } catch (error) {
    if (!request.shellFallback || (error as { errno?: unknown }).errno !== -ENOEXEC) throw error;
    return start({ ...options, cmd: ["/bin/sh", ...options.cmd], argv0: "/bin/sh" });
  }
}

/** Opens the files that Bun.spawn cannot open itself, and closes our copies once the child has its own. */
function withFiles<T>(
  request: SpawnRequest,
  pipe: (slot: Slot) => Word | undefined,
  start: (stdio: Word[]) => T,
): T | Failure {
  const opened: number[] = [];
  const open = (path: string, flags: string, mode: number): number => {
    const fd = openSync(path, flags, mode);
    opened.push(fd);
    return fd;
  };
  const one = (slot: Slot): Word => {
    switch (slot.kind) {
      case "fd":
        return slot.fd;
      case "file":
        return open(slot.path, slot.open, slot.mode);
      case "pipe":
        return pipe(slot) ?? open("/dev/null", "r+", 0);
      case "null":
        // beyond 2, Bun leaves an ignored fd closed
        return slot.target <= 2 ? "ignore" : open("/dev/null", "r+", 0);
      case "socket":
      case "pty":
        throw new Error("Bun.spawn has no such fd, which refuses() says");
    }
  };
  try {
    const stdio: Word[] = [];
    for (const [index, slot] of request.slots.entries()) {
      while (stdio.length < slot.target) stdio.push("ignore");
      try {
        stdio.push(one(slot));
      } catch (error) {
        return failure(error, "stdio", index);
      }
    }
    return start(stdio);
  } catch (error) {
    return failure(error, undefined, 0);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** @throws {unknown} what is no answer of the system. */
function failure(error: unknown, step: Failure["step"], index: number): Failure {
  const { errno } = error as { errno?: unknown };
  if (typeof errno !== "number") throw error;
  return { errno: Math.abs(errno), step, index, cause: error };
}

function exitOf(code: number | null, signal: string | number | null, usage: BunUsage | undefined): Exit {
  return {
    code: signal === null ? code : null,
    signal: typeof signal === "string" ? SIGNALS[signal as SignalName] : signal,
    coreDumped: false,
    usage: usage && usageOf(usage),
  };
}

function usageOf({ contextSwitches, cpuTime, maxRSS, ops }: BunUsage): Usage {
  return {
    userMicros: Number(cpuTime.user),
    systemMicros: Number(cpuTime.system),
    maxRss: maxRSS,
    voluntarySwitches: contextSwitches.voluntary,
    involuntarySwitches: contextSwitches.involuntary,
    // Bun does not hand these on, and no face shows them.
    minorFaults: 0,
    majorFaults: 0,
    blocksIn: ops.in,
    blocksOut: ops.out,
  };
}
