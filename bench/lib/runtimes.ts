/** The runtimes by the names that the command line has for them. */
import { path } from "../../scripts/runtimes.mjs";

/** The last is not among those that are asked by default. */
export const RUNTIMES = ["node", "bun", "deno", "node26"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

const HEAP = "--max-old-space-size=16384";

/** How a program is started there. `fillsHeap`: V8 is given a heap of 16 GB. */
export function commandOf(name: RuntimeName, fillsHeap: boolean): [command: string, ...args: string[]] {
  switch (name) {
    case "node":
      return [path("nodeLts"), ...(fillsHeap ? [HEAP] : [])];
    case "node26":
      return [path("nodeNewest"), ...(fillsHeap ? [HEAP] : [])];
    case "bun":
      return [path("bun")];
    case "deno":
      return [path("deno"), "run", "--allow-all", "--no-prompt", ...(fillsHeap ? [`--v8-flags=${HEAP}`] : [])];
  }
}
