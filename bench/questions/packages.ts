import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { again } from "../lib/again.ts";
import { childPath } from "../lib/children.ts";
import { compare } from "../lib/compare.ts";
import { interleave } from "../lib/interleave.ts";
import type { Readings, Way } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";
import type { Comparison } from "../lib/result.ts";
import { ourFace } from "../peers/ours.ts";
import { packages } from "../peers/packages.mjs";

const PACKAGES = Object.keys(packages);
const REGISTER = createRequire(import.meta.url).resolve("ringspawn/register");
const COUNTER = fileURLToPath(new URL("../programs/count-own.cjs", import.meta.url));
const MEASURES = { "one after another": "µs", "64 at once": "µs" } as const;

interface Told {
  readonly readings: Readings;
  /** How many children Node's own spawn was asked for, and how many there were. */
  readonly own: number;
  readonly all: number;
}

/** An untimed run with a trace, in which every child has a line that names its engine. */
async function assertEngine(name: string, engine: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "ringspawn-bench-"));
  try {
    const env = { RINGSPAWN_TRACE: join(directory, "trace") };
    const { all } = await again<Told>("package.mjs", [name, childPath("hello"), "3"], { ...registered, env });
    const lines = readFileSync(env.RINGSPAWN_TRACE, "utf8").trim().split("\n");
    const engines = lines.map((line) => String((JSON.parse(line) as { engine: string | null }).engine));
    if (engines.length !== all || engines.some((its) => its !== engine)) {
      throw new Error(
        `${name}: ${all} children, and ${engines.length} in the trace, by ${[...new Set(engines)].join(", ")}`,
      );
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

// The counter first: what register hands on to Node's own comes to it.
const registered = { flags: ["--require", COUNTER, "--require", REGISTER] };
const plain = { flags: ["--require", COUNTER] };

function way(name: string, rounds: number, engine?: string): Way {
  return {
    name: engine === undefined ? name : `${name} on ringspawn/register`,
    role: engine === undefined ? "own" : "ours",
    engine,
    async once() {
      const options = engine === undefined ? plain : registered;
      const { readings, own, all } = await again<Told>(
        "package.mjs",
        [name, childPath("hello"), String(rounds)],
        options,
      );
      const expected = engine === undefined ? all : 0;
      if (own !== expected) throw new Error(`${name}: Node's own spawn had ${own} of ${all} children`);
      return readings;
    },
  };
}

export const question: Question = {
  title: "Packages on ringspawn/register",
  about: `
    execa, tinyexec and zx collect the output of a static program that writes 3 bytes, one after another and 64 at
    once (per child), in a program of Node with --require ringspawn/register and in one without. Each figure is of a
    process of its own, after a warm-up. zx has a shell run the program, as it does by default.
  `,
  runtimes: ["node", "node26"],
  async answer({ rounds, quick }) {
    const { engine } = ourFace();
    const comparisons: Comparison[] = [];
    for (const name of PACKAGES) {
      await assertEngine(name, engine);
      const ways = [way(name, quick ? 2 : 200), way(name, quick ? 2 : 200, engine)];
      comparisons.push(...compare(name, await interleave(ways, rounds(7)), MEASURES));
    }
    return { comparisons };
  },
};
