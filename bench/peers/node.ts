import { spawn } from "node:child_process";
import type { Peer } from "./peer.ts";

export const peer: Peer = {
  name: "child_process",
  version: `Node ${process.versions.node}`,
  face: "Command",
  own: {
    start: (path) => {
      const child = spawn(path, [], { stdio: "ignore" });
      return new Promise((resolve) => child.once("exit", resolve));
    },
    capture: (path) => {
      const child = spawn(path, [], { stdio: ["ignore", "pipe", "pipe"] });
      const chunks: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
      child.stderr.resume();
      return new Promise((resolve) => child.once("close", () => resolve(Buffer.concat(chunks))));
    },
  },
};
