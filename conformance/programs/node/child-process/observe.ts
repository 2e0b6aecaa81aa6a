/** What programs see of child_process, so that it can be compared: with pids, times and folders taken out. */
import type { ChildProcess, SpawnSyncReturns } from "node:child_process";
import process from "node:process";

export type Scenes = Readonly<Record<string, () => unknown>>;

/** Runs the scenes one after the other and prints what each has seen, one line of JSON each. */
export async function show(scenes: Scenes): Promise<void> {
  for (const [name, scene] of Object.entries(scenes)) {
    let seen: unknown;
    try {
      seen = await scene();
    } catch (error) {
      seen = { threw: told(error) };
    }
    const text = JSON.stringify([name, seen]);
    // Which socket or pipe it is differs each time.
    process.stdout.write(`${text.replaceAll(/(socket|pipe):\[\d+\]/g, "$1")}\n`);
  }
}

const KEYS = ["code", "errno", "syscall", "path", "spawnargs", "cmd", "killed", "signal", "status", "stdout", "stderr"];

/** An error by all that programs match on. */
export function told(error: unknown): unknown {
  if (!(error instanceof Error)) return error === undefined ? null : error;
  const fields = error as Error & Readonly<Record<string, unknown>>;
  const own = KEYS.filter((key) => fields[key] !== undefined).map((key) => [key, plain(fields[key])]);
  return { name: error.name, message: error.message.slice(0, 200), ...Object.fromEntries(own) };
}

function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return `bytes ${value.toString("latin1").slice(0, 200)}`;
  if (Array.isArray(value)) return value.map((item) => (typeof item === "string" ? item.slice(0, 60) : plain(item)));
  return value === undefined ? "undefined" : value;
}

const EVENTS = ["spawn", "error", "exit", "close", "disconnect", "message"] as const;

/** Everything that a child tells, in order, until it is closed. */
export async function whole(child: ChildProcess, until = "close"): Promise<readonly unknown[]> {
  const events: unknown[] = [];
  const texts = [child.stdout, child.stderr].map((stream) => collected(stream));
  for (const event of EVENTS) {
    child.on(event as "exit", (...args: unknown[]) => events.push([event, ...args.map((arg) => told(arg))]));
  }
  await new Promise((resolve) => child.once(until, resolve));
  // What comes in the same turn is to be seen, too.
  await new Promise((resolve) => setImmediate(resolve));
  return [
    ...events,
    ...(await Promise.all(texts)),
    { exitCode: child.exitCode, signalCode: child.signalCode, killed: child.killed, hasPid: child.pid !== undefined },
  ];
}

async function collected(stream: ChildProcess["stdout"]): Promise<string | null> {
  if (stream === null) return null;
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}

/** What a blocking spawn has come to. */
export function result(answer: SpawnSyncReturns<string | Buffer>): unknown {
  const { status, signal, output, stdout, stderr, pid, error } = answer;
  return {
    keys: Object.keys(answer),
    status,
    signal,
    output: plain(output),
    stdout: plain(stdout),
    stderr: plain(stderr),
    hasPid: pid > 0,
    error: told(error),
  };
}

/** The kinds of fds that a child of /bin/sh has, as a command that prints them. */
export const FDS = "for fd in 0 1 2 3 4 5 6 7 8; do readlink /proc/$$/fd/$fd || echo none; done";
