import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Peer } from "./peer.ts";

function endOf(child: ChildProcess, event: "exit" | "close"): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once(event, resolve);
    child.once("error", reject);
  });
}

export const peer: Peer = {
  name: "child_process.spawn",
  version: `Node ${process.versions.node}`,
  face: "Command",
  own: {
    start(path, { args = [], ...options } = {}) {
      const child = spawn(path, args, { stdio: "ignore", ...options });
      return { child, exited: endOf(child, "exit") };
    },
    async capture(path) {
      const child = spawn(path, [], { stdio: ["ignore", "pipe", "pipe"] });
      const chunks: Buffer[] = [];
      child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
      child.stderr.resume();
      await endOf(child, "close");
      return Buffer.concat(chunks);
    },
    async read(path) {
      const child = spawn(path, [], { stdio: ["ignore", "pipe", "ignore"] });
      let bytes = 0;
      child.stdout.on("data", (chunk: Buffer) => (bytes += chunk.length));
      await endOf(child, "close");
      return bytes;
    },
    async write(path, block, times) {
      const child = spawn(path, [], { stdio: ["pipe", "ignore", "ignore"] });
      const ended = endOf(child, "close");
      for (let i = 0; i < times; i++) if (!child.stdin.write(block)) await once(child.stdin, "drain");
      child.stdin.end();
      return ended;
    },
  },
};
