import { childPath, ended, sides } from "../lib/children.ts";
import { floor } from "../lib/floor.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Readings, Way } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";
import type { Unit } from "../lib/result.ts";

/** The kernel counts what a program has had in steps: one child would be less than a step. */
const CHILDREN = 64;
const MEASURES: Readonly<Record<string, Unit>> = { "user and system": "µs", user: "µs", system: "µs" };

async function spent(work: () => unknown): Promise<Readings> {
  const before = floor.cpu();
  await work();
  const after = floor.cpu();
  const user = (after[0] - before[0]) / CHILDREN;
  const system = (after[1] - before[1]) / CHILDREN;
  return { "user and system": user + system, user, system };
}

function ways(atOnce: boolean): Way[] {
  const path = childPath("silent");
  return [
    ...sides().map(({ side, ...named }) => ({
      ...named,
      once: () =>
        spent(async () => {
          if (atOnce) await Promise.all(Array.from({ length: CHILDREN }, () => ended(side.start(path))));
          else for (let i = 0; i < CHILDREN; i++) await ended(side.start(path));
        }),
    })),
    {
      name: "C floor",
      role: "floor",
      once: () =>
        spent(() => {
          if (atOnce) floor.start(path, CHILDREN);
          else for (let i = 0; i < CHILDREN; i++) floor.start(path, 1);
        }),
    },
  ];
}

export const question: Question = {
  title: "CPU time a child",
  about: `
    What all threads of the program together have spent for one child of 64 (the smallest static program, without
    stdio), which are started one after another, or all in one tick. What the child itself spends is not in it.
  `,
  async answer({ rounds }) {
    return {
      comparisons: [
        ...compare("one after another", await interleave(ways(false), rounds(40)), MEASURES),
        ...compare(`${CHILDREN} at once`, await interleave(ways(true), rounds(40)), MEASURES),
      ],
    };
  },
};
