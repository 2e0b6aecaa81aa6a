import { childPath, sides } from "../lib/children.ts";
import { floor } from "../lib/floor.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Way } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";

const MEBIBYTE = 1024 ** 2;
/** What write-256M writes. */
const MEBIBYTES = 256;
const PER_MEBIBYTE = "per MiB";

async function timed(work: () => Promise<void>): Promise<{ [PER_MEBIBYTE]: number }> {
  const before = floor.now();
  await work();
  return { [PER_MEBIBYTE]: (floor.now() - before) / MEBIBYTES };
}

function reading(): Way[] {
  const path = childPath("write-256M");
  const check = (bytes: number): void => {
    if (bytes !== MEBIBYTES * MEBIBYTE) throw new Error(`${bytes} bytes instead of ${MEBIBYTES} MiB`);
  };
  return [
    ...sides().map(({ side, ...named }) => ({
      ...named,
      once: () => timed(async () => check(await side.read(path))),
    })),
    {
      name: "C floor",
      role: "floor",
      once() {
        const [, exit, bytes] = floor.read(path, 1);
        check(bytes);
        return { [PER_MEBIBYTE]: exit / MEBIBYTES };
      },
    },
  ];
}

function writing(): Way[] {
  const path = childPath("sink");
  const block = new Uint8Array(MEBIBYTE).fill(1);
  return [
    ...sides().map(({ side, ...named }) => ({
      ...named,
      once: () =>
        timed(async () => {
          const status = await side.write(path, block, MEBIBYTES);
          if (status !== 0) throw new Error(`the child has ended with ${status}`);
        }),
    })),
    {
      name: "C floor",
      role: "floor",
      once: () => ({ [PER_MEBIBYTE]: floor.write(path, MEBIBYTES)[1] / MEBIBYTES }),
    },
  ];
}

export const question: Question = {
  title: "Much output, much input",
  about: `
    256 MiB through a pipe, per MiB: from a static program that writes blocks of 1 MiB and is read piece by piece,
    and into one that reads 1 MiB at a time from a program that writes blocks of 1 MiB. The floor has a pipe of 1
    MiB and one buffer.
  `,
  async answer({ rounds }) {
    return {
      comparisons: [
        ...compare("bulk stdout", await interleave(reading(), rounds(15)), { [PER_MEBIBYTE]: "µs" }),
        ...compare("bulk stdin", await interleave(writing(), rounds(15)), { [PER_MEBIBYTE]: "µs" }),
      ],
    };
  },
};
