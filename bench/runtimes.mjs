/** Every runtime of the workspace as a command that takes a program, or none: a table without one of them would be read
 * as complete. */
import { path } from "../scripts/runtimes.mjs";

/** @type {readonly (readonly string[])[]} */
export const runtimes = [
  [path("nodeLts")],
  [path("nodeNewest")],
  [path("bun")],
  [path("deno"), "run", "--allow-all", "--no-prompt"],
];
