/** The figures that the others are looked at by, of all answers together: one row for each runtime. */
import type { Answer, Figure, Measured } from "./result.ts";
import { ratio } from "./table.ts";
import type { Sheet } from "./table.ts";

interface Column {
  readonly name: string;
  readonly question: string;
  readonly title: string;
  readonly measure: string;
  /** start() instead of the face that has the shape of the runtime's own API. */
  readonly start?: boolean;
}

const CALL = { question: "call", title: "one at a time" } as const;
const COLUMNS: readonly Column[] = [
  { name: "call", ...CALL, measure: "call" },
  { name: "call of start()", ...CALL, measure: "call", start: true },
  { name: "to the exit", ...CALL, measure: "to the exit" },
  ...[16, 64, 256].map((count) => ({
    ...{ name: `${count} at once`, question: "burst", title: `${count} at once`, measure: "to the exit" },
  })),
  ...["3 bytes", "64 KiB", "1 MiB"].map((size) => ({
    ...{ name: `capture of ${size}`, question: "capture", title: `capture of ${size}`, measure: "to the exit" },
  })),
  ...["bulk stdout", "bulk stdin"].map((name) => ({ name, question: "bulk", title: name, measure: "per MiB" })),
  { name: "CPU time a child", question: "cpu", title: "one after another", measure: "user and system" },
];

function oursIn(answers: readonly Answer[], { question, title, measure, start = false }: Column): Measured | undefined {
  const comparison = answers
    .filter((answer) => answer.question === question)
    .flatMap(({ comparisons }) => comparisons)
    .find((each) => each.title === title && each.measure === measure);
  return comparison?.ways.find(({ role, name }) => role === "ours" && (name === "our start") === start);
}

function sheet(answers: readonly Answer[], title: string, figure: (way: Measured) => Figure | undefined): Sheet {
  const runtimes = [...new Set(answers.map(({ runtime }) => runtime))];
  const rows = COLUMNS.map((column) => [
    column.name,
    ...runtimes.map((runtime) => {
      const way = oursIn(
        answers.filter((answer) => answer.runtime === runtime),
        column,
      );
      return way === undefined ? "–" : ratio(figure(way));
    }),
  ]);
  return {
    title,
    head: ["", ...runtimes],
    rows: rows.filter(([, ...cells]) => cells.some((cell) => cell !== "–")),
    notes: [],
  };
}

/** Empty where none of their questions was asked. */
export function summary(answers: readonly Answer[]): Sheet[] {
  return [
    sheet(answers, "The runtime's own / ours (above 1, ours needs less)", ({ ownOver }) => ownOver),
    sheet(answers, "Ours / the C floor in the same process", ({ overFloor }) => overFloor),
  ].filter(({ rows }) => rows.length > 0);
}
