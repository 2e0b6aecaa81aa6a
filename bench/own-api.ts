/**
 * How does the vfork engine compare with the spawn that this runtime brings along?
 *
 *   npm run bench [-- --rounds 20]                      under Node, Bun and Deno
 *   node bench/own-api.ts [--rounds 200] [--heap 1024] [--json FILE]     (or bun, or deno run -A)
 *
 * One interleaved run: every round starts the same static child once by each side, in turns, so that noise falls
 * on both. Medians, and the ratio of the runtime's to ours (above 1: ours is faster). Times are only there to give the
 * ratios a scale: on a shared machine they mean nothing by themselves.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { compileChildren } from "./child.ts";
import { median } from "./median.ts";
import { ourSide } from "./ours.ts";
import { here as peer } from "./peers/here.ts";
import type { Side } from "./peers/peer.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    heap: { type: "string", default: "1024" },
    json: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const BURST = 64;

const children = compileChildren();
const { silent, hello } = children;

const ours = ourSide("vfork");

/** Starts one child; the promise is its end. */
type Start = () => Promise<unknown>;

function capturing({ capture }: Side): Start {
  return async () => {
    if (new TextDecoder().decode(await capture(hello)) !== "hi\n") throw new Error("lost output");
  };
}

interface Sample {
  call: number;
  total: number;
}

async function once(start: Start): Promise<Sample> {
  const begin = performance.now();
  const end = start();
  const called = performance.now();
  await end;
  return { call: called - begin, total: performance.now() - begin };
}

/** Per child, of BURST started in one tick. */
async function burst(start: Start): Promise<Sample> {
  const begin = performance.now();
  const ends: Promise<unknown>[] = [];
  for (let i = 0; i < BURST; i++) ends.push(start());
  const called = performance.now();
  await Promise.all(ends);
  return { call: (called - begin) / BURST, total: (performance.now() - begin) / BURST };
}

interface Result {
  readonly name: string;
  /** The runtime's time over ours. */
  readonly call: number;
  readonly total: number;
  readonly micros: readonly number[];
}

async function compare(
  name: string,
  measure: (start: Start) => Promise<Sample>,
  startTheirs: Start,
  startOurs: Start,
  count: number,
): Promise<Result> {
  const theirs: Sample[] = [];
  const own: Sample[] = [];
  for (let i = 0; i < Math.ceil(count / 10); i++) {
    await measure(startTheirs);
    await measure(startOurs);
  }
  for (let i = 0; i < count; i++) {
    theirs.push(await measure(startTheirs));
    own.push(await measure(startOurs));
  }
  const of = (samples: Sample[], key: keyof Sample): number => median(samples.map((sample) => sample[key]));
  const calls = [of(theirs, "call"), of(own, "call")] as const;
  const totals = [of(theirs, "total"), of(own, "total")] as const;
  return {
    name,
    call: calls[0] / calls[1],
    total: totals[0] / totals[1],
    micros: [...calls, ...totals].map((ms) => ms * 1000),
  };
}

const results: Result[] = [];
const ballast: Uint8Array[] = [];
for (const heap of [0, Number(values.heap)]) {
  for (let i = ballast.length; i < heap; i++) ballast.push(new Uint8Array(1024 * 1024).fill(1));
  const label = `${heap} MB touched`;
  // With a big heap a fork takes tens of milliseconds: fewer rounds tell as much.
  const count = heap === 0 ? rounds : Math.ceil(rounds / 8);
  const [startTheirs, startOurs] = [peer.own, ours].map(
    (side): Start =>
      () =>
        side.start(silent),
  ) as [Start, Start];
  const few = Math.ceil(count / 12);
  results.push(await compare(`${label}, one after another`, once, startTheirs, startOurs, count));
  results.push(await compare(`${label}, ${BURST} at once`, burst, startTheirs, startOurs, few));
  results.push(await compare(`${label}, capture of 3 bytes`, once, capturing(peer.own), capturing(ours), count));
}

const head = ["static child", `call: ${peer.name} / vfork`, `to the exit: ${peer.name} / vfork`, "medians, µs"];
const table = new Table({ head, style: { head: [], border: [] } });
for (const { name, call, total, micros } of results) {
  const [theirCall, ourCall, theirTotal, ourTotal] = micros.map((value) => value.toFixed(0));
  const times = `call ${theirCall} / ${ourCall}, total ${theirTotal} / ${ourTotal}`;
  table.push([name, `${call.toFixed(1)}×`, `${total.toFixed(1)}×`, times]);
}
console.log(`${peer.version}: ${peer.name} and our ${peer.face}`);
console.log(`${rounds} rounds, ${ballast.length} MB of ballast at the end`);
console.log(table.toString());
if (values.json !== undefined) {
  writeFileSync(values.json, JSON.stringify({ runtime: peer.version, own: peer.name, rounds, results }, null, 2));
}
children.remove();
