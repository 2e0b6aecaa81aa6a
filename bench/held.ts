/**
 * For how long does a spawn hold the event loop? The runtime's own against ours on vfork and io_uring:
 *
 *   npm run bench -- held.ts [--rounds 20]                            under Node, Bun and Deno
 *   npm run lab -- --memory 4096 node bench/all.mjs held.ts           where there is io_uring
 *   node bench/held.ts [--rounds 100] [--heap 1024] [--json FILE]     (or bun, or deno run -A)
 *
 * Held is the time until the program could do something else: the call, and for start(), which submits at the end of
 * the tick, its submission as well. One interleaved run: every round starts the same static child once in each way.
 * Medians, and their ratios to io_uring's start(), or to vfork where there is no io_uring. Times are only there to give
 * the ratios a scale.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { Command, engines, spawn, start } from "ringspawn";
import type { EngineName } from "ringspawn";
import { compileChildren } from "./child.ts";
import { median } from "./median.ts";
import { here as peer } from "./peers/here.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    heap: { type: "string", default: "1024" },
    json: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const BURST = 32;
const children = compileChildren();
const { silent } = children;
const NO_STDIO = { stdin: "null", stdout: "null", stderr: "null" } as const;

interface Child {
  readonly end: Promise<unknown>;
  /** Whatever was put off is done now. */
  readonly submit?: () => unknown;
}

interface Way {
  readonly name: string;
  begin(): Child;
}

function on(engine: EngineName, child: { readonly engine: string }): void {
  if (child.engine !== engine) throw new Error(`ran on ${child.engine} instead of ${engine}`);
}

const face = (engine: EngineName): Way => ({
  name: `${peer.face}, ${engine}`,
  begin() {
    if (peer.face === "Command") {
      const child = new Command(silent, { ...NO_STDIO, engine }).spawn();
      on(engine, child);
      return { end: child.status };
    }
    const child = spawn([silent], { stdio: ["ignore", "ignore", "ignore"], engine });
    on(engine, child);
    return { end: child.exited };
  },
});
const late = (engine: EngineName): Way => ({
  name: `start, ${engine}`,
  begin() {
    const child = start(silent, { ...NO_STDIO, engine });
    on(engine, child);
    return { end: child.status, submit: () => child.pid };
  },
});

const theirs: Way = { name: peer.name, begin: () => ({ end: peer.own.start(silent) }) };
const uring = engines().find(({ name }) => name === "io_uring");
const ways: readonly Way[] = [theirs, face("vfork"), ...(uring?.available ? [face("io_uring"), late("io_uring")] : [])];

/** Milliseconds a child for which the loop was held by `count` of them in one tick. */
async function hold(way: Way, count: number): Promise<number> {
  const begun: Child[] = [];
  const begin = performance.now();
  for (let i = 0; i < count; i++) begun.push(way.begin());
  // One submits for all.
  begun.at(-1)?.submit?.();
  const held = performance.now() - begin;
  await Promise.all(begun.map(({ end }) => end));
  return held / count;
}

interface Result {
  readonly name: string;
  /** Microseconds by way. */
  readonly held: Readonly<Record<string, number>>;
}

async function compare(name: string, count: number, times: number): Promise<Result> {
  const samples = new Map<Way, number[]>(ways.map((way) => [way, []]));
  for (const way of ways) for (let i = 0; i < Math.ceil(times / 10); i++) await hold(way, count);
  for (let i = 0; i < times; i++) for (const way of ways) samples.get(way)?.push(await hold(way, count));
  return { name, held: Object.fromEntries([...samples].map(([way, list]) => [way.name, median(list) * 1000])) };
}

const results: Result[] = [];
const ballast: Uint8Array[] = [];
for (const heap of [0, Number(values.heap)]) {
  for (let i = ballast.length; i < heap; i++) ballast.push(new Uint8Array(1024 * 1024).fill(1));
  const count = heap === 0 ? rounds : Math.ceil(rounds / 4);
  results.push(await compare(`${heap} MB touched, one at a time`, 1, count));
  results.push(await compare(`${heap} MB touched, ${BURST} in a tick`, BURST, Math.ceil(count / 10)));
}

const least = ways.at(-1) as Way;
const head = ["held per child", ...ways.slice(0, -1).map(({ name }) => `${name} / ${least.name}`), "medians, µs"];
const table = new Table({ head, style: { head: [], border: [] } });
for (const { name, held } of results) {
  const ratios = ways.slice(0, -1).map((way) => `${((held[way.name] ?? 0) / (held[least.name] ?? 0)).toFixed(1)}×`);
  table.push([name, ...ratios, ways.map((way) => (held[way.name] ?? 0).toFixed(0)).join(" / ")]);
}
console.log(`${peer.version}, ${rounds} rounds, ${ballast.length} MB of ballast at the end`);
if (!uring?.available) console.log(`no row for io_uring: ${uring?.reason}`);
console.log(table.toString());
if (values.json !== undefined) {
  writeFileSync(values.json, JSON.stringify({ runtime: peer.version, rounds, results }, null, 2));
}
children.remove();
