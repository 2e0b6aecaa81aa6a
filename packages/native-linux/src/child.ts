/** A process of the native engine, from its birth to its reaping. */
import type { Exit, Running, SpawnRequest } from "@ringspawn/core/seam";
import { ERRNO, READY } from "./abi.gen.js";
import type { ExitStatus, Outcome } from "./decode.js";
import type { Binding } from "./binding.js";
import { KeepAlive } from "./keep-alive.js";
import type { Loop } from "./loop.js";
import { type NativePipe, openPipes } from "./pipe.js";
import { NativeTerminal } from "./terminal.js";

/** What a process has whether it is known to run or not. */
export abstract class NativeProcess {
  readonly pipes: ReadonlyMap<number, NativePipe>;
  readonly terminal: NativeTerminal | undefined;
  protected readonly binding: Binding;
  protected readonly loop: Loop;
  protected readonly keepAlive: KeepAlive;

  constructor(binding: Binding, loop: Loop, request: SpawnRequest, outcome: Outcome) {
    this.binding = binding;
    this.loop = loop;
    this.keepAlive = new KeepAlive(loop);
    this.pipes = openPipes(binding, loop, request, outcome, this.keepAlive);
    const hasTerminal = request.slots[0]?.kind === "terminal";
    this.terminal = hasTerminal
      ? new NativeTerminal(binding, loop, outcome.takeReader(0), outcome.takeWriter(0))
      : undefined;
  }

  ref(): void {
    this.keepAlive.ref(true);
  }

  unref(): void {
    this.keepAlive.ref(false);
  }

  after(ms: number, callback: () => void): (() => void) | undefined {
    return this.loop.after(ms, callback);
  }
}

export class Child extends NativeProcess implements Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly #pidfd: number;

  constructor(binding: Binding, loop: Loop, request: SpawnRequest, outcome: Outcome, status: ExitStatus) {
    const { pid, pidfd } = outcome;
    // First of all: to watch a child that has ended already takes longer, because another thread is woken on the way.
    let isTaken = false;
    let tell: ((exit: Exit) => void) | undefined;
    whenEnded(binding, loop, pidfd, status, (exit) => tell?.(exit), { holds: () => isTaken, take() {} });
    outcome.takePidfd();
    isTaken = true;
    super(binding, loop, request, outcome);
    this.pid = pid;
    this.#pidfd = pidfd;
    this.exited = new Promise((resolve) => {
      tell = (exit) => {
        this.keepAlive.end();
        resolve(exit);
      };
    });
    this.keepAlive.begin();
  }

  kill(signal: number): boolean {
    return this.keepAlive.alive && killPidfd(this.binding, this.#pidfd, this.pid, signal);
  }
}

/** What is done once a process has ended. */
interface Ending {
  /** Looks whether it has ended, and watches again if not. */
  look(): void;
  /** The watch is given up. The pidfd has to be open yet. */
  forget(): void;
}

/** Who waits for a process whose pidfd may be C's yet: see Outcome. */
interface Waiter {
  /** False: C has given it up, or is going to. */
  holds(): boolean;
  /** The process is reaped. */
  take(): void;
}

/** Reaps the process once it has ended, and closes its pidfd. */
export function whenEnded(
  binding: Binding,
  loop: Loop,
  pidfd: number,
  status: ExitStatus,
  callback: (exit: Exit) => void,
  waiter?: Waiter,
): Ending {
  let token: number;
  const look = (): void => {
    if (waiter?.holds() === false) return;
    const reaped = binding.reap(pidfd, status.words);
    if (reaped === 0) {
      token = loop.watch(pidfd, READY.readable, look);
      return;
    }
    waiter?.take();
    // Something of the program has closed the pidfd, so its number may be that of another file by now.
    if (reaped === -ERRNO.EBADF) binding.release(pidfd);
    else binding.close(pidfd);
    callback(status.read());
  };
  token = loop.watch(pidfd, READY.readable, look);
  return { look, forget: () => loop.forget(pidfd, token) };
}

/** False once it is gone. @throws where the kernel does not permit it, or a sandbox that the program has entered. */
export function killPidfd(binding: Binding, pidfd: number, pid: number, signal: number): boolean {
  const errno = binding.kill(pidfd, signal);
  if (errno === 0) return true;
  if (errno === -ERRNO.ESRCH) return false;
  const code = errno === -ERRNO.EPERM ? "EPERM" : `E${-errno}`;
  const why = errno === -ERRNO.EPERM ? "not allowed to" : "could not";
  const error = new Error(`kill ${code}: ${why} signal process ${pid}`);
  throw Object.assign(error, { code, errno, syscall: "kill" });
}
