import { CALL_AND_EXIT, silentWays } from "../lib/children.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";

/** 1 MB, of variables as long as a search path. */
function megabyte(): Record<string, string> {
  const value = "x".repeat(90);
  return Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`BENCH_${String(i).padStart(5, "0")}`, value]));
}

export const question: Question = {
  title: "A big environment",
  about: `
    One child at a time with an environment of 1 MB, in 10,000 variables: that of the program, which the child
    inherits; or given with each call, by a program that has a small one. The floor hands on what the program has.
  `,
  parts: ["inherited", "given"],
  environment: (part) => (part === "inherited" ? megabyte() : {}),
  async answer({ part, rounds }) {
    const all = silentWays(1, part === "given" ? { env: megabyte() } : {});
    // C would have nothing to do for an environment that is given, but to hand on a pointer.
    const ways = part === "given" ? all.filter(({ role }) => role !== "floor") : all;
    return { comparisons: compare(`1 MB ${part}`, await interleave(ways, rounds(100)), CALL_AND_EXIT) };
  },
};
