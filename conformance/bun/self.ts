/** What this process holds, as the kernel counts it; and the parts of Bun that tests use, with their types. */
import { children, fs, openFds } from "../tools.ts";

interface Child {
  readonly stdout: { text(): Promise<string> };
  readonly stderr: { text(): Promise<string> };
  readonly exited: Promise<number>;
}

const { Bun: bun } = globalThis as unknown as {
  Bun: {
    spawn(command: readonly string[], options: object): Child;
    gc(force: boolean): void;
  };
};

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs Bun with these arguments, by its own spawn. */
export async function run(
  args: readonly string[],
  { env = {}, cwd }: { readonly env?: Record<string, string>; readonly cwd?: string } = {},
): Promise<Run> {
  const child = bun.spawn([process.execPath, ...args], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    cwd,
    stderr: "pipe",
  });
  const [code, stdout, stderr] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
  return { code, stdout, stderr };
}

export interface Held {
  readonly fds: number;
  readonly threads: number;
  readonly children: number;
}

export function held(): Held {
  return { fds: openFds().size, threads: fs.readdirSync("/proc/self/task").length, children: children().size };
}

/** Bytes, after a collection. */
export function rss(): number {
  bun.gc(true);
  return process.memoryUsage().rss;
}
