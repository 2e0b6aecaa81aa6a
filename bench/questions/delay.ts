import { setImmediate } from "node:timers/promises";
import { quantile } from "simple-statistics";
import { addBallast } from "../lib/ballast.ts";
import { childPath, ended, sides } from "../lib/children.ts";
import { floor } from "../lib/floor.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Readings, Way } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";
import type { Unit } from "../lib/result.ts";

const CHILDREN = 1000;
const A_TURN = 10;
const MEASURES: Readonly<Record<string, Unit>> = { max: "ms", p99: "ms" };

/** How late a timer of one millisecond comes while the work is done. */
async function delays(work: () => Promise<void>): Promise<Readings> {
  const late: number[] = [];
  let expected = floor.now() + 1e6;
  const timer = setInterval(() => {
    const now = floor.now();
    late.push(Math.max(0, now - expected));
    expected = now + 1e6;
  }, 1);
  await work();
  clearInterval(timer);
  // The work may end before a timer that it held up.
  late.push(Math.max(0, floor.now() - expected));
  return { max: Math.max(...late), p99: quantile(late, 0.99) };
}

function ways(children: number): Way[] {
  const path = childPath("silent");
  return sides().map(({ side, ...named }) => ({
    ...named,
    once: () =>
      delays(async () => {
        const ends: Promise<void>[] = [];
        for (let i = 0; i < children; i++) {
          if (i % A_TURN === 0) await setImmediate();
          ends.push(ended(side.start(path)));
        }
        await Promise.all(ends);
      }),
  }));
}

const PARTS = ["nothing", "objects", "buffers"] as const;

export const question: Question = {
  title: "Delay of the event loop",
  about: `
    By how much a timer of 1 ms is late while 1000 of the smallest static program are started, 10 in each turn of
    the event loop: in a program that has nothing, and in one that has gigabytes of JavaScript objects or of
    buffers. These are two different things: V8 keeps the pages of its own heap out of a fork, and not those of
    buffers. All of it has been written to.
  `,
  fillsHeap: true,
  parts: PARTS,
  async answer({ part, rounds, quick, gigabytes }) {
    const children = quick ? 50 : CHILDREN;
    const size = quick ? 0.05 : gigabytes;
    if (part === "objects" || part === "buffers") addBallast(part, size);
    const beside = part === "nothing" ? "nothing" : `${size} GB of ${part}`;
    const samples = await interleave(ways(children), rounds(part === "nothing" ? 15 : 7));
    return { comparisons: compare(`${children} children beside ${beside}`, samples, MEASURES) };
  },
};
