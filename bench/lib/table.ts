/** Answers as tables, for the terminal and for the document. */
import type { Answer, Comparison, Figure, Growth, Measured } from "./result.ts";

export interface Sheet {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

function number(value: number): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 10 ? 1 : 2);
}

export function ratio(figure: Figure | undefined): string {
  if (figure === undefined) return "";
  return `${number(figure.median)} (${number(figure.low)}–${number(figure.high)})`;
}

const HEAD = ["", "", "median", "quartiles", "least", "own / this", "this / floor", "engine", "samples"];

/** One table for all measures that were taken at the same time. */
function comparisonSheet(title: string, comparisons: readonly Comparison[]): Sheet {
  const rows = comparisons.flatMap(({ measure, unit, ways }) =>
    ways.flatMap(({ name, engine = "", figure, ownOver, overFloor }) => {
      if (figure === undefined) return [];
      const { median, low, high, least, count } = figure;
      const spread = `${number(low)}–${number(high)}`;
      const start = [`${measure}, ${unit}`, name, number(median), spread, number(least)];
      return [[...start, ratio(ownOver), ratio(overFloor), engine, String(count)]];
    }),
  );
  return { title, head: HEAD, rows, notes: absences(comparisons[0]?.ways ?? []) };
}

/** Why a way is not there, once for all with the same reason. */
function absences(ways: readonly Measured[]): string[] {
  const names = new Map<string, string[]>();
  for (const { name, absent } of ways) {
    if (absent !== undefined) names.set(absent, [...(names.get(absent) ?? []), name]);
  }
  return [...names].map(([reason, list]) => `Not there: ${list.join("; ")}. The reason: ${reason}.`);
}

function growthSheet({ title, measure, unit, of, lines }: Growth): Sheet {
  const levels = lines[0]?.points.map(({ at }) => at) ?? [];
  const rows = lines.map(({ name, engine = "", points, slope, fit }) => {
    const medians = points.map(({ figure }) => number(figure.median));
    return [name, ...medians, `${slope.toExponential(1)} ${unit}`, number(fit), engine];
  });
  return {
    title: `${title}: ${measure}, ${unit}, medians`,
    head: [of, ...levels.map((at) => at.toLocaleString("en")), "slope, for one more", "R²", "engine"],
    rows,
    notes: [],
  };
}

export function sheets({ comparisons, growths = [] }: Answer): Sheet[] {
  const titles = new Set(comparisons.map(({ title }) => title));
  return [
    ...[...titles].map((title) =>
      comparisonSheet(
        title,
        comparisons.filter((each) => each.title === title),
      ),
    ),
    ...growths.map(growthSheet),
  ];
}
