/** The fds that libuv relies on while it starts a process. */
import fs from "node:fs";
import os from "node:os";
import { mayRead } from "./permission.js";

// Taken now: a program may put others in their place.
const { openSync, closeSync } = fs;
const { devNull } = os;

/**
 * Runs this while fds 0, 1 and 2 are taken and two fds are free for each pipe; throws EMFILE where that many are not.
 * libuv aborts the program when it closes a handle with fd 0, 1 or 2. And when libuv 1.52 finds no fds for a pipe, it
 * takes the handle of the process out of its list of handles, and does so again when that handle is closed: then it
 * writes to where the last pipe's handle was, which may be memory of something else by now.
 */
export function withFds<T>(pipes: number, run: () => T): T {
  if (!mayRead(devNull)) return run();
  const [low, free]: [number[], number[]] = [[], []];
  try {
    try {
      while (free.length < Math.max(1, 2 * pipes)) {
        const fd = openSync(devNull, "r");
        (fd > 2 ? free : low).push(fd);
      }
    } finally {
      for (const fd of free) closeSync(fd);
    }
    return run();
  } finally {
    for (const fd of low) closeSync(fd);
  }
}
