/** Answers as SVG: a row of panels for what was measured, in it one for each runtime. */
import { parse, View } from "vega";
import { compile } from "vega-lite";
import type { TopLevelSpec } from "vega-lite";
import { place } from "./machine.ts";
import type { Answer, Comparison, Growth } from "./result.ts";

function render(spec: TopLevelSpec): Promise<string> {
  return new View(parse(compile(spec).spec), { renderer: "none" }).toSVG();
}

interface Panel {
  /** Panels with the same one stand in a row. */
  readonly row: string;
  readonly title: string;
  readonly spec: object;
}

function grid(panels: readonly Panel[]): Promise<string> {
  const rows = [...new Set(panels.map(({ row }) => row))];
  const vconcat = rows.map((row) => {
    const hconcat = panels.filter((panel) => panel.row === row).map(({ title, spec }) => ({ title, ...spec }));
    return { title: { text: row, anchor: "start" }, hconcat, resolve: { scale: { color: "shared" } } };
  });
  // Each panel has scales of its own: what is slow in one runtime would flatten all others.
  return render({ background: "white", vconcat } as TopLevelSpec);
}

const NOMINAL = { type: "nominal", sort: null, title: null } as const;
const ROLES = ["own", "ours", "other", "floor"];

/** Medians, each with a bar from quartile to quartile. */
function comparisonPanel(place: string, { title, measure, unit, ways }: Comparison): Panel {
  const values = ways.flatMap(({ name, role, figure }) => (figure === undefined ? [] : [{ name, role, ...figure }]));
  const x = { type: "quantitative", scale: { type: "log" }, title: `${unit} (logarithmic)` } as const;
  const y = { ...NOMINAL, field: "name", axis: { grid: true, labelLimit: 250 } };
  const color = { ...NOMINAL, field: "role", scale: { domain: ROLES } };
  const layer = [
    { mark: "rule", encoding: { x: { ...x, field: "low" }, x2: { field: "high" }, y, color } },
    { mark: { type: "point", filled: true, size: 50 }, encoding: { x: { ...x, field: "median" }, y, color } },
  ];
  return {
    row: `${title}: ${measure}`,
    title: place,
    spec: { data: { values }, width: 220, height: { step: 16 }, layer },
  };
}

/** Lines of medians. Both scales are logarithmic; one that begins with 0 is so but for what lies near it. */
function growthPanel(place: string, { title, measure, unit, of, lines }: Growth): Panel {
  const values = lines.flatMap(({ name, points }) =>
    points.map(({ at, figure }) => ({ name, at, median: figure.median })),
  );
  const type = values.some(({ at }) => at === 0) ? "symlog" : "log";
  const encoding = {
    x: { field: "at", type: "quantitative", scale: { type }, title: of },
    y: { field: "median", type: "quantitative", scale: { type: "log" }, title: unit },
    color: { ...NOMINAL, field: "name" },
  };
  return {
    row: `${title}: ${measure}`,
    title: place,
    spec: { data: { values }, width: 220, height: 140, mark: { type: "line", point: true }, encoding },
  };
}

export function plot(answers: readonly Answer[]): Promise<string> {
  const panels = answers.flatMap((answer) => [
    ...answer.comparisons
      .filter(({ ways }) => ways.some(({ figure }) => figure !== undefined))
      .map((comparison) => comparisonPanel(place(answer), comparison)),
    ...(answer.growths ?? []).map((growth) => growthPanel(place(answer), growth)),
  ]);
  return grid(panels);
}
