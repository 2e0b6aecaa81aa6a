import type { Peer } from "./peer.ts";
import { spawnSide } from "./shapes.ts";
import type { Spawn } from "./shapes.ts";

/** As much of it as is used here: Bun's own types and Node's do not live together. */
const { Bun } = globalThis as unknown as { Bun: { readonly version: string; readonly spawn: Spawn } };

export const peer: Peer = {
  name: "Bun.spawn",
  version: `Bun ${Bun.version}`,
  face: "spawn",
  own: spawnSide(Bun.spawn),
};
