/** A process of the native engine, from its birth to its reaping. */
import type { Exit, Pipe, Running, Slot, SpawnRequest } from "@ringspawn/core/seam";
import { ERRNO, READY } from "./abi.gen.js";
import type { ExitStatus, Outcome } from "./decode.js";
import type { Door } from "./door.js";
import { Life } from "./life.js";
import type { Loop } from "./loop.js";
import { PipeSink, PipeSource } from "./pipe.js";

export class Child implements Running {
  readonly pid: number;
  readonly pipes: ReadonlyMap<number, Pipe>;
  readonly exited: Promise<Exit>;
  readonly #door: Door;
  readonly #pidfd: number;
  readonly #life: Life;

  constructor(door: Door, loop: Loop, request: SpawnRequest, outcome: Outcome, status: ExitStatus) {
    const { pid, pidfd } = outcome;
    const life = new Life(loop);
    this.#door = door;
    this.#pidfd = pidfd;
    this.#life = life;
    this.pid = pid;
    this.pipes = openPipes(door, loop, request, outcome, life);
    this.exited = new Promise((resolve) => {
      const look = (): void => {
        if (door.reap(pidfd, status.words) === 0) {
          loop.watch(pidfd, READY.readable, look);
          return;
        }
        door.close(pidfd);
        life.end();
        resolve(status.read());
      };
      loop.watch(pidfd, READY.readable, look);
    });
  }

  kill(signal: number): boolean {
    return this.#life.alive && killPidfd(this.#door, this.#pidfd, this.pid, signal);
  }

  ref(): void {
    this.#life.ref(true);
  }

  unref(): void {
    this.#life.ref(false);
  }
}

/** False once it is gone. @throws where the kernel does not permit it. */
export function killPidfd(door: Door, pidfd: number, pid: number, signal: number): boolean {
  const result = door.kill(pidfd, signal);
  if (result === -ERRNO.EPERM) {
    throw Object.assign(new Error(`kill EPERM: not allowed to signal process ${pid}`), {
      code: "EPERM",
      errno: -ERRNO.EPERM,
      syscall: "kill",
    });
  }
  return result === 0;
}

const NO_PIPES: ReadonlyMap<number, NativePipe> = new Map();

/** Our side of one pipe. */
export interface NativePipe extends Pipe {
  readonly source?: PipeSource;
  readonly sink?: PipeSink;
}

/** Our sides of the pipes, by the child's fd number. */
export function openPipes(
  door: Door,
  loop: Loop,
  { slots }: SpawnRequest,
  outcome: Outcome,
  life: Life | undefined,
): ReadonlyMap<number, NativePipe> {
  let pipes: Map<number, NativePipe> | undefined;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as Slot;
    if (slot.kind !== "pipe") continue;
    const fd = outcome.fd(i);
    const pipe =
      slot.direction === "in"
        ? { sink: new PipeSink(door, loop, fd, life) }
        : { source: new PipeSource(door, loop, fd, life) };
    (pipes ??= new Map()).set(slot.target, pipe);
  }
  return pipes ?? NO_PIPES;
}
