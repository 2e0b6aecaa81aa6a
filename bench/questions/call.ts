import { CALL_AND_EXIT, silentWays } from "../lib/children.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";

export const question: Question = {
  title: "One child at a time",
  about: `
    The smallest static program, without stdio: until the call returns, and until the program knows that the child
    has ended.
  `,
  async answer({ rounds }) {
    return { comparisons: compare("one at a time", await interleave(silentWays(), rounds(500)), CALL_AND_EXIT) };
  },
};
