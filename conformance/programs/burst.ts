/** Starts in one turn of the loop, between two marks, which are looks at files that do not exist: strace shows them. */
import { start } from "ringspawn";
import type { EngineName } from "ringspawn";
import { fs, parent } from "../tools.ts";

const [engine, witness, count] = parent.argv.slice(2) as [EngineName, string, string];
const one = (): ReturnType<typeof start> =>
  start(witness, { args: ["exit", "7"], engine, stdin: "null", stdout: "null", stderr: "null" });

await one().status; // work that is done once is not counted
fs.existsSync("/mark/begin");
const children = Array.from({ length: Number(count) }, one);
await Promise.all(children.map(({ started }) => started));
fs.existsSync("/mark/end");
for (const child of children) if ((await child.status).code !== 7) throw new Error("one ended otherwise");
