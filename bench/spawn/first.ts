/**
 * From the call in JavaScript to the child's first instruction, and how long the event loop is held: the runtime's own
 * API against ours. Part of run.ts, which starts it under each runtime with a PATH that leads to the child:
 *
 *   node bench/spawn/first.ts RUNS RUNS_WHEN_TOUCHED MEGABYTES       (or bun, or deno run -A; prints JSON, nanoseconds)
 *
 * The child's stdout is read, as a program would that captures output: there it writes its clock.
 */
import { argv } from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { engines, start } from "ringspawn";
import { createPool } from "ringspawn/pool";
import type { Pool } from "ringspawn/pool";
import { floor } from "../lib/floor.ts";
import { figureOf } from "../lib/statistics.ts";
import { here as peer } from "../peers/here.ts";
import { ourFace } from "../peers/ours.ts";
import type { Column, Way } from "./result.ts";

const [runs = 0, touchedRuns = 0, megabytes = 0] = argv.slice(2).map(Number);
const uring = engines().find(({ name }) => name === "io_uring");

interface Row {
  readonly name: string;
  /** Why there is none. */
  readonly absent?: string | undefined;
  /** Comes before each and is not timed. */
  readonly prepare?: () => Promise<void>;
  readonly capture: (path: string) => Promise<Uint8Array>;
}

const captured = { stdin: "null", stdout: "piped", stderr: "piped", engine: "io_uring" } as const;
let pool: Pool | undefined;

const rows: readonly Row[] = [
  { name: peer.name, capture: peer.own.capture },
  { name: `our ${peer.face}, vfork`, capture: ourFace("vfork").side.capture },
  { name: `our ${peer.face}, io_uring`, absent: uring?.reason, capture: ourFace("io_uring").side.capture },
  {
    name: "our start, io_uring",
    absent: uring?.reason,
    capture(path) {
      const child = start(path, captured);
      if (child.engine !== "io_uring") throw new Error(`it ran on ${child.engine}`);
      const output = child.output();
      // Else it would be submitted at the end of this tick, and the loop was held then.
      if (child.pid === undefined) throw new Error("not started");
      return output.then(({ stdout }) => stdout);
    },
  },
  {
    name: "our pool, io_uring",
    absent: uring?.reason,
    async prepare() {
      pool ??= createPool({ size: 1, ...captured });
      // That it is there does not mean that it has come to where it waits.
      while (pool.stats().waiting === 0) await delay(1);
      await delay(5);
    },
    async capture(path) {
      const served = pool?.stats().served ?? 0;
      const output = pool?.spawn(path).output();
      if (pool?.stats().served !== served + 1) throw new Error("no waiting child has served it");
      return (await output)?.stdout ?? new Uint8Array();
    },
  },
];

async function once({ prepare, capture }: Row): Promise<{ first: number; held: number }> {
  await prepare?.();
  const begin = floor.now();
  const output = capture("clock");
  const held = floor.now() - begin;
  const bytes = await output;
  if (bytes.length !== 16) throw new Error(`${bytes.length} bytes instead of a clock`);
  const time = new DataView(bytes.buffer, bytes.byteOffset);
  const first = Number(time.getBigInt64(0, true)) * 1e9 + Number(time.getBigInt64(8, true)) - begin;
  return { first, held };
}

/** One interleaved run. */
async function column(count: number): Promise<Column[]> {
  const present = rows.filter(({ absent }) => absent === undefined);
  const samples = present.map(() => ({ first: [] as number[], held: [] as number[] }));
  for (const row of present) for (let i = 0; i < 3; i++) await once(row);
  for (let i = 0; i < count; i++) {
    for (const [at, row] of present.entries()) {
      const { first, held } = await once(row);
      samples[at]?.first.push(first);
      samples[at]?.held.push(held);
    }
  }
  const figure = (list: number[]) => ({ min: figureOf(list).least, median: figureOf(list).median });
  return samples.map(({ first, held }) => ({ runs: count, first: figure(first), held: figure(held) }));
}

const columns = [await column(runs)];
const ballast = new Uint8Array(megabytes * 1024 * 1024);
columns.push(await column(runs));
ballast.fill(1);
columns.push(await column(touchedRuns));
// Read once more, so that it lives until here.
if (ballast.at(-1) !== 1) throw new Error("the ballast is gone");

await pool?.[Symbol.asyncDispose]();

let at = 0;
const ways: Way[] = rows.map(({ name, absent }) => {
  if (absent !== undefined) return { name, absent };
  const mine = at++;
  return { name, columns: columns.map((list) => list[mine] as Column) };
});
console.log(JSON.stringify({ runtime: peer.version, ways }));
