/** Starts so many children that sleep, and tells by how many bytes the program has grown for each of them. */
import process from "node:process";
import { residentBytes } from "../lib/ballast.ts";
import { sides } from "../lib/children.ts";
import type { Started } from "../peers/peer.ts";

const [way, path = "", number] = process.argv.slice(2);
const count = Number(number);
const side = sides().find(({ name }) => name === way)?.side;
if (side === undefined) throw new Error(`there is no ${String(way)}`);

const children: Started[] = [];
async function end(): Promise<void> {
  for (const { child } of children) if (child.pid !== undefined) process.kill(child.pid, "SIGKILL");
  await Promise.all(children.map(({ exited }) => exited));
}

// One comes first, with whatever is loaded at the first.
children.push(side.start(path));
try {
  const before = residentBytes();
  while (children.length <= count) children.push(side.start(path));
  // What is put off to the end of a turn has been done then.
  await new Promise((resolve) => setTimeout(resolve, 100));
  const after = residentBytes();
  console.log(JSON.stringify({ "a child": (after - before) / count }));
} finally {
  await end();
}
