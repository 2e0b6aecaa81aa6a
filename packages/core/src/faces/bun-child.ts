/** The handle of the face in Bun's shape. */
import { soon } from "../builtins.js";
import { signal as signalNumber } from "../check.js";
import { Drain, limited } from "../collect.js";
import type { EngineName, Exit, Source } from "../engine.js";
import { SIGNALS, type SignalName } from "../numbers.js";
import type { ExtraPipes, Process } from "../process.js";
import { exitNumber, exitSignal, resourceUsage, type ResourceUsage } from "../status.js";
import type { InputData, Slot } from "../stdio.js";
import type { SubprocessReadableStream } from "../streams.js";
import { showMembers } from "./as-native.js";
import { callbackOf, checkRest, closedError } from "./bun-ipc.js";
import type { SpawnOptions, Subprocess, Terminal } from "./bun-types.js";
import type { Channel } from "./channel.js";
import { feed } from "./feed.js";
import { FileSink } from "./file-sink.js";

/** What the child has as fds. */
export interface Stdio {
  readonly slots: readonly Slot[];
  /** How many the caller spoke of. */
  readonly count: number;
  /** The fds of this program that were given by number, by the child's fd. */
  readonly numbers: readonly (number | undefined)[];
  /** What to feed to the child, by its fd. Undefined: nothing. */
  readonly data: ReadonlyMap<number, InputData> | undefined;
}

/** What may end the process early, and what is done with it meanwhile. */
export interface Control {
  readonly timeout: number | undefined;
  readonly maxBuffer: number | undefined;
  readonly killSignal: number;
  readonly signal: AbortSignal | undefined;
  readonly lazy: boolean;
  readonly onExit: SpawnOptions["onExit"];
}

/** What Bun gives of a stream that a child with a terminal does not have. The types say undefined, as Bun's own. */
const AT_TERMINAL = null as never;

/** What readers get of an output: at most `maxBuffer` bytes. Unless `lazy`, it is taken in as it comes. */
function outputOf(process: Process, source: Source, { maxBuffer, killSignal, lazy }: Control): Source {
  const upTo =
    maxBuffer === undefined ? source : limited(source, maxBuffer, () => process.cutShort(source, killSignal));
  return lazy ? upTo : new Drain(upTo);
}

/** Microtasks in which what was at hand when the process ended has come to those who wait for it. */
const DELIVERY = 32;
const NOW: Promise<void> = Promise.resolve();

/** As in Bun, whoever reads has got what the process wrote before the end of the process is told. */
async function delivered(exit: Exit): Promise<number> {
  for (let i = 0; i < DELIVERY; i++) await NOW;
  return exitNumber(exit);
}

export class Child implements Subprocess {
  readonly #process: Process;
  readonly #stdio: Stdio;
  readonly #stdin: FileSink | undefined;
  readonly #exited: Promise<number>;
  readonly #terminal: Terminal | undefined;
  readonly #channel: Channel | undefined;

  constructor(
    process: Process,
    stdio: Stdio,
    control: Control,
    terminal: Terminal | undefined,
    openChannel: ((child: Child) => Channel) | undefined,
  ) {
    this.#process = process;
    this.#terminal = terminal;
    this.#stdio = stdio;
    const { timeout, killSignal, onExit } = control;
    for (const [fd, given] of stdio.data ?? []) {
      const sink = process.sink(fd);
      // A terminal is in the place of what was given for 0.
      if (sink !== undefined) void feed(process, sink, given);
    }
    const sink = stdio.data?.has(0) === true ? undefined : process.sink(0);
    if (sink !== undefined) {
      const stdin = new FileSink(sink);
      this.#stdin = stdin;
      // Whoever never ends it must not pay with an fd for every child.
      process.whenExited(() => void stdin.end());
    }
    for (let fd = 1; fd <= 2; fd++) {
      const source = process.source(fd);
      if (source !== undefined) process.replaceSource(fd, outputOf(process, source, control));
    }
    if (timeout !== undefined) process.whenLate(timeout, () => process.cutOff(killSignal));
    const channel = (this.#channel = openChannel?.(this));
    // The last messages come before whoever waits for the end learns of it.
    const exited =
      channel === undefined ? process.exited : process.exited.then((exit) => channel.over.then(() => exit));
    this.#exited = exited.then((exit) => (process.isRead ? delivered(exit) : exitNumber(exit)));
    if (onExit !== undefined) {
      // One turn of the microtasks later than the first reaction: then whoever awaited `exited` has run.
      void this.#exited.then(() => soon(() => onExit(this, this.exitCode, this.signalCode, undefined)));
    }
  }

  get pid(): number {
    return this.#process.pid;
  }

  get engine(): EngineName {
    return this.#process.engine;
  }

  get terminal(): Terminal | undefined {
    return this.#terminal;
  }

  get stdin(): FileSink | undefined {
    return this.#terminal === undefined ? this.#stdin : AT_TERMINAL;
  }

  get writable(): FileSink | undefined {
    return this.stdin;
  }

  get stdout(): SubprocessReadableStream | number | undefined {
    return this.#output(1);
  }

  get readable(): SubprocessReadableStream | number | undefined {
    return this.#output(1);
  }

  get stderr(): SubprocessReadableStream | number | undefined {
    return this.#output(2);
  }

  #output(fd: 1 | 2): SubprocessReadableStream | number | undefined {
    if (this.#terminal !== undefined) return AT_TERMINAL;
    return this.#stdio.numbers[fd] ?? this.#process.readable(fd);
  }

  get stdio(): [null, null, null, ...(number | null)[]] {
    return this.#fds((fd) => this.#process.raw(fd));
  }

  /** `stdio` as it is printed: the fds of pipes stay the engine's, which closes those that nobody asks for. */
  static shownStdio(child: Child): unknown {
    return child.#fds((fd) => child.#process.shownRaw(fd));
  }

  #fds(raw: (fd: number) => number | undefined): [null, null, null, ...(number | null)[]] {
    const { count, numbers } = this.#stdio;
    const all: [null, null, null, ...(number | null)[]] = [null, null, null];
    for (let fd = 3; fd < count; fd++) all.push(numbers[fd] ?? raw(fd) ?? null);
    return all;
  }

  get fds(): ExtraPipes {
    return this.#process.fds;
  }

  get exited(): Promise<number> {
    return this.#exited;
  }

  get exitCode(): number | null {
    return this.#process.exit?.code ?? null;
  }

  get signalCode(): SignalName | number | null {
    const { exit } = this.#process;
    return exit === undefined ? null : exitSignal(exit);
  }

  get killed(): boolean {
    return this.#process.exit !== undefined;
  }

  kill(signal?: SignalName | number): void {
    // As Bun has it, nothing is the default: "", null and NaN too. 0 only looks.
    const isNothing = signal !== 0 && !signal;
    this.#process.kill(isNothing ? SIGNALS.SIGTERM : signalNumber("signal", signal, 0));
  }

  unref(): void {
    this.#process.unref();
  }

  ref(): void {
    this.#process.ref();
  }

  get connected(): boolean {
    return this.#channel?.connected ?? false;
  }

  send(message: unknown, ...rest: readonly unknown[]): boolean {
    const channel = this.#channel;
    const callback = callbackOf(rest);
    if (channel?.connected) {
      checkRest(rest);
      return channel.send(message, callback);
    }
    const error = closedError(channel, this.killed);
    if (callback === undefined) throw error;
    soon(() => callback(error));
    return false;
  }

  disconnect(): void {
    this.#channel?.disconnect();
  }

  resourceUsage(): ResourceUsage | undefined {
    return resourceUsage(this.#process.usage);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.killed) return;
    await this.#process.dispose();
    // The type is the one that `await using` wants.
    return this.#exited as Promise<unknown> as Promise<void>;
  }
}

/** The members that a handle of Bun's lists, in its order. */
const MEMBERS = `
  connected disconnect exitCode exited kill killed pid readable ref resourceUsage send signalCode stderr stdin stdio
  stdout terminal unref writable`;
// The constructor of a handle of Bun's is Object.
showMembers(Child, { Subprocess: function () {} as never }, MEMBERS.trim().split(/\s+/), {
  stdio: (child) => Child.shownStdio(child as Child),
});
Reflect.deleteProperty(Child.prototype, "constructor");
