import { availableParallelism } from "node:os";
import pMap from "p-map";
import { scratch } from "../lib/build.ts";
import { ended, sides } from "../lib/children.ts";
import { floor } from "../lib/floor.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Readings, Way } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";
import { project, typescript } from "../lib/sources.ts";
import type { Job } from "../lib/sources.ts";
import type { Comparison } from "../lib/result.ts";
import type { Side } from "../peers/peer.ts";

/** As many jobs at a time as there are processors. */
async function run(side: Side, jobs: readonly Job[]): Promise<Readings> {
  const before = floor.now();
  const spent = floor.cpu();
  await pMap(jobs, ({ command, args, cwd }) => ended(side.start(command, { args, cwd })), {
    concurrency: availableParallelism(),
  });
  const [user, system] = floor.cpu();
  return { "whole build": floor.now() - before, "CPU time of the task runner": user + system - spent[0] - spent[1] };
}

export const question: Question = {
  title: "A real build",
  about: `
    A small task runner that compiles file by file, as many at a time as there are processors: the TypeScript of
    this repository, and a C project of a few hundred files. Nearly all of the time is the compilers' own.
  `,
  async answer({ rounds, quick }) {
    const out = scratch();
    const comparisons: Comparison[] = [];
    for (const { name, jobs } of [typescript(out), project(out)]) {
      const some = quick ? jobs.slice(0, 4) : jobs;
      const ways = sides().map(({ side, ...named }): Way => ({ ...named, once: () => run(side, some) }));
      const title = quick ? `${some.length} of ${name}` : name;
      const units = { "whole build": "ms", "CPU time of the task runner": "ms" } as const;
      comparisons.push(...compare(title, await interleave(ways, rounds(5)), units));
    }
    return { comparisons };
  },
};
