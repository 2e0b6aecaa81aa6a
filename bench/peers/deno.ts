import type { Peer } from "./peer.ts";

interface Command {
  spawn(): { readonly status: Promise<unknown> };
  output(): Promise<{ readonly stdout: Uint8Array }>;
}

/** As much of it as is used here: Deno's own types and Node's do not live together. */
const { Deno } = globalThis as unknown as {
  Deno: { readonly version: { readonly deno: string }; Command: new (path: string, options?: object) => Command };
};

export const peer: Peer = {
  name: "Deno.Command",
  version: `Deno ${Deno.version.deno}`,
  face: "Command",
  own: {
    start: (path) => new Deno.Command(path, { stdin: "null", stdout: "null", stderr: "null" }).spawn().status,
    capture: async (path) => (await new Deno.Command(path).output()).stdout,
  },
};
