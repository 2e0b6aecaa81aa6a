/** How a child of Bun's ended, and what it used. */
import { bare, type RuntimeExit } from "@ringspawn/core/seam";

/** What Bun tells of a child, whichever call has started it. */
type Ended = { readonly exitCode: number | null; readonly signalCode?: string | number | null };

export function hasEnded({ exitCode, signalCode }: Ended): boolean {
  return exitCode !== null || (signalCode ?? null) !== null;
}

export function exitOf({ exitCode, signalCode = null }: Ended, used: Bun.ResourceUsage | undefined): RuntimeExit {
  const usage = used && {
    userMicros: Number(used.cpuTime.user),
    systemMicros: Number(used.cpuTime.system),
    maxRss: used.maxRSS,
    voluntarySwitches: used.contextSwitches.voluntary,
    involuntarySwitches: used.contextSwitches.involuntary,
    // Bun does not hand these on, and no face shows them.
    minorFaults: 0,
    majorFaults: 0,
    blocksIn: used.ops.in,
    blocksOut: used.ops.out,
  };
  return bare({ code: exitCode, signal: signalCode, usage });
}
