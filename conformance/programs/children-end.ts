/** What needs a clock, a timer or a turn of the event loop, as one line each. */
import type { EngineName } from "ringspawn";

const PAST_A_BURST = 5_000_000;

export async function childrenEnd(engine: EngineName): Promise<string[]> {
  // Loaded now and not before: the caller has stopped the clocks and timers.
  const { Command, spawn, spawnSync, start } = await import("ringspawn");
  const lines: string[] = [];
  // Two in a row: the end of the first shows that it was noticed, that of the second that anything still is.
  for (let i = 0; i < 2; i++) {
    const child = spawn(["sh", "-c", "exit 3"], { engine, stdout: "ignore" });
    lines.push(`spawn ${await child.exited} ${child.engine}`);
  }
  const started = start("sh", { args: ["-c", "exit 4"], engine, stdout: "null" });
  lines.push(`start ${(await started.status).code} ${started.engine}`);
  const { stdout } = await new Command("head", { args: ["-c", String(PAST_A_BURST), "/dev/zero"], engine }).output();
  lines.push(`output ${stdout.byteLength === PAST_A_BURST}`);
  const slow = ["sleep", "20"];
  const { exitedDueToTimeout } = spawnSync(slow, { engine, timeout: 200 });
  lines.push(`spawnSync ${exitedDueToTimeout}`);
  // The runtime's own spawn has no other timer than the program's.
  if (engine === "runtime") return lines;
  const ends: number[] = [];
  const late = async (timeout: number): Promise<void> => {
    await spawn(slow, { engine, stdout: "ignore", timeout }).exited;
    ends.push(timeout);
  };
  await Promise.all([late(600), late(200), late(400)]);
  lines.push(`timeouts ${ends.join(" ")}`);
  return lines;
}

export function expectedLines(engine: EngineName): string[] {
  const all = [`spawn 3 ${engine}`, `spawn 3 ${engine}`, `start 4 ${engine}`, "output true", "spawnSync true"];
  return engine === "runtime" ? all : [...all, "timeouts 200 400 600"];
}
