/** native/floor.c, as the tools have it. Times are nanoseconds. */
import { createRequire } from "node:module";
import { toolsDirectory } from "./tools.ts";

export interface Floor {
  /** `count` children: until all were started, and until all had ended. */
  start(path: string, count: number): [call: number, exit: number];
  /** `big`, if not 0: a pipe as big as a user may have. */
  read(path: string, big: number): [call: number, exit: number, bytes: number];
  write(path: string, mebibytes: number): [call: number, exit: number];
  /** CLOCK_MONOTONIC: the runtimes' own clocks count from other moments than a child's. */
  now(): number;
  /** What all threads of this program have had. */
  cpu(): [user: number, system: number];
  openFds(nothing: "", count: number): void;
}

export const floor: Floor = createRequire(import.meta.url)(`${toolsDirectory()}/floor.node`) as Floor;
