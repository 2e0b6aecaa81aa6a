import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compile, toolchain } from "../../packages/native-linux/build.mjs";
import { compare } from "../lib/compare.ts";
import type { Samples } from "../lib/interleave.ts";
import type { Question } from "../lib/question.ts";
import type { Role } from "../lib/result.ts";
import { searchPath, toolsDirectory } from "../lib/tools.ts";

/** What native/talk/main.c prints. Nanoseconds. */
interface Said {
  readonly ways: readonly {
    readonly name: string;
    readonly absent?: string;
    readonly columns?: readonly { readonly first: readonly number[]; readonly held: readonly number[] }[];
  }[];
  readonly rings: readonly { readonly name: string; readonly open: readonly number[] }[];
}

const FIRST = "to the first instruction";
const HELD = "the parent is held";
const sources = fileURLToPath(new URL("../native/talk/", import.meta.url));

function build(): string {
  const program = join(toolsDirectory(), "talk");
  const files = readdirSync(sources).filter((name) => name.endsWith(".c"));
  const objects: string[] = compile(toolchain(), "release");
  const flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread"];
  execFileSync("cc", [...flags, "-o", program, ...files.map((name) => join(sources, name)), ...objects]);
  return program;
}

/** Of libc's ways vfork is what the others are compared with; the engine's name says which executor it was told. */
function named(name: string): { name: string; role: Role; engine?: string } {
  if (!name.startsWith("engine: ")) return { name, role: name === "vfork" ? "own" : "other" };
  return { name, role: "ours", engine: name.startsWith("engine: vfork") ? "vfork" : "io_uring" };
}

/** @param column 0: nothing, 1: allocated, 2: written to */
function samplesOf({ ways }: Said, column: number): Samples[] {
  return ways.map(({ name, absent, columns }) => {
    const { first = [], held = [] } = columns?.[column] ?? {};
    const rounds = first.map((value, i) => ({ [FIRST]: value, [HELD]: held[i] as number }));
    return { way: { ...named(name), absent, once: () => ({}) }, rounds };
  });
}

export const question: Question = {
  title: "The talk's benchmark, in C",
  about: `
    The talk that presented io_uring_spawn (Linux Plumbers Conference 2022) measured the time from the start of a spawn
    to the child's first instruction: read the clock, spawn a few instructions of assembly that are found by a search of
    PATH (here in the last of four directories), which write their own clock into a pipe and exit. Its figure was the
    least of many runs. Here is a second one, which matters to an event loop: for how long the parent is held. The
    parent has nothing, has allocated memory, or has written to it, in pages of 4 KB. "Own" is libc's vfork here. fork,
    vfork and posix_spawn are as libc has them; io_uring_spawn is CLONE and one EXEC a candidate, put into a ring by
    hand, "fds listed" with IORING_CLONE_FDS; "engine" is ours as C calls it: rs_spawn with either executor, which
    returns when the program runs; start is rs_queue and rs_submit, which do not wait for that; pool is
    rs_prespawn_exec, which gives its program to a child that was born before, untimed. "With stdio": three
    redirections, one fd passed, all others closed. Making a ring is not counted.
  `,
  runtimes: ["node"],
  parts: ["few fds", "10,000 fds"],
  async answer({ part, quick, gigabytes }) {
    const many = part === "10,000 fds";
    const [runs, runsOfCopies] = quick ? [5, 2] : many ? [100, 10] : [2000, 50];
    const megabytes = quick ? 50 : gigabytes * 1024;
    const args = [runs, runsOfCopies, megabytes, many ? 10_000 : 0].map(String);
    const text = execFileSync(build(), args, {
      env: { PATH: searchPath(3) },
      encoding: "utf8",
      maxBuffer: 1024 ** 3,
    });
    const said = JSON.parse(text) as Said;
    const units = { [FIRST]: "µs", [HELD]: "µs" } as const;
    const comparisons = ["nothing", `${megabytes} MB allocated`, `${megabytes} MB written to`].flatMap(
      (beside, column) => compare(`${part}, beside ${beside}`, samplesOf(said, column), units),
    );
    const rings = said.rings.map(
      ({ name, open }): Samples => ({
        way: { name, role: "other", once: () => ({}) },
        rounds: open.map((value) => ({ open: value })),
      }),
    );
    return {
      runtime: "C",
      comparisons:
        rings.length === 0 ? comparisons : [...comparisons, ...compare("making a ring", rings, { open: "µs" })],
    };
  },
};
