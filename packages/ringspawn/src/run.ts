/** `ringspawn run`: the child's stdio is ours, its end becomes ours. */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { Command, SpawnError } from "./index.js";
import type { ChildProcess, CommandOptions, SignalName } from "./index.js";
import { parseEnv, parseSetup } from "./setup-option.js";

/** What `run` and `explain` take, as the argument parser hands it over. */
export interface RunFlags {
  readonly engine?: string;
  readonly setup: readonly string[];
  readonly cwd?: string;
  readonly env: readonly string[];
  readonly clearEnv?: boolean;
  readonly time?: boolean;
}

/** The options of the command line as the library's. Throws for what is not even well formed. */
export function commandOptions(args: readonly string[], flags: RunFlags): CommandOptions {
  const names = flags.engine?.split(",");
  return {
    args,
    cwd: flags.cwd,
    env: parseEnv(flags.env),
    clearEnv: flags.clearEnv,
    setup: parseSetup(flags.setup),
    // A wrong name is refused by the library, which knows the right ones.
    ...(names !== undefined && { engine: (names.length === 1 ? names[0] : names) as "auto" }),
  };
}

/** Runs the command to its end. Resolves to its exit status, or dies of its signal. Throws what the spawn throws. */
export async function run(file: string, args: readonly string[], flags: RunFlags): Promise<number> {
  const command = new Command(file, commandOptions(args, flags));
  const started: { child?: ChildProcess } = {};
  // Before the spawn, lest a signal during it end us and leave the child alone. Handlers run in a later turn.
  passSignals(started);
  const start = performance.now();
  const child = (started.child = command.spawn());
  const ownPeak = process.resourceUsage().maxRSS * 1024;
  const { code, signal } = await child.status;
  const wall = performance.now() - start;
  if (flags.time) process.stderr.write(timeReport(child, wall, ownPeak));
  return signal === null ? code : dieOf(signal);
}

/** The status of a CLI whose command did not start, as env(1) and timeout(1) have it. */
export function exitStatusOf(error: unknown): number {
  if (!(error instanceof SpawnError) || error.engine === undefined) return 125;
  // The runtime's own spawn tells no step; nearly always it is the program.
  const atExec = error.step === "file" || error.step === "interpreter" || error.step === undefined;
  if (!atExec) return 125;
  return error.code === "ENOENT" ? 127 : 126;
}

/**
 * While the child runs, its end decides ours. What is sent to us alone is handed on; what the terminal sends
 * (Ctrl-C, Ctrl-\) went to the child as well, and twice would be once too often: many programs take the second
 * one for "now, and without cleaning up".
 */
function passSignals(started: { readonly child?: ChildProcess }): void {
  const pass = (signal: SignalName): void => {
    try {
      started.child?.kill(signal);
    } catch {
      // It has ended, or become another user's: then there is nothing to do but to wait.
    }
  };
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, pass);
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    process.on(signal, () => {
      const pid = started.child?.pid;
      if (pid !== undefined && !isInForeground(pid)) pass(signal);
    });
  }
}

/** Whether the process is in the foreground group of our terminal, the one that gets its signals. */
function isInForeground(pid: number): boolean {
  try {
    return stat(pid).group === stat("self").foreground;
  } catch {
    // Gone, or no /proc: nobody to tell, or no way to know better.
    return true;
  }
}

/** proc_pid_stat(5): the fields behind the program's name, which may itself hold spaces and parentheses. */
function stat(pid: number | "self"): { group: number; foreground: number } {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { group: Number(fields[2]), foreground: Number(fields[5]) };
}

/** What it took, one `name<TAB>value` a line. */
function timeReport(child: ChildProcess, wall: number, ownPeak: number): string {
  const usage = child.resourceUsage();
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;
  const unknown = `unknown to the ${child.engine} engine`;
  const rows = [
    ["wall", seconds(wall)],
    ["user", usage === undefined ? unknown : seconds(Number(usage.cpuTime.user) / 1000)],
    ["sys", usage === undefined ? unknown : seconds(Number(usage.cpuTime.system) / 1000)],
    ["peak", usage === undefined ? unknown : peak(usage.maxRSS, ownPeak)],
    ["engine", child.engine],
  ];
  return rows.map(([name, value]) => `${name}\t${value}\n`).join("");
}

/**
 * The kernel begins the record of a child that shared our memory until its exec with our own peak: up to that the
 * figure is an upper bound and nothing more. The 5 % are for its per-CPU counters, which it adds up loosely.
 */
function peak(maxRSS: number, ownPeak: number): string {
  return `${maxRSS <= ownPeak * 1.05 ? "≤ " : ""}${(maxRSS / 1e6).toFixed(1)} MB`;
}

const DUMPS_CORE: ReadonlySet<number> = new Set(
  (
    ["SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGXCPU", "SIGXFSZ", "SIGSYS"] as const
  ).map((name) => constants.signals[name]),
);

/** Our core would overwrite the child's, the one people want to see. */
function forbidOwnCore(): void {
  try {
    new Command("prlimit", { args: ["--core=0", "--pid", String(process.pid)], stderr: "null" }).outputSync();
  } catch {
    // No prlimit(1) here. Then a core of ours is the lesser evil: to die otherwise than the child would be a lie.
  }
}

/** Ends this program by the signal that ended the child, so that whoever waits for us sees the same. */
function dieOf(signal: SignalName | number): number {
  const number = typeof signal === "number" ? signal : constants.signals[signal as NodeJS.Signals];
  if (DUMPS_CORE.has(number)) forbidOwnCore();
  if (typeof signal === "string" && signal !== "SIGKILL") {
    // When the last listener goes, the default action comes back, even where Node itself ignored the signal (SIGPIPE).
    process.on(signal, () => {});
    process.removeAllListeners(signal);
  }
  process.kill(process.pid, number);
  // Still here: process 1 of a container is spared by signals it has no handler for.
  return 128 + number;
}
