/** What programs are told of a child that could not be started. */
import { spawn, type SpawnOptions } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import process from "node:process";
import { show, told, whole } from "./observe.ts";

const MISSING = "no-such-program";
const sh = (options: SpawnOptions) => spawn("/bin/sh", ["-c", "exit 0"], options);
const thrown = (run: () => unknown): unknown => {
  try {
    run();
    return "nothing thrown";
  } catch (error) {
    return told(error);
  }
};
const openFds = (): number => fs.readdirSync("/proc/self/fd").length;

await show({
  "no such program": async () => {
    const child = spawn("/no/such", ["argument"]);
    child.stdin?.on("error", () => {});
    const seen = await whole(child);
    return [seen, child.kill(), child.stdio.map((stream) => stream?.constructor.name)];
  },
  "other errors that are events": async () => [
    await whole(spawn(MISSING)),
    await whole(spawn("/dev/null")),
    await whole(spawn("/tmp")),
    await whole(sh({ cwd: "/no/such" })),
    await whole(spawn("/no/such", { stdio: ["ignore", "pipe", "inherit", "pipe"] })),
    await whole(spawn("/no/such", { stdio: "ignore" })),
  ],
  "errors that are thrown": () => [
    thrown(() => spawn("/bin/true", ["x".repeat(200_000)])),
    thrown(() => sh({ cwd: "/dev/null" })),
    thrown(() => sh({ stdio: ["ignore", 99, "ignore"] })),
    thrown(() => spawn("a\0b")),
    thrown(() => spawn("")),
    thrown(() => sh({ uid: 1.5 })),
  ],
  "a stream that is no stdio": () => {
    const server = net.createServer();
    const seen = thrown(() => sh({ stdio: ["ignore", server as never, "ignore"] }));
    server.close();
    return seen;
  },
  "an error that nobody listens for": async () => {
    const caught = new Promise((resolve) => process.once("uncaughtException", resolve));
    spawn("/no/such");
    return told(await caught);
  },
  "no fd is left of many that failed": async () => {
    const before = openFds();
    for (let i = 0; i < 20; i++) {
      await whole(spawn("/no/such"));
      thrown(() => spawn("/bin/true", ["x".repeat(200_000)]));
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    return openFds() - before <= 0;
  },
});
