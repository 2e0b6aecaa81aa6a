/** `ringspawn doctor FILE`: what a file of RINGSPAWN_TRACE has, counted. */
import { readFileSync } from "node:fs";
import { table } from "./table.js";

interface Line {
  readonly who: string;
  readonly engine: string | null;
  readonly why?: string;
}

/** In the place of `who`, for a line that was cut off, as on a full disk. */
const UNREADABLE: Line = { who: "(unreadable)", engine: null };

/** The text to print: the most frequent first. @throws for a file in which no line is one of a trace. */
export function traceSummary(path: string, json: boolean): string {
  const counts = new Map<string, { readonly line: Line; count: number }>();
  const texts = readFileSync(path, "utf8").split("\n");
  const lines = texts.filter((text) => text !== "").map(parse);
  if (lines.length > 0 && lines.every((line) => line === UNREADABLE)) {
    throw new Error(`${path} has no line of RINGSPAWN_TRACE`);
  }
  for (const line of lines) {
    const key = JSON.stringify([line.who, line.engine, line.why]);
    const known = counts.get(key) ?? { line, count: 0 };
    known.count++;
    counts.set(key, known);
  }
  const found = [...counts.values()].sort((a, b) => b.count - a.count);
  const list = found.map(({ line: { who, engine, why }, count }) => ({ count, who, engine, ...(why && { why }) }));
  if (json) return `${JSON.stringify(list, null, 2)}\n`;
  const rows = list.map(({ count, who, engine, why }) => [String(count), who, engine ?? "its own", why ?? ""]);
  return `${table(["children", "started by", "engine", "why"], rows)}\n`;
}

function parse(text: string): Line {
  try {
    const { who, engine, why } = JSON.parse(text) as Partial<Line>;
    if (typeof who === "string" && engine !== undefined) return { who, engine, ...(why !== undefined && { why }) };
  } catch {
    // As a line of another kind.
  }
  return UNREADABLE;
}
