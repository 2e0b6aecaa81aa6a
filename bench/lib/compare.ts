/** Samples as comparisons. */
import type { Samples } from "./interleave.ts";
import type { Comparison, Measured, Role, Unit } from "./result.ts";
import { figureOf, ratioOf } from "./statistics.ts";

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
