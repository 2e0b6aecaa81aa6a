/** `ringspawn explain`: what starting a command would do, on each engine. Starts nothing. */
import { limitName, signalName } from "@ringspawn/core/seam";
import { engines, explain } from "./index.js";
import type { EngineName, ExplainedStep, Explanation, Slot, SpawnRequest } from "./index.js";
import { missing } from "./missing.js";
import { commandOptions } from "./run.js";
import type { RunFlags } from "./run.js";
import { runtime } from "./runtime.js";
import { colours, table } from "./table.js";

/** The text to print. Throws TypeError for usage mistakes. */
export function explainCommand(file: string, args: readonly string[], flags: RunFlags): string {
  const options = commandOptions(args, flags);
  const chosen = explain(file, options);
  const lacking = missing(chosen.request);
  const verb = lacking === undefined ? "start" : "try";
  const sections = engines().map(({ name: engine }) => {
    const title = engine === chosen.engine ? `${engine}, which would ${verb} it` : engine;
    return `${colours.bold(title)}\n${indented(lowered(engine, explain(file, { ...options, engine })))}\n`;
  });
  return `${header(chosen.request, lacking)}\n\n${sections.join("\n")}`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

function header({ argv, env, cwd }: SpawnRequest, lacking: string | undefined): string {
  return table(undefined, [
    ["argv", argv.map(quoted).join(" ")],
    ["envp", env === undefined ? "as here" : `${Object.keys(env).length} variables`],
    ["cwd", cwd === undefined ? "as here" : quoted(cwd)],
    ...(lacking === undefined ? [] : [["missing", lacking]]),
  ]);
}

/** What one engine makes of the request, or why it makes nothing of it. */
function lowered(name: EngineName, { request, engine, rejected, steps }: Explanation): string {
  const refused = (option: string | undefined): string => (option === undefined ? "" : `refuses ${option}: `);
  const why = rejected.map(({ option, reason }) => refused(option) + reason);
  if (engine === undefined && (steps === undefined || rejected.some(({ option }) => option !== undefined))) {
    return why.join("\n");
  }
  if (steps === undefined) return handedOver(request);
  const rows = name === "io_uring" ? linked(steps, request) : called(steps, request);
  if (engine !== undefined) return rows;
  // What the kernel takes beyond ABI 1 is found out by trying, which needs one.
  const abi = name === "io_uring" ? ", with ABI 1 alone (a kernel that takes a list of fds gets them by CLONE)" : "";
  return `${why.join("\n")}; where it can be used${abi}:\n${rows}`;
}

function called(steps: readonly ExplainedStep[], request: SpawnRequest): string {
  return table(
    ["step", "#", "system call"],
    steps.map((row) => [row.step, String(row.index), call(row, request)]),
  );
}

/** One submission. A soft link ends the chain at a failure; a hard one behind EXEC goes on with the next candidate. */
function linked(steps: readonly ExplainedStep[], request: SpawnRequest): string {
  // The kernel gives the child the fds that CLONE lists, and no others.
  const isListed = (steps[0]?.args[2] ?? 0) > 0;
  return table(
    ["step", "#", "request", "link"],
    steps.map((row, i) => {
      if (isListed && row.step === "fds") return [row.step, String(row.index), `listed: ${listedFd(row, request)}`, ""];
      if (isListed && row.step === "closeFds") return [row.step, String(row.index), "there is nothing to close", ""];
      const link = row.step !== "file" ? "soft" : i + 1 < steps.length ? "hard, search" : "";
      return [row.step, String(row.index), ringRequest(row, request), link];
    }),
  );
}

function listedFd({ index, args: [from = 0, fd = 0] }: ExplainedStep, { slots }: SpawnRequest): string {
  return `${fd} is ${from < 0 ? `<${slotText(slots[index])}>` : `our ${from}`}`;
}

function ringRequest(row: ExplainedStep, request: SpawnRequest): string {
  const {
    step,
    index,
    args: [a = 0, b = 0, fds = 0],
  } = row;
  if (step === "file") return `EXEC(${quoted(request.candidates[index] ?? "")}, argv, envp)`;
  // The kernel itself looks whether the parent is still there.
  if (step === "dieWithParent") return `SPAWN_CALL prctl(PR_SET_PDEATHSIG, ${signalText(b)})`;
  if (step !== "birth") return `SPAWN_CALL ${call(row, request)}`;
  const { cgroup } = request.setup;
  const into = cgroup === undefined ? "" : `, into cgroup ${b < 0 ? `<${quoted(String(cgroup))}>` : b}`;
  return `CLONE(pidfd${a === 0 ? "" : `, ${flags(a)}`}${into}${fds === 0 ? "" : `, ${fds} fds listed`})`;
}

/** The runtime's own spawn gets options, not steps. */
function handedOver({ file, argv, cwd, env, slots, setup }: SpawnRequest): string {
  const options = [
    ...(cwd === undefined ? [] : [`cwd: ${quoted(cwd)}`]),
    ...(env === undefined ? [] : [`env: ${Object.keys(env).length} variables`]),
    ...(setup.session === true ? ["detached: true"] : []),
    ...(setup.uid === undefined ? [] : [`uid: ${setup.uid}`]),
    ...(setup.gid === undefined ? [] : [`gid: ${setup.gid}`]),
    `stdio: ${list(slots.map((slot) => `${slot.target} is ${slotText(slot)}`))}`,
  ];
  return `${runtime().spawn}: file: ${quoted(file)}, args: ${list(argv.slice(1).map(quoted))}, ${options.join(", ")}`;
}

/** The vfork executor's system call for a row, as strace would write it. */
function call({ step, index, args: [a = 0, b = 0, c = 0] }: ExplainedStep, request: SpawnRequest): string {
  const { setup, slots } = request;
  switch (step) {
    case "birth":
      return birth(a, b, c, request);
    case "namespaces":
      return `unshare(${flags(a)})`;
    case "session":
      return "setsid()";
    case "processGroup":
      return `setpgid(${a}, ${b})`;
    case "fds":
      if (a === b) return `fcntl(${a}, F_SETFD, 0)`;
      return `dup3(${a < 0 ? `<${slotText(slots[index])}>` : a}, ${b}, ${c})`;
    case "controllingTerminal":
      return `ioctl(${a}, TIOCSCTTY, ${c})`;
    case "limits":
      return `prlimit64(0, RLIMIT_${(limitName(a) ?? String(a)).toUpperCase()}, {${limit(b)}, ${limit(c)}}, NULL)`;
    case "priority":
      return `setpriority(PRIO_PROCESS, ${b}, ${c})`;
    case "ioPriority":
      return `ioprio_set(IOPRIO_WHO_PROCESS, ${b}, ${c >> 13} << 13 | ${c & 0x1fff})`;
    case "affinity":
      return `sched_setaffinity(${a}, ${b}, ${list((setup.affinity ?? []).map(String))})`;
    case "scheduler":
      return `sched_setscheduler(${a}, ${POLICIES[b] ?? b}, {${c}})`;
    case "umask":
      return `umask(${a.toString(8).padStart(4, "0")})`;
    case "root":
      return `chroot(${quoted(setup.root ?? "")})`;
    case "cwd":
      return `chdir(${quoted(request.cwd ?? "/")})`;
    case "groups":
      return `setgroups(${a}, ${list((setup.groups ?? []).map(String))})`;
    case "gid":
      return `setresgid(${a}, ${b}, ${c})`;
    case "uid":
      return `setresuid(${a}, ${b}, ${c})`;
    case "dieWithParent":
      return `prctl(PR_SET_PDEATHSIG, ${signalText(b)})${c === 0 ? "" : `, then getppid() must be ${c}`}`;
    case "noNewPrivileges":
      return `prctl(PR_SET_NO_NEW_PRIVS, ${b}, 0, 0, 0)`;
    case "closeFds":
      return `close_range(${a}, ${fdText(b)}, ${c})`;
    case "signals":
      return `rt_sigaction(${signalText(a)}, ${b === 0 ? "SIG_DFL" : "SIG_IGN"})`;
    case "mask":
      // From the request: as a number, a full mask would lose its last bits.
      return `rt_sigprocmask(SIG_SETMASK, ${list(signalsOf(setup.signals.mask))})`;
    case "file":
      return `execve(${quoted(request.candidates[index] ?? "")}, argv, envp)`;
    case "request":
    case "memory":
    case "stdio":
    case "cgroup":
    case "interpreter":
      // What can fail, but is no step of a chain.
      return "";
  }
}

/** `fdsEnd`: the child's copy of our fd table is cut off here; 0: not at all. */
function birth(cloneFlags: number, cgroup: number, fdsEnd: number, { setup, slots }: SpawnRequest): string {
  // A directory that is not open yet has no fd, and without one the chain has no flag for it.
  const unopened = cgroup < 0 ? `|CLONE_INTO_CGROUP, cgroup <${quoted(String(setup.cgroup))}>` : `, cgroup ${cgroup}`;
  const into = setup.cgroup === undefined ? "" : unopened;
  // What is to be opened has no numbers yet, and the cut is behind all of them.
  const from = slots.some(({ kind }) => kind !== "null" && kind !== "fd") ? `<${fdsEnd} or more>` : fdsEnd;
  const cut = fdsEnd === 0 ? "" : `, close_range(${from}, ~0, CLOSE_RANGE_UNSHARE)`;
  // Where clone3 is refused clone serves, whose flags end below this one: then the child resets its handlers itself.
  if (cloneFlags < CLEAR_SIGHAND) return `clone(${flags(cloneFlags)}), rt_sigaction for every handler${cut}`;
  return `clone3(${flags(cloneFlags)}${into})${cut}`;
}

const CLEAR_SIGHAND = 0x1_0000_0000;
// CLONE_*, lowest bit first
const CLONE: readonly (readonly [number, string])[] = [
  [0x80, "NEWTIME"],
  [0x100, "VM"],
  [0x400, "FILES"],
  [0x1000, "PIDFD"],
  [0x4000, "VFORK"],
  [0x2_0000, "NEWNS"],
  [0x200_0000, "NEWCGROUP"],
  [0x400_0000, "NEWUTS"],
  [0x800_0000, "NEWIPC"],
  [0x1000_0000, "NEWUSER"],
  [0x2000_0000, "NEWPID"],
  [0x4000_0000, "NEWNET"],
  [CLEAR_SIGHAND, "CLEAR_SIGHAND"],
  [0x2_0000_0000, "INTO_CGROUP"],
];

function flags(bits: number): string {
  const wide = BigInt(bits);
  return CLONE.flatMap(([bit, name]) => ((wide & BigInt(bit)) === 0n ? [] : [`CLONE_${name}`])).join("|");
}

// SCHED_*
const POLICIES: readonly (string | undefined)[] = [
  "SCHED_OTHER",
  "SCHED_FIFO",
  "SCHED_RR",
  "SCHED_BATCH",
  undefined,
  "SCHED_IDLE",
];

function slotText(slot: Slot | undefined): string {
  switch (slot?.kind) {
    case undefined:
    case "null":
      return "/dev/null";
    case "fd":
      return `fd ${slot.fd}`;
    case "pipe":
      return "a pipe";
    case "socket":
      return "a pair of sockets";
    case "pty":
    case "terminal":
      return "a pseudo-terminal";
    case "open terminal":
      return "an open terminal";
    case "file":
      return `${quoted(slot.path)} opened "${slot.open}"`;
  }
}

/** RLIM_INFINITY arrives as -1. */
function limit(value: number): string {
  return value < 0 ? "RLIM_INFINITY" : String(value);
}

function fdText(fd: number): string {
  return fd === 0xffff_ffff ? "~0" : String(fd);
}

function signalText(signal: number): string {
  return signalName(signal) ?? `signal ${signal}`;
}

/** Bit n - 1 is signal n. */
function signalsOf(set: bigint): string[] {
  return Array.from({ length: 64 }, (_, i) => i + 1)
    .filter((signal) => (set >> BigInt(signal - 1)) & 1n)
    .map(signalText);
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function list(items: readonly string[]): string {
  return `[${items.join(", ")}]`;
}
