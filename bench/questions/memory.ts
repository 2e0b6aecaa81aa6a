import { again } from "../lib/again.ts";
import { childPath, sides } from "../lib/children.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";

export const question: Question = {
  title: "Memory of a live child",
  about: `
    By how much the resident memory of the program grows with each of 10,000 children that sleep, in a new process
    for each figure. What the kernel and the child itself have is not in it.
  `,
  async answer({ rounds, quick }) {
    const count = quick ? 20 : 10_000;
    const ways = sides().map(({ name, role, engine }) => ({
      ...{ name, role, engine },
      once: () => again<{ "a child": number }>("live.ts", [name, childPath("sleep"), String(count)]),
    }));
    const samples = await interleave(ways, rounds(3));
    return { comparisons: compare(`${count} sleeping children`, samples, { "a child": "kB" }) };
  },
};
