import { CALL_AND_EXIT, silentWays } from "../lib/children.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";
import type { Comparison } from "../lib/result.ts";

const COUNTS = [16, 64, 256];

export const question: Question = {
  title: "Many children at once",
  about: `
    So many of the smallest static program started in one tick, without stdio; times are per child.
  `,
  async answer({ rounds }) {
    const comparisons: Comparison[] = [];
    for (const count of COUNTS) {
      const samples = await interleave(silentWays(count), rounds(Math.ceil(2000 / count)));
      comparisons.push(...compare(`${count} at once`, samples, CALL_AND_EXIT));
    }
    return { comparisons };
  },
};
