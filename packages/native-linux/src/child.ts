/** A process of the native engine, from its birth to its reaping. */
import type { Exit, Running, Sink, Slot, Source, SpawnRequest } from "@ringspawn/core";
import type { ExitStatus, Outcome } from "./decode.js";
import type { Door } from "./door.js";
import { Life } from "./life.js";
import { type Loop, READABLE } from "./loop.js";
import { PipeSink, PipeSource } from "./pipe.js";

const EPERM = 1;

export class Child implements Running {
  readonly pid: number;
  readonly pipes: ReadonlyMap<number, Source | Sink>;
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
          loop.watch(pidfd, READABLE, look);
          return;
        }
        door.close(pidfd);
        life.end();
        resolve(status.read());
      };
      loop.watch(pidfd, READABLE, look);
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
  if (result === -EPERM) {
    throw Object.assign(new Error(`kill EPERM: not allowed to signal process ${pid}`), {
      code: "EPERM",
      errno: -EPERM,
      syscall: "kill",
    });
  }
  return result === 0;
}

const NO_PIPES: ReadonlyMap<number, Source | Sink> = new Map();

/** Our ends of the pipes, by the child's fd number. */
export function openPipes(
  door: Door,
  loop: Loop,
  { slots }: SpawnRequest,
  outcome: Outcome,
  life: Life | undefined,
): ReadonlyMap<number, Source | Sink> {
  let pipes: Map<number, Source | Sink> | undefined;
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as Slot;
    if (slot.kind !== "pipe") continue;
    const End = slot.direction === "in" ? PipeSink : PipeSource;
    (pipes ??= new Map()).set(slot.target, new End(door, loop, outcome.fd(i), life));
  }
  return pipes ?? NO_PIPES;
}
