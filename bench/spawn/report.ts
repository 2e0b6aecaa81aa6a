/** The tables of a result, for the terminal and for the document. */
import Table from "cli-table3";
import type { Column, Figure, Result, Way } from "./result.ts";

export const COLUMNS = ["nothing", "1 GB allocated", "1 GB touched"] as const;

/** What the talk showed: minimum until the child's first instruction, µs. "About the same" is taken as the same. */
const TALK: Readonly<Record<string, readonly [number, number, number]>> = {
  fork: [52, 56.4, 7500],
  vfork: [31.5, 31.5, 31.9],
  posix_spawn: [44.5, 44.5, 44.9],
  io_uring_spawn: [29.5, 30.2, 28.6],
};

export interface Sheet {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Below the table. */
  readonly notes?: readonly string[];
}

/** Nanoseconds as microseconds. */
function micros(nanoseconds: number): string {
  const value = nanoseconds / 1000;
  return value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString("en");
}

const both = ({ min, median }: Figure): string => `${micros(min)} / ${micros(median)}`;

function ratio(value: number): string {
  if (value < 0.1) return `1/${Math.round(1 / value)}`;
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)}×`;
}

/** Why a way is not there, once for all with the same reason. */
function absences(ways: readonly Way[]): string[] {
  const reasons = new Map<string, string[]>();
  for (const { name, absent } of ways) {
    if (absent !== undefined) reasons.set(absent, [...(reasons.get(absent) ?? []), name]);
  }
  return [...reasons].map(([reason, names]) => `– ${names.join("; ")}: ${reason}`);
}

function figures(title: string, ways: readonly Way[], key: "first" | "held"): Sheet {
  const rows = ways.map(({ name, absent, columns }) =>
    absent !== undefined
      ? [name, "–", "–", "–", ""]
      : [name, ...columns.map((column) => both(column[key])), columns.map(({ runs }) => runs).join(" / ")],
  );
  return { title, head: ["", ...COLUMNS, "runs"], rows, notes: absences(ways) };
}

function vforkOf(ways: readonly Way[]): readonly Column[] {
  const columns = ways.find(({ name }) => name === "vfork")?.columns;
  if (columns === undefined) throw new Error("no row for vfork");
  return columns;
}

function besideTheTalk(ways: readonly Way[]): Sheet {
  const vfork = vforkOf(ways);
  const rows = ways.map(({ name, absent, columns }) => [
    name,
    ...COLUMNS.map((_, i) => {
      const talk = TALK[name];
      const theirs = talk === undefined ? "" : ` (${ratio((talk[i] as number) / (TALK["vfork"]?.[i] as number))})`;
      if (absent !== undefined) return `–${theirs}`;
      return ratio((columns[i] as Column).first.min / (vfork[i] as Column).first.min) + theirs;
    }),
  ]);
  return {
    title: "Until the first instruction: minimum over vfork's (in brackets: the talk's)",
    head: ["", ...COLUMNS],
    rows,
  };
}

function held(ways: readonly Way[]): Sheet {
  const vfork = vforkOf(ways);
  const rows = ways.flatMap(({ name, columns }) => {
    if (columns === undefined) return [];
    const times = (key: keyof Figure) => (column: Column, i: number) =>
      (vfork[i] as Column).held[key] / column.held[key];
    const shorter = COLUMNS.map((_, i) => {
      const column = columns[i] as Column;
      return `${ratio(times("min")(column, i))} / ${ratio(times("median")(column, i))}`;
    });
    return [[name, ...shorter]];
  });
  return { title: "Held: how many times shorter than by vfork, minimum / median", head: ["", ...COLUMNS], rows };
}

/** Of what stands as nanoseconds, a thousand. */
export function unitOf({ provenance }: Result): string {
  return provenance.instructions === true ? "thousand instructions" : "µs";
}

export function sheets(result: Result): Sheet[] {
  const { ways, rings, runtimes } = result;
  const unit = unitOf(result);
  return [
    figures(`Until the child's first instruction, ${unit}, minimum / median`, ways, "first"),
    figures(`The parent is held, ${unit}, minimum / median`, ways, "held"),
    besideTheTalk(ways),
    held(ways),
    ...(rings.length === 0
      ? []
      : [
          {
            title: `What making the ring costs, ${unit}, minimum / median (once a thread; not in the figures above)`,
            head: ["", "", "runs"],
            rows: rings.map(({ name, open, runs }) => [name, both(open), String(runs)]),
          },
        ]),
    ...runtimes.flatMap(({ runtime, ways }) => [
      figures(`${runtime}: from the call to the child's first instruction, ${unit}, minimum / median`, ways, "first"),
      figures(`${runtime}: the event loop is held, ${unit}, minimum / median`, ways, "held"),
    ]),
  ];
}

export function describe({ provenance }: Result): string {
  const { date, kernel, processor, processors, emulated, load, note, instructions, fds = 0 } = provenance;
  const machine = `${processors} × ${processor}${emulated ? ", emulated by QEMU" : ""}`;
  const loads =
    instructions === true
      ? "the guest's clock counts instructions, so that nothing else on the host matters"
      : `load average${emulated ? " in the guest" : ""} ${load[0]} before, ${load[1]} after`;
  const many = `the parent has ${fds.toLocaleString("en")} descriptors open besides, all close-on-exec`;
  const open = fds === 0 ? [] : [many];
  return `${date}, Linux ${kernel}, ${machine}; ${[loads, ...open, ...(note === undefined ? [] : [note])].join("; ")}`;
}

export function report(result: Result): string {
  const tables = sheets(result).map(({ title, head, rows, notes = [] }) => {
    const table = new Table({ head: [...head], style: { head: [], border: [] } });
    table.push(...rows.map((row) => [...row]));
    return [title, table.toString(), ...notes].join("\n");
  });
  return [describe(result), ...tables].join("\n\n");
}
