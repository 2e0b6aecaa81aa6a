/** The runtime this runs under. */
import type { Peer } from "./peer.ts";

export const here: Peer = await load();

async function load(): Promise<Peer> {
  if ("Deno" in globalThis) return (await import("./deno.ts")).peer;
  if ("Bun" in globalThis) return (await import("./bun.ts")).peer;
  return (await import("./node.ts")).peer;
}
