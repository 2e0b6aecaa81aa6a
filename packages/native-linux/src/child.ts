/** A process of the native engine, from its birth to its reaping. */
import type { Exit, Running, SpawnRequest } from "@ringspawn/core/seam";
import { ERRNO, READY } from "./abi.gen.js";
import type { ExitStatus, Outcome } from "./decode.js";
import type { Door } from "./door.js";
import { Life } from "./life.js";
import type { Loop } from "./loop.js";
import { type NativePipe, openPipes } from "./pipe.js";

/** What a process has whether it is known to run or not. */
export abstract class NativeProcess {
  readonly pipes: ReadonlyMap<number, NativePipe>;
  protected readonly door: Door;
  protected readonly loop: Loop;
  protected readonly life: Life;

  constructor(door: Door, loop: Loop, request: SpawnRequest, outcome: Outcome) {
    this.door = door;
    this.loop = loop;
    this.life = new Life(loop);
    this.pipes = openPipes(door, loop, request, outcome, this.life);
  }

  ref(): void {
    this.life.ref(true);
  }

  unref(): void {
    this.life.ref(false);
  }
}

export class Child extends NativeProcess implements Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #pidfd: number;

  constructor(door: Door, loop: Loop, request: SpawnRequest, outcome: Outcome, status: ExitStatus) {
    super(door, loop, request, outcome);
    const { pid, pidfd } = outcome;
    this.pid = pid;
    this.#pidfd = pidfd;
    this.exited = new Promise((resolve) => {
      whenEnded(door, loop, pidfd, status, (exit) => {
        this.life.end();
        resolve(exit);
      });
    });
  }

  kill(signal: number): boolean {
    return this.life.alive && killPidfd(this.door, this.#pidfd, this.pid, signal);
  }
}

/** Reaps the process once it has ended, and closes its pidfd. */
export function whenEnded(
  door: Door,
  loop: Loop,
  pidfd: number,
  status: ExitStatus,
  callback: (exit: Exit) => void,
): void {
  const look = (): void => {
    if (door.reap(pidfd, status.words) === 0) {
      loop.watch(pidfd, READY.readable, look);
      return;
    }
    door.close(pidfd);
    callback(status.read());
  };
  loop.watch(pidfd, READY.readable, look);
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
