import type { Peer } from "./peer.ts";

interface Child {
  readonly exited: Promise<number>;
  readonly stdout: { bytes(): Promise<Uint8Array> };
  readonly stderr: { bytes(): Promise<Uint8Array> };
}

/** As much of it as is used here: Bun's own types and Node's do not live together. */
const { Bun } = globalThis as unknown as {
  Bun: { readonly version: string; spawn(command: string[], options: object): Child };
};

export const peer: Peer = {
  name: "Bun.spawn",
  version: `Bun ${Bun.version}`,
  face: "spawn",
  own: {
    start: (path) => Bun.spawn([path], { stdio: ["ignore", "ignore", "ignore"] }).exited,
    capture: async (path) => {
      const child = Bun.spawn([path], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      const [stdout] = await Promise.all([child.stdout.bytes(), child.stderr.bytes(), child.exited]);
      return stdout;
    },
  },
};
