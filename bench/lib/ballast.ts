/** What makes this program big. Objects and buffers are two things: V8 keeps its own pages out of a fork. */
import { readFileSync } from "node:fs";

export type Kind = "objects" | "buffers";

const GIGABYTE = 1024 ** 3;
const BLOCK = 16 * 1024 ** 2;
const held: unknown[] = [];

/** What this program has in memory, in bytes. */
export function residentBytes(): number {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) * 1024;
}

/** In GB: what the machine could give without swapping. */
export function availableGigabytes(): number {
  return (Number(/^MemAvailable:\s*(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "latin1"))?.[1]) * 1024) / GIGABYTE;
}

/** How many fds this program may have. */
export function mostFds(): number {
  const limit = /^Max open files +\d+ +(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  return limit === "unlimited" ? Infinity : Number(limit);
}

function someObjects(): object[] {
  return Array.from({ length: 10_000 }, (_, i) => ({ id: i, next: undefined, name: `object ${i}` }));
}

/** Touches every page, and keeps all of it until the program ends. */
export function addBallast(kind: Kind, gigabytes: number): void {
  const goal = residentBytes() + gigabytes * GIGABYTE;
  if (kind === "buffers") {
    for (let left = gigabytes * GIGABYTE; left > 0; left -= BLOCK) held.push(new Uint8Array(BLOCK).fill(1));
  } else {
    while (residentBytes() < goal) held.push(someObjects());
  }
}
