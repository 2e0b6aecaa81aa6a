import { CALL_AND_EXIT, silentWays } from "../lib/children.ts";
import { floor } from "../lib/floor.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";

const FDS = 10_000;

export const question: Question = {
  title: "Many open fds",
  about: `
    One child at a time, from a program that has 10,000 more fds open, all of them close-on-exec.
  `,
  async answer({ rounds }) {
    floor.openFds("", FDS);
    return { comparisons: compare("10,000 fds", await interleave(silentWays(), rounds(200)), CALL_AND_EXIT) };
  },
};
