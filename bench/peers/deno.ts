import type { Peer } from "./peer.ts";
import { callsOf, commandSide } from "./shapes.ts";
import type { CommandClass } from "./shapes.ts";

/** As much of it as is used here: Deno's own types and Node's do not live together. */
const { Deno } = globalThis as unknown as {
  Deno: { readonly version: { readonly deno: string }; readonly Command: CommandClass };
};

export const peer: Peer = {
  name: "Deno.Command",
  version: `Deno ${Deno.version.deno}`,
  face: "Command",
  own: commandSide(callsOf(Deno.Command)),
};
