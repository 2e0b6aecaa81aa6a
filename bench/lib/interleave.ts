/** Measures several ways in one run, in turns, so that whatever else happens on the machine falls on all of them. */
import { floor } from "./floor.ts";
import type { Named } from "./result.ts";

/** Nanoseconds, or what the unit says, by measure. */
export type Readings = Readonly<Record<string, number>>;

export interface Way extends Named {
  /** Why it cannot be measured here. */
  readonly absent?: string | undefined;
  /** Comes before each and is not measured. */
  readonly prepare?: () => Promise<unknown>;
  readonly once: () => Readings | Promise<Readings>;
}

export interface Samples {
  readonly way: Way;
  /** One for each round. */
  readonly rounds: readonly Readings[];
}

/**
 * What a thread did just before decides what a birth costs: after a busy time the child comes to another processor,
 * which has to be woken. So each way is measured after the same busy time.
 */
const BUSY = 200_000;

function beBusy(): void {
  const until = floor.now() + BUSY;
  while (floor.now() < until);
}

async function once({ prepare, once }: Way): Promise<Readings> {
  await prepare?.();
  beBusy();
  return once();
}

/** @param rounds of which each has every way once; some more come first, to warm up */
export async function interleave(ways: readonly Way[], rounds: number): Promise<Samples[]> {
  const present = ways.filter(({ absent }) => absent === undefined);
  for (let i = 0; i < Math.ceil(rounds / 10); i++) for (const way of present) await once(way);
  const samples = new Map<Way, Readings[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < present.length; i++) {
      // No way always comes behind the same other one.
      const way = present[(round + i) % present.length] as Way;
      samples.get(way)?.push(await once(way));
    }
  }
  return [...samples].map(([way, readings]) => ({ way, rounds: readings }));
}
