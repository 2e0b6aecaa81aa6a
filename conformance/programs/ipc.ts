/** Starts a child with a channel, and waits for nothing: what is printed, and when it ends, is under test. */
import { spawn } from "ringspawn";
import type { EngineName } from "ringspawn";
import { parent } from "../tools.ts";

const [engine, witness, how, ...rest] = parent.argv.slice(2) as [EngineName, string, string, ...string[]];

parent.on("uncaughtException", ({ message }: Error) => console.log(`uncaught ${message}`));

function fail(message: unknown): never {
  throw new Error(String(message));
}

if (how === "throw") {
  const onDisconnect = (): void => fail("disconnect");
  spawn(rest, { engine, stdout: "inherit", serialization: "advanced", ipc: fail, onDisconnect });
} else if (how === "foreign") {
  spawn(rest, { engine, stdout: "inherit", ipc: (message) => console.log(`message ${String(message)}`) });
} else {
  const child = spawn([witness, "sleep", ...rest], {
    engine,
    stdout: "ignore",
    stderr: "ignore",
    ipc() {},
    onDisconnect: () => console.log("disconnect"),
  });
  if (how === "unref") child.unref();
  console.log(`started ${child.pid}`);
}
