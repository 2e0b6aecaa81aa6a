/** `ringspawn run`: the child inherits this program's stdio, and this program ends as the child has ended. */
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { Command, SpawnError } from "./index.js";
import type { ChildProcess, CommandOptions, ProcessSetup, SignalName } from "./index.js";
import { givenFds } from "./given-fds.js";
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
  return {
    args,
    cwd: flags.cwd,
    env: parseEnv(flags.env),
    clearEnv: flags.clearEnv,
    setup: withGivenFds(parseSetup(flags.setup)),
    ...(flags.engine !== undefined && { engine: enginesOf(flags.engine) }),
  };
}

/** What `--setup` says of an fd goes before. */
function withGivenFds(setup: ProcessSetup): ProcessSetup {
  const given = givenFds();
  return given.length === 0
    ? setup
    : { ...setup, fds: { ...Object.fromEntries(given.map((fd) => [fd, "inherit"])), ...setup.fds } };
}

/**
 * The variables of `--env` are set in this program itself, whose environment the child then inherits byte by byte. A
 * copy with the variables added would be one of strings, and change every variable that is not UTF-8.
 */
function setOwnVariables(options: CommandOptions): CommandOptions {
  const { env, ...others } = options;
  if (env === undefined || options.clearEnv) return options;
  // This one means the engine of the command's own children, and not that of the command.
  const engine = env.RINGSPAWN_ENGINE === undefined ? undefined : process.env.RINGSPAWN_ENGINE?.trim() || "auto";
  for (const [name, value] of Object.entries(env)) process.env[name] = value;
  return engine === undefined ? others : { engine: enginesOf(engine), ...others };
}

/** A wrong name is refused by the library, which knows the right ones. */
function enginesOf(text: string): "auto" {
  const names = text.split(",").map((name) => name.trim());
  return (names.length === 1 ? names[0] : names) as "auto";
}

/** Runs the command to its end. Resolves to its exit status, or dies of its signal. Throws what the spawn throws. */
export async function run(file: string, args: readonly string[], flags: RunFlags): Promise<number> {
  const command = new Command(file, setOwnVariables(commandOptions(args, flags)));
  const started: { child?: ChildProcess } = {};
  // The handlers are there before the spawn: a signal during the spawn must not end this program and leave a child.
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
 * What ends a program that does not handle it, but for SIGKILL and the signals of the terminal. SIGILL, SIGTRAP,
 * SIGABRT, SIGBUS, SIGFPE, SIGSEGV and SIGSYS are not here: they say that this program itself is broken. Nor is
 * SIGPROF, by which V8 profiles this program (NODE_OPTIONS=--cpu-prof), or a real-time signal, which has no name in
 * Node. A handler of SIGUSR1 takes the place of the one by which Node opens its inspector.
 */
const PASSED = [
  "SIGTERM",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGVTALRM",
  "SIGPIPE",
  "SIGIO",
  "SIGPWR",
  "SIGSTKFLT",
  "SIGXCPU",
  "SIGXFSZ",
] as const satisfies readonly SignalName[];

/**
 * While the child runs, no signal ends this program, which ends as the child does. A signal that was sent to this
 * program alone is handed on to the child. A signal from the terminal (Ctrl-C, Ctrl-\) has reached the child already
 * and is not sent again: many programs take a second one to mean "at once, without cleaning up".
 */
function passSignals(started: { readonly child?: ChildProcess }): void {
  const pass = (signal: SignalName): void => {
    try {
      started.child?.kill(signal);
    } catch {
      // The child has ended, or has become another user's: nothing is left to do but to wait for its end.
    }
  };
  // Under its own name: SIGIO has two, and the listener is called with the other.
  for (const signal of PASSED) process.on(signal, () => pass(signal));
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    process.on(signal, () => {
      const pid = started.child?.pid;
      if (pid !== undefined && !isInForeground(pid)) pass(signal);
    });
  }
}

/** Whether the process is in the foreground group of this program's terminal, which gets the terminal's signals. */
function isInForeground(pid: number): boolean {
  try {
    return stat(pid).group === stat("self").foreground;
  } catch {
    // The process has ended, or there is no /proc: then the signal is not sent a second time.
    return true;
  }
}

/** proc_pid_stat(5): the fields behind the program's name, which may itself hold spaces and parentheses. */
function stat(pid: number | "self"): { group: number; foreground: number } {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { group: Number(fields[2]), foreground: Number(fields[5]) };
}

/** What the child took, one `name<TAB>value` a line. */
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
 * The kernel starts the record of a child that shared this program's memory until its exec at this program's own peak.
 * A figure up to that peak is therefore an upper bound and nothing more. The 5 % allow for the kernel's counters per
 * CPU, which it adds up loosely.
 */
function peak(maxRSS: number, ownPeak: number): string {
  return `${maxRSS <= ownPeak * 1.05 ? "≤ " : ""}${(maxRSS / 1e6).toFixed(1)} MB`;
}

const DUMPS_CORE: ReadonlySet<number> = new Set(
  (
    ["SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGXCPU", "SIGXFSZ", "SIGSYS"] as const
  ).map((name) => constants.signals[name]),
);

/** A core file of this program would overwrite that of the child, which is the one that people want to see. */
function forbidOwnCore(): void {
  try {
    new Command("prlimit", { args: ["--core=0", "--pid", String(process.pid)], stderr: "null" }).outputSync();
  } catch {
    // There is no prlimit(1) here. Two core files are better than another signal than the one that ended the child.
  }
}

/** Ends this program by the signal that ended the child, so that its own parent sees the same end. */
function dieOf(signal: SignalName | number): number {
  const number = typeof signal === "number" ? signal : constants.signals[signal as NodeJS.Signals];
  if (DUMPS_CORE.has(number)) forbidOwnCore();
  if (typeof signal === "string" && signal !== "SIGKILL") {
    // When the last listener goes, the default action comes back, even where Node itself ignored the signal (SIGPIPE).
    process.on(signal, () => {});
    process.removeAllListeners(signal);
  }
  process.kill(process.pid, number);
  // Process 1 of a container comes here: a signal that it has no handler for does not end it.
  return 128 + number;
}
