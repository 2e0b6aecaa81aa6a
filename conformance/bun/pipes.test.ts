/** Every Source and Sink that there is under Bun, by the one contract. */
import { test } from "node:test";
import launcher from "../../packages/adapter-bun/dist/index.js";
import {
  engineSubject,
  givenFdContract,
  hugeChunkContract,
  pipeContract,
} from "../../packages/core/tests/pipe-contract.ts";

const native = engineSubject(launcher, "vfork", { sources: [1, 2, 5], sinks: [0, 4], sockets: [3, 6] });
const subjects = [native, engineSubject(launcher, "runtime", { sources: [1, 2, 5], sinks: [0, 4], sockets: [3, 6] })];

const tests = [
  ...subjects.flatMap(pipeContract),
  ...hugeChunkContract(native),
  ...givenFdContract(launcher, "runtime"),
];

for (const [name, run] of tests) void test(name, { timeout: 60_000 }, run);
