/** Samples taken of more and more, as lines. */
import { readingsOf } from "./compare.ts";
import type { Samples } from "./interleave.ts";
import type { Growth, Line, Unit } from "./result.ts";
import { figureOf, slopeOf } from "./statistics.ts";

export interface Step {
  readonly at: number;
  /** The same ways at each step. */
  readonly samples: readonly Samples[];
}

export function growthOf(title: string, measure: string, unit: Unit, of: string, steps: readonly Step[]): Growth {
  const ways = steps[0]?.samples.map(({ way }) => way) ?? [];
  const lines = ways.map(({ name, role, engine }, i): Line => {
    const points = steps.map(({ at, samples }) => ({
      at,
      figure: figureOf(readingsOf(samples[i] as Samples, measure, unit)),
    }));
    return { name, role, engine, points, ...slopeOf(points) };
  });
  return { title, measure, unit, of, lines };
}
