import { setTimeout as delay } from "node:timers/promises";
import { createPool } from "ringspawn/pool";
import type { Pool } from "ringspawn/pool";
import { addBallast } from "../lib/ballast.ts";
import { CALL, CALL_AND_EXIT, childPath, EXIT, silentWays, timed } from "../lib/children.ts";
import { floor } from "../lib/floor.ts";
import { compare, interleave } from "../lib/interleave.ts";
import type { Way } from "../lib/interleave.ts";
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

function pooled(): Way & { close(): Promise<void> } {
  const path = childPath("silent");
  let pool: Pool | undefined;
  return {
    ...{ name: "our pool, io_uring", role: "ours", engine: "io_uring", absent: absenceOf("io_uring") },
    async prepare() {
      pool ??= createPool({ size: 1, ...NO_STDIO, engine: "io_uring" });
      // That it is there does not mean that it has come to where it waits.
      while (pool.stats().waiting === 0) await delay(1);
      await delay(5);
    },
    async once() {
      if (pool === undefined) throw new Error("no pool");
      const { served } = pool.stats();
      const before = floor.now();
      const child = pool.spawn(path);
      const called = floor.now();
      const { code } = await child.status;
      const after = floor.now();
      if (code !== 0 || pool.stats().served !== served + 1) throw new Error("no waiting child has served it");
      return { [CALL]: called - before, [EXIT]: after - before };
    },
    close: async () => pool?.[Symbol.asyncDispose](),
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
    const pool = pooled();
    const others = silentWays().filter(({ role }) => role !== "ours");
    const ways = [...others, ...ENGINES.flatMap(waysOf), submitted(), pool];
    try {
      const samples = await interleave(ways, rounds(part === "buffers" ? 25 : 150));
      return { comparisons: compare(part === "buffers" ? `${size} GB of buffers` : part, samples, CALL_AND_EXIT) };
    } finally {
      await pool.close();
    }
  },
};
