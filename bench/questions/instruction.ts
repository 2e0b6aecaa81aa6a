import process from "node:process";
import { start } from "ringspawn";
import { addBallast } from "../lib/ballast.ts";
import { CALL } from "../lib/children.ts";
import { floor } from "../lib/floor.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Way } from "../lib/interleave.ts";
import { WaitingPool } from "../lib/pool.ts";
import type { Question } from "../lib/question.ts";
import { searchPath } from "../lib/tools.ts";
import { here } from "../peers/here.ts";
import { absenceOf, ourFace } from "../peers/ours.ts";

const FIRST = "to the first instruction";
/** Its first instructions write the clock to stdout. */
const PROGRAM = "clock";
const CAPTURED = { stdin: "null", stdout: "piped", stderr: "piped" } as const;

type Capture = (path: string) => Promise<Uint8Array>;

/** start() is held again at the end of the tick, where it submits: asked for its pid, it does so within the call. */
const submitted: Capture = async (path) => {
  const child = start(path, { ...CAPTURED, engine: "io_uring" });
  if (child.engine !== "io_uring") throw new Error(`it ran on ${child.engine}`);
  const output = child.output();
  if (child.pid === undefined) throw new Error("not started");
  return (await output).stdout;
};

function measuring(capture: Capture): Way["once"] {
  return async () => {
    const before = floor.now();
    const output = capture(PROGRAM);
    const called = floor.now();
    const bytes = await output;
    if (bytes.length !== 16) throw new Error(`${bytes.length} bytes instead of a clock`);
    const time = new DataView(bytes.buffer, bytes.byteOffset);
    const first = Number(time.getBigInt64(0, true)) * 1e9 + Number(time.getBigInt64(8, true));
    return { [FIRST]: first - before, [CALL]: called - before };
  };
}

function ways(pool: WaitingPool): Way[] {
  const ours = (name: string, engine: "vfork" | "io_uring", capture: Capture): Way => ({
    ...{ name: `${name}, ${engine}`, role: "ours", engine, absent: absenceOf(engine), once: measuring(capture) },
  });
  const [vfork, uring] = [ourFace("vfork"), ourFace("io_uring")];
  return [
    { name: here.name, role: "own", once: measuring(here.own.capture) },
    ours(vfork.name, "vfork", vfork.side.capture),
    ours(uring.name, "io_uring", uring.side.capture),
    ours("our start and its submission", "io_uring", submitted),
    {
      ...ours("our pool", "io_uring", async (path) => (await pool.spawn(path).output()).stdout),
      prepare: () => pool.prepare(),
    },
  ];
}

export const question: Question = {
  title: "To the child's first instruction",
  about: `
    The figure of the talk that presented io_uring_spawn (see below), from JavaScript: from the call to the first
    instruction of a static program that is found in the last of four directories of PATH, and for how long the call
    holds the event loop. Both sides pipe stdout and stderr and collect them. In a program that has nothing, and in one
    that has written to gigabytes of buffers (not of JavaScript objects, whose pages V8 keeps out of a fork).
  `,
  parts: ["nothing", "buffers"],
  // The runtimes look for other things too, but for the child first here.
  environment: () => ({ PATH: `${searchPath(1)}:${process.env["PATH"] ?? ""}` }),
  async answer({ part, rounds, quick, gigabytes }) {
    const size = quick ? 0.05 : gigabytes;
    if (part === "buffers") addBallast("buffers", size);
    const pool = new WaitingPool(CAPTURED);
    try {
      const samples = await interleave(ways(pool), rounds(part === "buffers" ? 25 : 200));
      const title = part === "buffers" ? `beside ${size} GB of buffers` : "beside nothing";
      return { comparisons: compare(title, samples, { [FIRST]: "µs", [CALL]: "µs" }) };
    } finally {
      await pool.close();
    }
  },
};
