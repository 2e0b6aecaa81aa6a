/** Our side, in the shape of the runtime's own: each is measured against the one that it would be replaced by. */
import { Command, spawn } from "ringspawn";
import type { EngineName } from "ringspawn";
import { here } from "./peers/here.ts";
import type { Peer, Side } from "./peers/peer.ts";

/** A fallback must not be measured in another's name. */
export function on<T extends { readonly engine: string }>(engine: EngineName, child: T): T {
  if (child.engine !== engine) throw new Error(`ran on ${child.engine} instead of ${engine}`);
  return child;
}

export function ourSide(engine: EngineName): Side {
  const sides: Record<Peer["face"], Side> = {
    Command: {
      start: (path) =>
        on(engine, new Command(path, { stdin: "null", stdout: "null", stderr: "null", engine }).spawn()).status,
      capture: async (path) => on(engine, await new Command(path, { engine }).output()).stdout,
    },
    spawn: {
      start: (path) => on(engine, spawn([path], { stdio: ["ignore", "ignore", "ignore"], engine })).exited,
      capture: async (path) => {
        const child = on(engine, spawn([path], { stdin: "ignore", stdout: "pipe", stderr: "pipe", engine }));
        const [stdout] = await Promise.all([child.stdout.bytes(), child.stderr.bytes(), child.exited]);
        return stdout;
      },
    },
  };
  return sides[here.face];
}
