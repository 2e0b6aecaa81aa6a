/** Measures several ways in one run, in turns, so that whatever else happens on the machine falls on all of them. */
import { floor } from "./floor.ts";
import type { Comparison, Measured, Named, Role, Unit } from "./result.ts";
import { figureOf, ratioOf } from "./statistics.ts";

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

const PER_UNIT: Readonly<Record<Unit, number>> = { µs: 1e3, ms: 1e6, kB: 1e3 };

/** The samples of one measure, in its unit; none where a way has not got this measure. */
export function readingsOf({ rounds }: Samples, measure: string, unit: Unit): number[] {
  return rounds.flatMap((readings) => readings[measure] ?? []).map((value) => value / PER_UNIT[unit]);
}

/** One comparison for each measure. */
export function compare(title: string, samples: readonly Samples[], units: Readonly<Record<string, Unit>>) {
  return Object.entries(units).map(([measure, unit]): Comparison => {
    const readings = samples.map((sample) => ({ way: sample.way, values: readingsOf(sample, measure, unit) }));
    const of = (role: Role) => readings.find(({ way, values }) => way.role === role && values.length > 0)?.values;
    const ways = readings.flatMap(({ way, values }): Measured[] => {
      const { name, role, engine, absent } = way;
      if (absent !== undefined) return [{ name, role, engine, absent }];
      if (values.length === 0) return [];
      const ownOver = role === "own" ? undefined : ratioOf(of("own"), values);
      const overFloor = role === "floor" ? undefined : ratioOf(values, of("floor"));
      return [{ name, role, engine, figure: figureOf(values), ownOver, overFloor }];
    });
    if (ways.length === 0) throw new Error(`${title}: nothing has measured "${measure}"`);
    return { title, measure, unit, ways };
  });
}
