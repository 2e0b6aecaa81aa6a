/** Figures of samples, and the ratios of pairs. */
import { linearRegression, linearRegressionLine, quantile, rSquared } from "simple-statistics";
import type { Figure, Line } from "./result.ts";

export function figureOf(samples: readonly number[]): Figure {
  const [least = NaN, low = NaN, median = NaN, high = NaN] = quantile([...samples], [0, 0.25, 0.5, 0.75]);
  return { median, low, high, least, count: samples.length };
}

/**
 * Of each round its own ratio: what disturbs a round falls on both of it. Undefined where there are no pairs, or where
 * something was too small to be seen.
 */
export function ratioOf(above: readonly number[] = [], below: readonly number[] = []): Figure | undefined {
  if (above.length !== below.length || above.length === 0) return undefined;
  const ratios = above.map((value, i) => value / (below[i] as number));
  return ratios.every(Number.isFinite) ? figureOf(ratios) : undefined;
}

export function slopeOf(points: Line["points"]): Pick<Line, "slope" | "fit"> {
  const pairs = points.map(({ at, figure }) => [at, figure.median]);
  if (pairs.length < 2) return { slope: NaN, fit: NaN };
  const line = linearRegression(pairs);
  return { slope: line.m, fit: rSquared(pairs, linearRegressionLine(line)) };
}
