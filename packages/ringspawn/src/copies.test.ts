/** A test framework evaluates the package anew for each of its files, in one process. */
import fs from "node:fs";
import { setImmediate } from "node:timers/promises";
import v8 from "node:v8";
import vm from "node:vm";
import { expect, test, vi } from "vitest";

v8.setFlagsFromString("--expose-gc");
const collectGarbage = vm.runInNewContext("gc") as () => void;

const COPIES = 40;

async function copy(i: number): Promise<void> {
  vi.resetModules();
  const { Command } = await import("./index.js");
  const { stdout, engine } = await new Command("echo", { args: [String(i)] }).output();
  expect(new TextDecoder().decode(stdout)).toBe(`${i}\n`);
  expect(engine).toBe("vfork");
}

function openFds(): number {
  return fs.readdirSync("/proc/self/fd").length;
}

test.runIf(process.platform === "linux")("copies run natively, and what nobody has any more is closed", async () => {
  await copy(0);
  const before = openFds();
  for (let i = 1; i <= COPIES; i++) await copy(i);
  for (let i = 0; i < 20 && openFds() > before + COPIES; i++) {
    collectGarbage();
    await setImmediate();
  }
  // Each has more fds than one. The last ones may still be had by the framework.
  expect(openFds()).toBeLessThanOrEqual(before + COPIES);
});
