/**
 * Writes docs/spawn-benchmark.md and its plots from results of run.ts, which stay beside it:
 *
 *   npm run bench:spawn -- --json docs/spawn-benchmark/host.json
 *   npm run -s lab -- --memory 4096 --cpus 2 node bench/spawn/run.ts --json - >docs/spawn-benchmark/lab.json
 *   npm run -s lab -- --icount --memory 4096 node bench/spawn/run.ts --js-runs 0 --runs 500 --fork-runs 20 --json - \
 *     >docs/spawn-benchmark/lab-instructions.json          and with --fds 10000 (100 and 10 runs) lab-descriptors.json
 *   node bench/spawn/document.ts
 *
 * `node` has to be one that runs TypeScript: the workspace's own, first in PATH.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { COLUMNS, describe, sheets, unitOf } from "./report.ts";
import type { Sheet } from "./report.ts";
import { plot } from "./plot.ts";
import type { Point } from "./plot.ts";
import type { Column, Result, Way } from "./result.ts";

const docs = new URL("../../docs/", import.meta.url);
const places = {
  host: "On a stock kernel",
  lab: "In the lab, with io_uring_spawn",
  "lab-instructions": "In the lab, by instructions",
  "lab-descriptors": "In the lab, by instructions, with many descriptors open",
} as const;
type Place = keyof typeof places;

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function markdown({ title, head, rows, notes = [] }: Sheet): string {
  const lines = [row(head), row(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(row)];
  return [`**${title}**`, "", ...lines, ...notes.flatMap((note) => ["", note])].join("\n");
}

function points(group: string, ways: readonly Way[]): Point[] {
  return ways.flatMap(({ name, columns = [] }) =>
    COLUMNS.flatMap((column, i) => {
      const cell = columns[i];
      if (cell === undefined) return [];
      const point = { group, way: name, column };
      return [
        { ...point, figure: "to the first instruction", micros: cell.first.min / 1000 },
        { ...point, figure: "parent held", micros: cell.held.min / 1000 },
      ];
    }),
  );
}

/** The pool against the fastest that is none, in each column. */
function poolFindings(ways: readonly Way[]): string {
  const isPool = ({ name }: Way): boolean => name.startsWith("engine: pool");
  const least = (list: readonly Way[], i: number): number =>
    Math.min(...list.flatMap(({ columns }) => columns?.[i]?.first.min ?? []));
  const pools = ways.filter((way) => isPool(way) && way.columns !== undefined);
  if (pools.length === 0) return "";
  const others = ways.filter((way) => !isPool(way));
  const ratios = COLUMNS.map((_, i) => (least(pools, i) / least(others, i)).toFixed(2));
  return `The pool's minimum is ${ratios.join(", ")} times the fastest other row's.`;
}

/** What the tables come to, said by themselves. */
function findings({ ways }: Result): string {
  const of = (name: string): readonly Column[] | undefined => ways.find((way) => way.name === name)?.columns;
  const [vfork, ring, listed] = [of("vfork"), of("io_uring_spawn"), of("io_uring_spawn, fds listed")];
  if (vfork === undefined || ring === undefined) return "There is no io_uring_spawn in this kernel.";
  const [nothing, , touched] = ring;
  if (nothing === undefined || touched === undefined) throw new Error("columns are missing");
  const against = (way: readonly Column[]): string => {
    const each = (ratio: (theirs: Column, ours: Column) => number, digits: number): string =>
      COLUMNS.map((_, i) => ratio(vfork[i] as Column, way[i] as Column).toFixed(digits)).join(", ");
    return [
      `the minimum until the first instruction is`,
      `${each((theirs, ours) => ours.first.min / theirs.first.min, 2)} times vfork's (the median`,
      `${each((theirs, ours) => ours.first.median / theirs.first.median, 2)}); the parent is held`,
      `${each((theirs, ours) => theirs.held.min / ours.held.min, 1)} times shorter (by the median`,
      `${each((theirs, ours) => theirs.held.median / ours.held.median, 1)}).`,
    ].join(" ");
  };
  return [
    `io_uring_spawn against vfork, with ${COLUMNS.join(", with ")}: ${against(ring)}`,
    `With 1 GB touched the minimum is ${(touched.first.min / nothing.first.min).toFixed(2)} times what it is with`,
    "nothing.",
    listed === undefined ? "" : `With the fds listed: ${against(listed)}`,
    poolFindings(ways),
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");
}

async function chapter(place: Place): Promise<string> {
  const result = JSON.parse(readFileSync(new URL(`spawn-benchmark/${place}.json`, docs), "utf8")) as Result;
  const write = async (name: string, list: readonly Point[]): Promise<string> => {
    const file = `spawn-benchmark/${name}.svg`;
    writeFileSync(new URL(file, docs), await plot(list, unitOf(result)));
    return file;
  };
  const c = await write(place, points("", result.ways));
  const javascript = result.runtimes.flatMap(({ runtime, ways }) => points(runtime, ways));
  const all = sheets(result);
  const fromC = all.length - 2 * result.runtimes.length;
  return [
    `## ${places[place]}`,
    `${describe(result)}.`,
    findings(result),
    `![Minimum to the first instruction, and held, by way and by memory](${c})`,
    ...all.slice(0, fromC).map(markdown),
    ...(javascript.length === 0
      ? []
      : [
          "### From JavaScript",
          `![The same from JavaScript, by runtime](${await write(`${place}-javascript`, javascript)})`,
          ...all.slice(fromC).map(markdown),
        ]),
  ].join("\n\n");
}

const intro = readFileSync(new URL("intro.md", import.meta.url), "utf8").trimEnd();
const chapters = [intro];
for (const place of Object.keys(places) as Place[]) chapters.push(await chapter(place));
writeFileSync(new URL("spawn-benchmark.md", docs), `${chapters.join("\n\n")}\n`);
