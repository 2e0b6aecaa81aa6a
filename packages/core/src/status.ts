/** How a process ended, in the terms of each face. */
import type { Exit, Usage } from "./engine.js";
import { type SignalName, signalName } from "./numbers.js";

/** How a child of {@link Command} ended. */
export interface CommandStatus {
  /** Whether it exited with 0. */
  readonly success: boolean;
  /**
   * The exit code, or 128 + n when signal n killed it. -1 when it is lost: other code of this program took it, or the
   * kernel did, because the program ignores SIGCHLD. Since Linux 6.15 the native engines know it all the same.
   */
  readonly code: number;
  /** The signal that killed it; a number for a real-time signal, which has no name. */
  readonly signal: SignalName | number | null;
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
  return { success: exit.code === 0, code: exitNumber(exit), signal: exitSignal(exit) };
}

/** Undefined where the engine cannot tell. */
export function resourceUsage(usage: Usage | undefined): ResourceUsage | undefined {
  if (usage === undefined) return undefined;
  const user = BigInt(usage.userMicros);
  const system = BigInt(usage.systemMicros);
  return {
    contextSwitches: { voluntary: usage.voluntarySwitches, involuntary: usage.involuntarySwitches },
    cpuTime: { user, system, total: user + system },
    maxRSS: usage.maxRss,
    messages: { sent: 0, received: 0 },
    ops: { in: usage.blocksIn, out: usage.blocksOut },
    shmSize: 0,
    signalCount: 0,
    swapCount: 0,
  };
}
