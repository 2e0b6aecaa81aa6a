/** How a process ended, in the terms of each face. */
import { bare } from "./builtins.js";
import type { Exit, Usage } from "./engine.js";
import { type SignalName, signalName } from "./numbers.js";

/** Without the second name of SIGABRT, which Deno does not know. */
type ToldSignal = Exclude<SignalName, "SIGIOT">;

/** How a child of {@link Command} ended. */
export interface CommandStatus {
  /** Whether it exited with 0. */
  readonly success: boolean;
  /**
   * The exit code, or 128 + n when signal n killed it. -1 when it is lost: other code of this program took it, or the
   * kernel did, because the program ignores SIGCHLD. Since Linux 6.15 the native engines know it all the same.
   */
  readonly code: number;
  /**
   * The signal that killed it. A real-time signal has no name: for such a one this is its number, of which this type,
   * which is Deno's, says nothing.
   */
  readonly signal: ToldSignal | null;
}

/** What a child used, in the shape of Bun's `resourceUsage()`. */
export interface ResourceUsage {
  readonly contextSwitches: { readonly voluntary: number; readonly involuntary: number };
  /** Microseconds */
  readonly cpuTime: { readonly user: bigint; readonly system: bigint; readonly total: bigint };
  /** Bytes */
  readonly maxRSS: number;
  /** Linux does not count these: always 0, as are the three below. */
  readonly messages: { readonly sent: number; readonly received: number };
  readonly ops: { readonly in: number; readonly out: number };
  readonly shmSize: number;
  readonly signalCount: number;
  readonly swapCount: number;
}

/** The exit code as shells count it: 128 + n for a death by signal n, -1 if it is unknown. */
export function exitNumber({ code, signal }: Exit): number {
  if (code !== null) return code;
  return signal === null ? -1 : 128 + signal;
}

/** Null unless a signal killed it. */
export function exitSignal({ signal }: Exit): SignalName | number | null {
  return signal === null ? null : (signalName(signal) ?? signal);
}

export function commandStatus(exit: Exit): CommandStatus {
  return { success: exit.code === 0, code: exitNumber(exit), signal: exitSignal(exit) as ToldSignal | null };
}

/** As it is printed. Its values are its own, so that it can be compared, copied and written as JSON. */
const { ResourceUsage: Printed }: { readonly ResourceUsage: new () => object } = {
  ResourceUsage: function () {} as never,
};
Object.defineProperty(Printed.prototype, Symbol.toStringTag, bare({ value: "ResourceUsage", configurable: true }));

/** Undefined where the engine cannot tell. */
export function resourceUsage(usage: Usage | undefined): ResourceUsage | undefined {
  if (usage === undefined) return undefined;
  const user = BigInt(usage.userMicros);
  const system = BigInt(usage.systemMicros);
  return Object.assign(new Printed(), {
    contextSwitches: { voluntary: usage.voluntarySwitches, involuntary: usage.involuntarySwitches },
    cpuTime: { user, system, total: user + system },
    maxRSS: usage.maxRss,
    messages: { sent: 0, received: 0 },
    ops: { in: usage.blocksIn, out: usage.blocksOut },
    shmSize: 0,
    signalCount: 0,
    swapCount: 0,
  });
}
