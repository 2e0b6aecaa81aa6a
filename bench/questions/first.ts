import { again } from "../lib/again.ts";
import { childPath } from "../lib/children.ts";
import { floor } from "../lib/floor.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Readings, Way } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";
import { ourFace } from "../peers/ours.ts";
import { here } from "../peers/here.ts";

interface Told {
  /** Nanoseconds. */
  readonly loaded: number;
  readonly ended: number;
  readonly engine?: string;
}

export const question: Question = {
  title: "Import and first child",
  about: `
    A new process of the runtime for each figure, which imports what starts its children (nothing, for APIs that are
    there anyway) and runs one to its end. Program: from the start of that process to its end. In the row of nothing
    it imports nothing and starts nothing.
  `,
  async answer({ rounds }) {
    const { name, engine } = ourFace();
    const way = (program: string, named: Omit<Way, "once">): Way => ({
      ...named,
      async once(): Promise<Readings> {
        const before = floor.now();
        const told = await again<Told>("first.mjs", [program, childPath("silent")]);
        const whole = floor.now() - before;
        if (told.engine !== named.engine) throw new Error(`it ran on ${String(told.engine)}`);
        if (program === "nothing") return { program: whole };
        return { import: told.loaded, "first child to the exit": told.ended, program: whole };
      },
    });
    const ways: Way[] = [
      way("nothing", { name: "nothing", role: "other" }),
      way("own", { name: here.name, role: "own" }),
      way("tinyexec", { name: "tinyexec", role: "other" }),
      way("ringspawn", { name, role: "ours", engine }),
    ];
    const units = { import: "ms", "first child to the exit": "ms", program: "ms" } as const;
    return { comparisons: compare("new process", await interleave(ways, rounds(30)), units) };
  },
};
