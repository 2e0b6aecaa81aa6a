import { addBallast, availableGigabytes, mostFds } from "../lib/ballast.ts";
import { CALL_AND_EXIT, childPath, ended, EXIT, sides, silentWays } from "../lib/children.ts";
import { floor } from "../lib/floor.ts";
import { growthOf } from "../lib/growth.ts";
import type { Step } from "../lib/growth.ts";
import { interleave } from "../lib/interleave.ts";
import type { Samples, Way } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";
import type { Growth } from "../lib/result.ts";
import type { Side } from "../peers/peer.ts";

/** Alive at the same time, at most. */
const AT_ONCE = 64;
const CHILDREN = [1, 10, 100, 1000, 10_000, 100_000];
const GIGABYTES = { objects: [0, 1, 2, 4], buffers: [0, 1, 2, 4, 8] };
/** For the runtime, and for what is being started. */
const SPARE_FDS = 1000;
const FDS = [10, 100, 1000, 10_000, 100_000];

async function many(side: Side, count: number): Promise<number> {
  const path = childPath("silent");
  let left = count;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await ended(side.start(path));
  };
  const before = floor.now();
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
  return (floor.now() - before) / count;
}

async function overChildren(quick: boolean): Promise<Growth[]> {
  const steps: Step[] = [];
  for (const count of quick ? [1, 10, 50] : CHILDREN) {
    const ways = sides().map(
      ({ side, ...named }): Way => ({ ...named, once: async () => ({ [EXIT]: await many(side, count) }) }),
    );
    steps.push({ at: count, samples: await interleave(ways, quick ? 1 : Math.max(3, Math.ceil(300 / count))) });
  }
  return [growthOf("children of one program, 64 alive at a time", EXIT, "µs", "children", steps)];
}

async function overSteps(
  levels: readonly number[],
  grow: (by: number) => void,
  measure: () => Promise<Samples[]>,
): Promise<Step[]> {
  const steps: Step[] = [];
  let before = 0;
  for (const at of levels) {
    grow(at - before);
    before = at;
    steps.push({ at, samples: await measure() });
  }
  return steps;
}

/** What this machine lets a program have, and a note if that is not all of it. */
function within(levels: readonly number[], most: number, of: string): [levels: number[], notes: string[]] {
  const few = levels.filter((level) => level <= most);
  return [few, few.length < levels.length ? [`This machine does not let a program have more ${of}.`] : []];
}

export const question: Question = {
  title: "Growth",
  about: `
    What becomes of the time of one child as the program grows: by the children that it has started, by the memory
    that it has written to (JavaScript objects and buffers are two different things: V8 keeps the pages of its own
    heap out of a fork), and by its open fds. The slope is that of a straight line by least squares through the
    medians.
  `,
  fillsHeap: true,
  parts: ["children", "objects", "buffers", "fds"],
  async answer({ part, quick, rounds }) {
    if (part === "children") return { comparisons: [], growths: await overChildren(quick) };
    const measure = (): Promise<Samples[]> => interleave(silentWays(), rounds(25));
    const both = (title: string, of: string, steps: readonly Step[]): Growth[] =>
      Object.entries(CALL_AND_EXIT).map(([name, unit]) => growthOf(title, name, unit, of, steps));
    if (part === "fds") {
      const [levels, notes] = within(quick ? [10, 100, 1000] : FDS, mostFds() - SPARE_FDS, "fds");
      const steps = await overSteps(levels, (more) => floor.openFds("", more), measure);
      return { comparisons: [], growths: both("open fds", "fds", steps), notes };
    }
    const kind = part === "objects" ? "objects" : "buffers";
    const wanted = quick ? [0, 0.05, 0.1] : GIGABYTES[kind];
    const [levels, notes] = within(wanted, availableGigabytes() * 0.7, `GB of ${kind}`);
    const steps = await overSteps(levels, (more) => addBallast(kind, more), measure);
    return { comparisons: [], growths: both(`${kind} in memory`, `GB of ${kind}`, steps), notes };
  },
};
