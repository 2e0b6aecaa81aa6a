/** Every Source and Sink that there is under Deno, by the one contract. */
import launcher from "../../packages/adapter-deno/dist/index.js";
import { engineSubject, hugeChunkContract, pipeContract } from "../../packages/core/tests/pipe-contract.ts";

const native = engineSubject(launcher, "vfork", { sources: [1, 2, 5], sinks: [0, 4], sockets: [3, 6] });
const subjects = [native, engineSubject(launcher, "runtime", { sources: [1, 2], sinks: [0], sockets: [] })];

for (const [name, run] of [...subjects.flatMap(pipeContract), ...hugeChunkContract(native)]) Deno.test(name, run);
