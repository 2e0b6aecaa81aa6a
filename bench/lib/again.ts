/** Runs a program of programs/ in a new process of this runtime, for what can be measured only once a process. */
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const DENO = "Deno" in globalThis ? ["run", "--allow-all", "--no-prompt"] : [];
const run = promisify(execFile);

export interface AgainOptions {
  /** For the runtime, before the program. */
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What the program printed, as JSON. */
export async function again<T>(program: string, args: readonly string[], options: AgainOptions = {}): Promise<T> {
  const { flags = [], env = {} } = options;
  const path = fileURLToPath(new URL(`../programs/${program}`, import.meta.url));
  const { stdout } = await run(process.execPath, [...DENO, ...flags, path, ...args], {
    env: { ...process.env, ...env },
    maxBuffer: 1024 ** 2,
  });
  return JSON.parse(stdout) as T;
}
