import type { ChildName } from "../lib/build.ts";
import { childPath, EXIT, sides } from "../lib/children.ts";
import { floor } from "../lib/floor.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Way } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";
import type { Comparison } from "../lib/result.ts";

const OUTPUTS: readonly { name: string; child: ChildName; bytes: number; rounds: number }[] = [
  { name: "3 bytes", child: "hello", bytes: 3, rounds: 300 },
  { name: "64 KiB", child: "write-64K", bytes: 64 * 1024, rounds: 200 },
  { name: "1 MiB", child: "write-1M", bytes: 1024 ** 2, rounds: 100 },
];

function ways(child: ChildName, bytes: number): Way[] {
  const path = childPath(child);
  const check = (got: number): void => {
    if (got !== bytes) throw new Error(`${got} bytes instead of ${bytes}`);
  };
  return [
    ...sides().map(({ side, ...named }) => ({
      ...named,
      async once() {
        const before = floor.now();
        const output = await side.capture(path);
        const after = floor.now();
        check(output.length);
        return { [EXIT]: after - before };
      },
    })),
    {
      name: "C floor",
      role: "floor",
      once() {
        const [, exit, got] = floor.read(path, bytes > 4096 ? 1 : 0);
        check(got);
        return { [EXIT]: exit };
      },
    },
  ];
}

export const question: Question = {
  title: "Capturing output",
  about: `
    A static program that writes so much to its stdout: until the program has all of it in one piece, and the child
    has ended. stdout and stderr are both collected, by the call that each API has for it.
  `,
  async answer({ rounds }) {
    const comparisons: Comparison[] = [];
    for (const output of OUTPUTS) {
      const samples = await interleave(ways(output.child, output.bytes), rounds(output.rounds));
      comparisons.push(...compare(`capture of ${output.name}`, samples, { [EXIT]: "µs" }));
    }
    return { comparisons };
  },
};
