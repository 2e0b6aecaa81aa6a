import { addBallast } from "../lib/ballast.ts";
import { CALL_AND_EXIT, childPath, silentWays, timed } from "../lib/children.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Way } from "../lib/interleave.ts";
import { WaitingPool } from "../lib/pool.ts";
import type { Question } from "../lib/question.ts";
import { absenceOf, ourFace, ourStart } from "../peers/ours.ts";

const ENGINES = ["runtime", "vfork", "io_uring"] as const;
const NO_STDIO = { stdin: "null", stdout: "null", stderr: "null" } as const;

function waysOf(engine: (typeof ENGINES)[number]): Way[] {
  const path = childPath("silent");
  return [ourFace, ourStart].map((make) => {
    const { name, side } = make(engine);
    const named = { name: `${name}, ${engine}`, role: "ours", engine, absent: absenceOf(engine) } as const;
    return { ...named, once: () => timed(() => side.start(path)) };
  });
}

/** start() is held again at the end of the tick, where it submits: asked for its pid, it does so within the call. */
function submitted(): Way {
  const { side } = ourStart("io_uring");
  const path = childPath("silent");
  const named = { role: "ours", engine: "io_uring", absent: absenceOf("io_uring") } as const;
  return {
    ...{ name: "our start and its submission, io_uring", ...named },
    once: () =>
      timed(() => {
        const started = side.start(path);
        if (started.child.pid === undefined) throw new Error("not started");
        return started;
      }),
  };
}

function pooled(pool: WaitingPool): Way {
  const path = childPath("silent");
  const named = { role: "ours", engine: "io_uring", absent: absenceOf("io_uring") } as const;
  return {
    ...{ name: "our pool, io_uring", ...named },
    prepare: () => pool.prepare(),
    once: () =>
      timed(() => {
        const child = pool.spawn(path);
        return { child, exited: child.status.then(({ code }) => code) };
      }),
  };
}

export const question: Question = {
  title: "The engines, each against the others",
  about: `
    One child at a time, without stdio, by each engine of ours under the same call, and by a pool whose child waits;
    in a program that has nothing, and in one that has gigabytes of buffers. io_uring needs the kernel of the lab,
    whose times are good for ratios among themselves.
  `,
  parts: ["nothing", "buffers"],
  async answer({ part, rounds, quick, gigabytes }) {
    const size = quick ? 0.05 : gigabytes;
    if (part === "buffers") addBallast("buffers", size);
    const pool = new WaitingPool(NO_STDIO);
    const others = silentWays().filter(({ role }) => role !== "ours");
    const ways = [...others, ...ENGINES.flatMap(waysOf), submitted(), pooled(pool)];
    try {
      const samples = await interleave(ways, rounds(part === "buffers" ? 25 : 150));
      return { comparisons: compare(part === "buffers" ? `${size} GB of buffers` : part, samples, CALL_AND_EXIT) };
    } finally {
      await pool.close();
    }
  },
};
