/** Runs one request on one engine, and observes everything that comes of it. */
import { Command, type EngineName, spawn, spawnSync, type SpawnOptions } from "ringspawn";
import type { Report } from "../report.ts";
import { cloexec, fs, parent, pattern, sha256 } from "../tools.ts";
import type { Face, Request } from "./request.ts";
import type { Spoken, World } from "./world.ts";

/** What was thrown instead of a child. */
export interface Refused {
  readonly name: string;
  readonly code: string | undefined;
  readonly isTypeError: boolean;
  /** Not compared with the runtime's own spawn, which does not know the step that failed. */
  readonly message: string;
}

export interface Observation {
  readonly refused: Refused | undefined;
  readonly engine: EngineName | undefined;
  /** Code, signal, success: in the words of the face. */
  readonly status: Readonly<Record<string, unknown>> | undefined;
  /** Undefined for what is not piped. */
  readonly stdout: string | undefined;
  readonly stderr: string | undefined;
  readonly report: Report | undefined;
  /** The report's parent is this program. */
  readonly ours: boolean;
  /** The session and the process group that the child is in: its own, that of this program, or another one. */
  readonly session: string | undefined;
  readonly group: string | undefined;
  readonly pidTold: boolean;
  readonly written: Readonly<Record<string, string>>;
  /** The fds that this program had open without CLOEXEC, which exec does not close. */
  readonly leaky: readonly number[];
}

interface Ended {
  readonly engine: EngineName;
  readonly pid: number | undefined;
  readonly status: Record<string, unknown>;
  readonly stdout: Uint8Array | undefined;
  readonly stderr: Uint8Array | undefined;
}

export async function observe(world: World, face: Face, request: Request, engine: EngineName): Promise<Observation> {
  world.reset();
  const fds = world.open();
  const leaky = leakyFds();
  let refused: Refused | undefined;
  let ended: Ended | undefined;
  try {
    ended = await RUN[face](world.say(face, request, fds), request, engine);
  } catch (error) {
    const { name, code, message } = error as { name: string; code?: string; message: string };
    if (!(error instanceof Error) || (code === undefined && name === "AssertionError")) throw error;
    refused = { name, code, isTypeError: error instanceof TypeError, message };
  } finally {
    fds.close();
  }
  const report = ended && reportOf(world, request, ended.stdout);
  const pid = ended?.pid;
  const relation = (id: number, ours: number): string =>
    id === report?.pid ? "its own" : id === ours ? "ours" : "other";
  return {
    refused,
    engine: ended?.engine,
    status: ended?.status,
    stdout: report !== undefined && request.stdio[1] === "pipe" ? "the report" : shown(ended?.stdout),
    stderr: shown(ended?.stderr),
    report,
    ours: report?.ppid === parent.pid,
    session: report && relation(report.sid, SESSION),
    group: report && relation(report.pgid, GROUP),
    pidTold: report !== undefined && pid === report.pid,
    // A report in one of these files differs from run to run, since each run has another process.
    written: request.program === "script" && request.stdio[1] !== "pipe" ? {} : world.written(),
    leaky,
  };
}

/** Fields 5 and 6 of /proc/self/stat are the group and the session. */
const [GROUP, SESSION] = ((): [number, number] => {
  const stat = fs.readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [Number(fields[2]), Number(fields[3])];
})();

function leakyFds(): number[] {
  return fs
    .readdirSync("/proc/self/fd")
    .map(Number)
    .filter((fd) => cloexec(fd) === false);
}

function reportOf(world: World, { action, program }: Request, stdout: Uint8Array | undefined): Report | undefined {
  if (action.do !== "report" || program === "text" || program === "empty file") return undefined;
  const text = action.to === "file" ? fs.readFileSync(world.report, "utf8") : new TextDecoder().decode(stdout);
  // The report of a script goes to its stdout, which may not be piped.
  return text === "" ? undefined : (JSON.parse(text) as Report);
}

/** Short output as it is, long output by its hash. */
function shown(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  if (bytes.length < 200) return new TextDecoder().decode(bytes);
  return `${bytes.length} bytes, ${sha256(bytes).slice(0, 16)}`;
}

const RUN: Record<Face, (spoken: Spoken, request: Request, engine: EngineName) => Promise<Ended>> = {
  "Command.spawn": async ({ command, args, command_ }, { action, stdio }, engine) => {
    const child = new Command(command, { ...command_, args, engine }).spawn();
    if (action.do === "kill") child.kill(action.signal);
    const collect = async (fd: 1 | 2): Promise<Uint8Array | undefined> =>
      stdio[fd] === "pipe" ? await child[fd === 1 ? "stdout" : "stderr"].bytes() : undefined;
    const feed = async (): Promise<void> => {
      if (stdio[0] !== "pipe") return;
      const writer = child.stdin.getWriter();
      try {
        if (action.do === "cat") await writer.write(pattern(action.bytes));
        await writer.close();
      } catch {
        // The child may end without reading, before or after the close.
      }
    };
    const [stdout, stderr, status] = await Promise.all([collect(1), collect(2), child.status, feed()]);
    return { engine: child.engine, pid: child.pid, status: { ...status }, stdout, stderr };
  },
  "Command.output": async ({ command, args, command_ }, { stdio }, engine) => {
    const output = await new Command(command, { ...command_, args, engine }).output();
    return collected(output, stdio);
  },
  "Command.outputSync": async ({ command, args, command_ }, { stdio }, engine) =>
    collected(new Command(command, { ...command_, args, engine }).outputSync(), stdio),
  spawn: async ({ command, args, spawn_ }, { action, stdio }, engine) => {
    const child = spawn([command as string, ...args], { ...spawn_, engine } as SpawnOptions);
    if (action.do === "kill") child.kill(action.signal);
    const { stdin } = child as { stdin: { write(bytes: Uint8Array): unknown; end(): unknown } | undefined };
    const feed = async (): Promise<void> => {
      try {
        if (action.do === "cat") await stdin?.write(pattern(action.bytes));
        await stdin?.end();
      } catch {
        // The child may end without reading.
      }
    };
    const collect = async (fd: 1 | 2): Promise<Uint8Array | undefined> =>
      stdio[fd] === "pipe"
        ? await (child[fd === 1 ? "stdout" : "stderr"] as unknown as { bytes(): Promise<Uint8Array> }).bytes()
        : undefined;
    const [stdout, stderr, exited] = await Promise.all([collect(1), collect(2), child.exited, feed()]);
    const { exitCode, signalCode, killed } = child;
    return { engine: child.engine, pid: child.pid, status: { exited, exitCode, signalCode, killed }, stdout, stderr };
  },
  spawnSync: async ({ command, args, spawn_ }, { action, stdio }, engine) => {
    const input = action.do === "cat" && stdio[0] === "pipe" && { stdin: pattern(action.bytes) };
    const all = { ...spawn_, ...input, engine } as SpawnOptions;
    const result = spawnSync([command as string, ...args], all);
    const { exitCode, signalCode, success, exitedDueToTimeout } = result;
    const bytes = (fd: 1 | 2): Uint8Array | undefined =>
      stdio[fd] === "pipe" ? (result[fd === 1 ? "stdout" : "stderr"] as unknown as Uint8Array) : undefined;
    const status = { exitCode, signalCode, success, exitedDueToTimeout };
    return { engine: result.engine, pid: result.pid, status, stdout: bytes(1), stderr: bytes(2) };
  },
};

type Output = Awaited<ReturnType<InstanceType<typeof Command>["output"]>>;

function collected(output: Output, stdio: Request["stdio"]): Ended {
  const { success, code, signal } = output;
  return {
    engine: output.engine,
    pid: undefined,
    status: { success, code, signal },
    stdout: stdio[1] === "pipe" ? output.stdout : undefined,
    stderr: stdio[2] === "pipe" ? output.stderr : undefined,
  };
}
