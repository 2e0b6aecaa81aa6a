/** Twenty spawns between two marks, which are looks at files that do not exist: strace shows them. */
import { existsSync } from "node:fs";
import { spawn } from "ringspawn";
import type { EngineName } from "ringspawn";

const [engine, witness, stdio] = process.argv.slice(2) as [EngineName, string, "ignore" | "pipe"];

async function one(): Promise<void> {
  const child = spawn([witness, "exit", "0"], { engine, stdin: "ignore", stdout: stdio, stderr: "ignore" });
  if (stdio === "pipe") await (child.stdout as ReadableStream).cancel();
  await child.exited;
}

for (let i = 0; i < 5; i++) await one(); // work that is done once is not counted
await new Promise((resolve) => setTimeout(resolve, 50));
existsSync("/mark/begin");
for (let i = 0; i < 20; i++) await one();
existsSync("/mark/end");
