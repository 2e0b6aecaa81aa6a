/**
 * What cases need from the runtime besides the library: files, paths, hashes, assertions. Every runtime has these
 * modules under the same names. They are imported here, so that no case names a runtime.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os, { tmpdir } from "node:os";
import path from "node:path";
import parent from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import type { Report, ReportedFd } from "./report.ts";

export { assert, Buffer, delay, fs, os, parent, path, pathToFileURL, tmpdir, vm };

/**
 * How much slower this machine is than a real one: 1, or what lab.ts says of its emulated one. It comes by the
 * environment, so that the programs of cases have it, too. The two functions below are all that uses it.
 */
const SLOWNESS = Number(parent.env["CONFORMANCE_SLOWNESS"] ?? 1);

/** How many milliseconds to wait here for what takes at most `ms` of them on a real machine. */
export function patience(ms: number): number {
  return ms * SLOWNESS;
}

/** How often to do here what is done `count` times on a real machine. */
export function volume(count: number): number {
  return Math.ceil(count / SLOWNESS);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What `witness write N` prints. */
export function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i ^ (i >> 8) ^ (i >> 16);
  return bytes;
}

export function fdOf(report: Report, fd: number): ReportedFd {
  const found = report.fds.find((entry) => entry.fd === fd);
  assert.ok(found, `the child has no fd ${fd}; it has ${report.fds.map((entry) => entry.fd).join(", ")}`);
  return found;
}

/** The environment of a report as an object. */
export function envOf(report: Report): Record<string, string> {
  return Object.fromEntries(
    report.env.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
  );
}

/** Waits until `look` says true; fails after `ms` on a real machine. */
export async function until(
  what: string | (() => string),
  look: () => boolean | Promise<boolean>,
  ms = 5000,
): Promise<void> {
  const end = Date.now() + patience(ms);
  while (!(await look())) {
    assert.ok(Date.now() < end, `after ${patience(ms)} ms still not: ${typeof what === "string" ? what : what()}`);
    await delay(5);
  }
}

/** True while a process of this pid exists and is no zombie. */
export function alive(pid: number): boolean {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat[stat.lastIndexOf(")") + 2] !== "Z";
  } catch {
    return false;
  }
}

/** pid → state letter of every child of this program, zombies included. */
export function children(): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of fs.readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    let stat: string;
    try {
      stat = fs.readFileSync(`/proc/${name}/stat`, "utf8");
    } catch {
      continue; // it ended meanwhile
    }
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(fields[1]) === parent.pid) found.set(Number(name), fields[0] ?? "?");
  }
  return found;
}

/** A nice value that takes no privilege: `more` above that of this program, as far as there is one. */
export function nicer(more: number): number {
  return Math.min(19, os.getPriority() + more);
}

/** fd → link of every open fd of this program. */
export function openFds(): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of fs.readdirSync("/proc/self/fd")) {
    try {
      found.set(Number(name), fs.readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      // the directory's own fd
    }
  }
  return found;
}

/**
 * Fails when a round of `count` spawns leaves something: an fd, a child, a zombie, or memory each time. The caller has
 * run a smaller round before, in which lazy parts of the runtime have taken what they keep.
 */
export async function leavesNothing(round: (count: number) => Promise<void>, count: number): Promise<void> {
  const fds = openFds().size;
  const alive = children().size;
  // A heap grows now and then, as its collector decides; a young one several times in a row, a leak each time.
  const grown: number[] = [];
  while (grown.length < 8) {
    const before = parent.memoryUsage().rss;
    await round(count);
    // Some runtimes close handles a little later.
    await until("no fd stays", () => openFds().size <= fds);
    const states = [...children().values()];
    assert.ok(states.length <= alive && !states.includes("Z"), `children: ${states.join("")}, ${alive} before`);
    const more = parent.memoryUsage().rss - before;
    // A collector may leave 16 MB of garbage: less than 2 KB a spawn in the case of 10,000, but 16 KB in that of 1,000.
    if (more < Math.max(1024 * count, 16 * 1024 * 1024)) return;
    grown.push(Math.round(more / count));
  }
  assert.fail(`bytes a spawn that stay, each time: ${grown.join(", ")}`);
}

/**
 * Makes garbage by code that becomes hot, so that collector and compiler start their threads: a runtime may die when it
 * cannot start them later.
 */
export function collectOnce(): void {
  for (let i = 0; i < 400; i++) Array.from({ length: 5000 }, (_, j) => ({ j }));
}

/** Whether exec closes this fd of this program; undefined for one that is not open. */
export function cloexec(fd: number): boolean | undefined {
  return hasFlag(fd, 0o2000000);
}

/** Whether it would rather fail than wait; undefined for one that is not open. */
export function nonblocking(fd: number): boolean | undefined {
  return hasFlag(fd, 0o4000);
}

function hasFlag(fd: number, flag: number): boolean | undefined {
  try {
    const flags = /^flags:\s*(\d+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
    return (parseInt(flags ?? "", 8) & flag) !== 0;
  } catch {
    return undefined;
  }
}

/** A line of /proc/self/status, e.g. "VmRSS". */
export function status(field: string): string {
  const line = fs
    .readFileSync("/proc/self/status", "utf8")
    .split("\n")
    .find((text) => text.startsWith(`${field}:`));
  return (line ?? "").slice(field.length + 1).trim();
}

/** fstat of any fd of this program, also of one that the runtime does not know. */
export function statFd(fd: number): fs.Stats {
  return fs.statSync(`/proc/self/fd/${fd}`);
}

/** What collects garbage, which each runtime has somewhere else. */
export async function collector(): Promise<() => void> {
  const { Bun: bun } = globalThis as { Bun?: { gc(isSynchronous: true): void } };
  if (bun !== undefined) return () => bun.gc(true);
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([import("node:v8"), import("node:vm")]);
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

/** What prints values, as the runtime's console does. */
export async function inspector(): Promise<(value: unknown) => string> {
  type Printer = { readonly inspect: (value: unknown) => string };
  const { Bun: bun, Deno: deno } = globalThis as { readonly [name in "Bun" | "Deno"]?: Printer };
  return (bun ?? deno ?? (await import("node:util"))).inspect;
}
