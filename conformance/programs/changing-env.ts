/**
 * Starts children that inherit the environment while another thread does nothing but change it, and tells what was
 * wrong with what they got: an entry that nobody has written, one that nobody touches and that is missing, a failure.
 */
import { spawnSync } from "ringspawn";
import type { EngineName } from "ringspawn";
import { isMainThread, parentPort, SHARE_ENV, Worker } from "node:worker_threads";
import type { Report } from "../report.ts";
import { parent, volume } from "../tools.ts";

const [engine, witness] = parent.argv.slice(2) as [EngineName, string];

function change(): void {
  for (let round = 0; ; round++) {
    const name = (i: number): string => `CHANGING_${i}_${round % 7}`;
    for (let i = 0; i < 200; i++) parent.env[name(i)] = "v".repeat(((i + round * 37) % 200) + 1);
    for (let i = 0; i < 200; i++) Reflect.deleteProperty(parent.env, name(i));
  }
}

function wrong(): string[] {
  const result = spawnSync([witness], { engine, stdout: "pipe" });
  const { env } = JSON.parse(new TextDecoder().decode(result.stdout)) as Report;
  const found = env.filter((entry) => !/^\w+=/.test(entry) || /^CHANGING(?!_\d+_\d=v+$)/.test(entry));
  if (!env.includes("STEADY=yes")) found.push("STEADY is missing");
  return found;
}

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), { env: SHARE_ENV });
  await new Promise((resolve) => worker.once("message", resolve));
  const found = new Set<string>();
  for (let i = 0; i < volume(40); i++) {
    try {
      for (const entry of wrong()) found.add(entry);
    } catch (error) {
      found.add(String(error));
    }
  }
  console.log(JSON.stringify([...found]));
  parent.exit(0);
}
parentPort?.postMessage("changing");
// It never ends, so the message has to go first.
setTimeout(change, 0);
