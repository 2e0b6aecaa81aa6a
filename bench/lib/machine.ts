/** On what and of what figures were taken. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, loadavg, release, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import type { Answer, Machine } from "./result.ts";

export function machine(): Machine {
  const processor = /^model name\s*: (.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? process.arch;
  return {
    kernel: release(),
    processor,
    processors: availableParallelism(),
    gigabytes: Math.round(totalmem() / 1024 ** 3),
    emulated: processor.includes("QEMU"),
    instructions: readFileSync("/proc/cmdline", "utf8").includes("lab.clock=instructions"),
  };
}

/** The commit, with a sign when there is more than it has. */
export function commit(): string {
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  try {
    return execFileSync("git", ["describe", "--always", "--dirty=+"], { cwd, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

export const load = (): number => Number((loadavg()[0] as number).toFixed(1));

/** The runtime, and where it was if that is no ordinary machine. */
export function place({ runtime, machine }: Answer): string {
  if (machine.instructions) return `${runtime}, in the lab, by instructions`;
  return machine.emulated ? `${runtime}, in the lab` : runtime;
}

/** As a sentence. */
export function describe({ machine, runtime, date, commit, load, quick }: Answer): string {
  const { processors, processor, gigabytes, kernel, emulated, instructions } = machine;
  const parts = [
    `${runtime}, ringspawn ${commit}, ${date}`,
    `Linux ${kernel}, ${processors} × ${processor}${emulated ? " (emulated)" : ""}, ${gigabytes} GB`,
    instructions
      ? "its clock counts instructions: what stands as 1 µs are 1,000 of them"
      : `load average ${load[0]} before, ${load[1]} after`,
    ...(quick ? ["QUICK: the figures are worth nothing"] : []),
  ];
  return `${parts.join("; ")}.`;
}
