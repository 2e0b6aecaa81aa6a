/** Node's own spawn as an engine: what serves when no native one can. */
import { ChildProcess, spawnSync, type SpawnSyncReturns } from "node:child_process";
import { accessSync, closeSync, constants, openSync, statSync } from "node:fs";
import { constants as os } from "node:os";
import { resolve } from "node:path";
import type {
  Engine,
  EngineName,
  Exit,
  Failure,
  Pipe,
  Refusal,
  Running,
  SetupKey,
  Slot,
  SpawnRequest,
  SyncOptions,
  SyncResult,
} from "@ringspawn/core/seam";
import { StreamSink, StreamSource } from "./stream-pipe.js";

/** What of `setup` child_process has an option for. */
const SERVED: ReadonlySet<SetupKey> = new Set<SetupKey>(["session", "uid", "gid", "fds"]);

/** The part of ChildProcess that child_process.spawn itself calls; it answers a libuv error code at once. */
interface Spawnable {
  spawn(options: {
    file: string;
    args: readonly string[];
    envPairs: readonly string[];
    cwd: string | undefined;
    stdio: readonly (string | number)[];
    detached: boolean;
    uid: number | undefined;
    gid: number | undefined;
  }): number | undefined;
}

export class RuntimeEngine implements Engine {
  readonly name: EngineName = "runtime";
  readonly api = "child_process";
  readonly serves: ReadonlySet<SetupKey> = SERVED;

  unavailable(): string | undefined {
    return undefined;
  }

  refuses({ slots }: SpawnRequest): Refusal | undefined {
    const far = slots.find(({ target }) => target > 255);
    if (far) return { option: `setup.fds[${far.target}]`, reason: "child_process would fill every fd below it" };
    const { target } =
      slots.find((slot) => slot.kind === "socket" || slot.kind === "pty" || "raw" in slot || "given" in slot) ?? {};
    if (target !== undefined) return { option: `setup.fds[${target}]`, reason: "child_process has no such fd" };
    return undefined;
  }

  spawn(request: SpawnRequest): Running | Failure {
    return withFiles(request, (stdio) => {
      // child_process.spawn reports a missing program one tick later; ChildProcess.spawn returns its errno.
      const child = new (ChildProcess as unknown as new () => ChildProcess & Spawnable)();
      child.on("error", () => {});
      const { setup } = request;
      const error = child.spawn({
        file: program(request),
        args: request.argv,
        envPairs: Object.entries(request.env ?? process.env).map(([name, value]) => `${name}=${value}`),
        cwd: request.cwd,
        stdio,
        detached: setup.session ?? false,
        uid: int32(setup.uid),
        gid: int32(setup.gid),
      });
      if (!error) return new RuntimeChild(child, request);
      // After EMFILE there is no stdio at all.
      for (const stream of (child.stdio as ChildProcess["stdio"] | undefined) ?? []) stream?.destroy();
      return { errno: Math.abs(error), step: undefined, index: 0 };
    });
  }

  spawnSync(request: SpawnRequest, options: SyncOptions): SyncResult | Failure {
    return withFiles(request, (stdio) => {
      const { setup } = request;
      const result = spawnSync(program(request), request.argv.slice(1), {
        argv0: request.argv[0],
        env: request.env ?? process.env,
        stdio: stdio as ("pipe" | "ignore" | number)[],
        maxBuffer: options.maxBuffer ?? Infinity,
        killSignal: options.killSignal,
        windowsHide: true,
        ...{ detached: setup.session ?? false },
        ...(request.cwd !== undefined && { cwd: request.cwd }),
        ...(options.timeout !== undefined && { timeout: options.timeout }),
        ...(options.input.has(0) && { input: options.input.get(0) }),
        ...(setup.uid !== undefined && { uid: int32(setup.uid) }),
        ...(setup.gid !== undefined && { gid: int32(setup.gid) }),
      }) as SpawnSyncReturns<Buffer>;
      const code = (result.error as NodeJS.ErrnoException | undefined)?.code;
      // EPIPE: the child did not want all of its input; it ran all the same.
      if (result.error && code !== "ETIMEDOUT" && code !== "ENOBUFS" && code !== "EPIPE") throw result.error;
      const outputs: readonly (Buffer | null)[] = result.output;
      const output = new Map<number, Uint8Array>();
      for (const slot of request.slots) {
        const bytes = outputs[slot.target];
        if (slot.kind === "pipe" && slot.direction === "out" && bytes) output.set(slot.target, bytes);
      }
      return {
        pid: result.pid,
        exit: exitOf(result.status, result.signal),
        output,
        timedOut: code === "ETIMEDOUT",
        overflowed: code === "ENOBUFS",
      };
    });
  }
}

class RuntimeChild implements Running {
  readonly pid: number;
  readonly pipes: ReadonlyMap<number, Pipe>;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, { slots }: SpawnRequest) {
    this.#child = child;
    this.pid = child.pid as number;
    const pipes = new Map<number, Pipe>();
    for (const slot of slots) {
      if (slot.kind !== "pipe") continue;
      const stream = child.stdio[slot.target];
      if (slot.direction === "in") pipes.set(slot.target, { sink: new StreamSink(stream as never) });
      else pipes.set(slot.target, { source: new StreamSource(stream as never) });
    }
    this.pipes = pipes;
    this.exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(exitOf(code, signal))));
  }

  kill(signal: number): boolean {
    return this.#child.kill(signal);
  }

  ref(): void {
    this.#child.ref();
    for (const stream of this.#child.stdio) (stream as { ref?(): void } | null)?.ref?.();
  }

  unref(): void {
    this.#child.unref();
    for (const stream of this.#child.stdio) (stream as { unref?(): void } | null)?.unref?.();
  }
}

/** child_process takes ids as signed numbers: it aborts the program when it gets 2 ** 31 or more. */
function int32<T extends number | undefined>(id: T): T {
  return (id === undefined ? id : id | 0) as T;
}

/** What child_process is to start: it searches PATH itself, by the child's own PATH where `env` has one. */
function program({ file, candidates, env, cwd }: SpawnRequest): string {
  if (file.includes("/") || env === undefined || env.PATH !== undefined || process.platform === "win32") return file;
  // An environment without PATH would make libuv search its default path; the request says where to look.
  for (const candidate of candidates) {
    const path = resolve(cwd ?? "", candidate);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // not this one
    }
  }
  return file;
}

/** Opens the files that child_process cannot open itself, and closes our copies once the child has its own. */
function withFiles<T>(request: SpawnRequest, start: (stdio: (string | number)[]) => T): T | Failure {
  const opened: number[] = [];
  const open = (path: string, flags: string, mode: number): number => {
    const fd = openSync(path, flags, mode);
    opened.push(fd);
    return fd;
  };
  const one = (slot: Slot): string | number => {
    switch (slot.kind) {
      case "fd":
        return slot.fd;
      case "pipe":
        return "pipe";
      case "file":
        return open(slot.path, slot.open, slot.mode);
      case "null":
        // beyond 2, child_process leaves an ignored fd closed
        return slot.target <= 2 ? "ignore" : open("/dev/null", "r+", 0);
      case "socket":
      case "pty":
        throw new Error("child_process has no such fd, which refuses() says");
    }
  };
  try {
    const stdio: (string | number)[] = [];
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
    // ENOTDIR, E2BIG, EBADF… come as throws
    return failure(error, undefined, 0);
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

/** @throws {unknown} what is no answer of the system. */
function failure(error: unknown, step: Failure["step"], index: number): Failure {
  const { errno } = error as NodeJS.ErrnoException;
  if (typeof errno !== "number") throw error;
  return { errno: -errno, step, index, cause: error };
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): Exit {
  return { code, signal: signal ? os.signals[signal] : null, coreDumped: false, usage: undefined };
}
