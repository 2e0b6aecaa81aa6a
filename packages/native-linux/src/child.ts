/** A process that the native engine has started, until it is reaped. */
import type { Exit, Pipe, Running, Slot, SpawnRequest } from "@ringspawn/core/seam";
import type { ExitStatus, Outcome } from "./decode.js";
import type { Binding } from "./binding.js";
import { KeepAlive } from "./keep-alive.js";
import { type Loop, READABLE } from "./loop.js";
import { PipeSink, PipeSource } from "./pipe.js";

const EPERM = 1;

export class Child implements Running {
  readonly pid: number;
  readonly pipes: ReadonlyMap<number, Pipe>;
  readonly exited: Promise<Exit>;
  readonly #binding: Binding;
  readonly #pidfd: number;
  readonly #keepAlive: KeepAlive;

  constructor(binding: Binding, loop: Loop, request: SpawnRequest, outcome: Outcome, status: ExitStatus) {
    const { pid, pidfd } = outcome;
    const keepAlive = new KeepAlive(loop);
    this.#binding = binding;
    this.#pidfd = pidfd;
    this.#keepAlive = keepAlive;
    this.pid = pid;
    this.pipes = openPipes(binding, loop, request, outcome, keepAlive);
    this.exited = new Promise((resolve) => {
      const look = (): void => {
        if (binding.reap(pidfd, status.words) === 0) {
          loop.watch(pidfd, READABLE, look);
          return;
        }
        binding.close(pidfd);
        keepAlive.end();
        resolve(status.read());
      };
      loop.watch(pidfd, READABLE, look);
    });
  }

  kill(signal: number): boolean {
    return this.#keepAlive.alive && killPidfd(this.#binding, this.#pidfd, this.pid, signal);
  }

  ref(): void {
    this.#keepAlive.ref(true);
  }

  unref(): void {
    this.#keepAlive.ref(false);
  }
}

/** False once the process is gone. @throws where the kernel does not permit the signal. */
export function killPidfd(binding: Binding, pidfd: number, pid: number, signal: number): boolean {
  const result = binding.kill(pidfd, signal);
  if (result === -EPERM) {
    throw Object.assign(new Error(`kill EPERM: not allowed to signal process ${pid}`), {
      code: "EPERM",
      errno: -EPERM,
      syscall: "kill",
    });
  }
  return result === 0;
}

const NO_PIPES: ReadonlyMap<number, NativePipe> = new Map();

/** The parent's side of one pipe. */
export interface NativePipe extends Pipe {
  readonly source?: PipeSource;
  readonly sink?: PipeSink;
}

/** The parent's sides of the pipes, by the child's fd number. */
export function openPipes(
  binding: Binding,
  loop: Loop,
  { slots }: SpawnRequest,
  outcome: Outcome,
  keepAlive: KeepAlive | undefined,
): ReadonlyMap<number, NativePipe> {
  let pipes: Map<number, NativePipe> | undefined;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as Slot;
    if (slot.kind !== "pipe") continue;
    const fd = outcome.fd(i);
    const pipe =
      slot.direction === "in"
        ? { sink: new PipeSink(binding, loop, fd, keepAlive) }
        : { source: new PipeSource(binding, loop, fd, keepAlive) };
    (pipes ??= new Map()).set(slot.target, pipe);
  }
  return pipes ?? NO_PIPES;
}
