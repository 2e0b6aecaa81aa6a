/** The children that build.ts has made, and how one of them is measured. */
import { join } from "node:path";
import { ourFace, ourStart } from "../peers/ours.ts";
import { here } from "../peers/here.ts";
import type { Side, Started, StartOptions } from "../peers/peer.ts";
import type { ChildName } from "./build.ts";
import { floor } from "./floor.ts";
import type { Readings, Way } from "./interleave.ts";
import type { Unit } from "./result.ts";
import { toolsDirectory } from "./tools.ts";

export const CALL = "call";
export const EXIT = "to the exit";
export const CALL_AND_EXIT: Readonly<Record<string, Unit>> = { [CALL]: "µs", [EXIT]: "µs" };

export const childPath = (name: ChildName): string => join(toolsDirectory(), name);

/** @throws {Error} when a child that was to do nothing has failed at it */
export async function ended({ exited }: Started): Promise<void> {
  const status = await exited;
  if (status !== 0) throw new Error(`a child has ended with ${status}`);
}

/** Per child, of `count` started in one tick. */
export async function timed(begin: () => Started, count = 1): Promise<Readings> {
  const started: Started[] = [];
  const before = floor.now();
  for (let i = 0; i < count; i++) started.push(begin());
  const called = floor.now();
  for (const each of started) await ended(each);
  return { [CALL]: (called - before) / count, [EXIT]: (floor.now() - before) / count };
}

export interface NamedSide {
  readonly name: string;
  readonly role: "own" | "ours";
  readonly engine?: string;
  readonly side: Side;
}

/** The runtime's own API, and ours on the engine that is chosen where a program does not choose. */
export function sides(): NamedSide[] {
  return [
    { name: here.name, role: "own", side: here.own },
    { role: "ours", ...ourFace() },
    { role: "ours", ...ourStart() },
  ];
}

/** Silent children: by the runtime's own API, by ours, and the floor. */
export function silentWays(count = 1, options?: StartOptions): Way[] {
  const path = childPath("silent");
  return [
    ...sides().map(({ side, ...named }) => ({ ...named, once: () => timed(() => side.start(path, options), count) })),
    {
      name: "C floor",
      role: "floor",
      once() {
        const [call, exit] = floor.start(path, count);
        return { [CALL]: call / count, [EXIT]: exit / count };
      },
    },
  ];
}
