/** Points on a logarithmic scale, as SVG: a row for each way, the two figures side by side. */
import type { TopLevelSpec } from "vega-lite";
import { render } from "../lib/plot.ts";
import { COLUMNS } from "./report.ts";

export interface Point {
  /** Rows of one group stand together. */
  readonly group: string;
  readonly way: string;
  readonly column: string;
  readonly figure: string;
  readonly micros: number;
}

export function plot(points: readonly Point[], unit: string): Promise<string> {
  const grouped = new Set(points.map(({ group }) => group)).size > 1;
  const header = { labelAngle: 0, labelAlign: "left" } as const;
  const row = { field: "group", type: "nominal", sort: null, title: null, header } as const;
  const spec: TopLevelSpec = {
    background: "white",
    data: { values: [...points] },
    mark: { type: "point", size: 60, strokeWidth: 1.8 },
    width: 300,
    height: { step: 20 },
    encoding: {
      x: { field: "micros", type: "quantitative", scale: { type: "log" }, title: `${unit}, minimum (logarithmic)` },
      y: { field: "way", type: "nominal", sort: null, title: null, axis: { grid: true, labelLimit: 250 } },
      column: { field: "figure", type: "nominal", sort: "descending", title: null },
      ...(grouped ? { row } : {}),
      color: { field: "column", type: "nominal", sort: [...COLUMNS], title: "the parent has" },
      shape: { field: "column", type: "nominal", sort: [...COLUMNS], title: "the parent has" },
    },
    ...(grouped ? { resolve: { scale: { y: "independent" } } as const } : {}),
  };
  return render(spec);
}
