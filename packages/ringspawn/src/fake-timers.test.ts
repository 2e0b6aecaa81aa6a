/** Vitest's fake timers are on before the package is loaded. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";

beforeAll(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "setImmediate", "Date", "performance"] });
});
afterAll(() => {
  vi.useRealTimers();
});

test.runIf(process.platform === "linux")("children end, and timeouts come", async () => {
  const { Command, spawn, spawnSync } = await import("./index.js");
  for (const code of [3, 4]) expect(await spawn(["sh", "-c", `exit ${code}`]).exited).toBe(code);
  const output = await new Command("head", { args: ["-c", "5000000", "/dev/zero"] }).output();
  expect([output.stdout.byteLength, output.engine]).toEqual([5_000_000, "vfork"]);
  const late = spawn(["sleep", "20"], { timeout: 100 });
  await late.exited;
  expect(late.signalCode).toBe("SIGTERM");
  expect(spawnSync(["sleep", "20"], { timeout: 100 }).exitedDueToTimeout).toBe(true);
});
