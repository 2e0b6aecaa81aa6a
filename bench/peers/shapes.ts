/** The sides of APIs that have the shape of Deno's or of Bun's: the runtime's own, and ours. */
import type { Side } from "./peer.ts";

interface Status {
  readonly code: number;
}

/** As much as is used here: Deno's own types and Node's do not live together. */
interface CommandChild {
  readonly pid: number;
  readonly status: Promise<Status>;
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stdin: WritableStream<Uint8Array>;
}

export interface CommandCalls {
  spawn(path: string, options: object): CommandChild;
  output(path: string, options: object): Promise<{ readonly stdout: Uint8Array }>;
}

export type CommandClass = new (
  path: string,
  options?: object,
) => { spawn(): CommandChild; output(): Promise<{ readonly stdout: Uint8Array }> };

export function callsOf(Command: CommandClass): CommandCalls {
  return {
    spawn: (path, options) => new Command(path, options).spawn(),
    output: (path, options) => new Command(path, options).output(),
  };
}

/** `checked` looks at each child, or the output of one; `more` are further options of each. */
export function commandSide(
  calls: CommandCalls,
  checked: <T>(child: T) => T = (child) => child,
  more: object = {},
): Side {
  const code = ({ code }: Status): number => code;
  return {
    start(path, { env, ...options } = {}) {
      const whole = env === undefined ? {} : { env, clearEnv: true };
      const stdio = { stdin: "null", stdout: "null", stderr: "null" };
      const child = checked(calls.spawn(path, { ...stdio, ...options, ...whole, ...more }));
      return { child, exited: child.status.then(code) };
    },
    capture: async (path) => checked(await calls.output(path, more)).stdout,
    async read(path) {
      const stdio = { stdin: "null", stdout: "piped", stderr: "null" };
      const child = checked(calls.spawn(path, { ...stdio, ...more }));
      let bytes = 0;
      for await (const chunk of child.stdout) bytes += chunk.length;
      await child.status;
      return bytes;
    },
    async write(path, block, times) {
      const stdio = { stdin: "piped", stdout: "null", stderr: "null" };
      const child = checked(calls.spawn(path, { ...stdio, ...more }));
      const writer = child.stdin.getWriter();
      for (let i = 0; i < times; i++) await writer.write(block);
      await writer.close();
      return code(await child.status);
    },
  };
}

interface SpawnChild {
  readonly pid: number;
  readonly exited: Promise<number>;
  readonly stdout: AsyncIterable<Uint8Array> & { bytes(): Promise<Uint8Array> };
  readonly stderr: { bytes(): Promise<Uint8Array> };
  readonly stdin: { write(block: Uint8Array): unknown; flush(): unknown; end(): unknown };
}

export type Spawn = (command: string[], options: object) => SpawnChild;

export function spawnSide(spawn: Spawn, checked: <T>(child: T) => T = (child) => child, more: object = {}): Side {
  return {
    start(path, { args = [], ...options } = {}) {
      const child = checked(spawn([path, ...args], { stdio: ["ignore", "ignore", "ignore"], ...options, ...more }));
      return { child, exited: child.exited };
    },
    async capture(path) {
      const child = checked(spawn([path], { stdin: "ignore", stdout: "pipe", stderr: "pipe", ...more }));
      const [stdout] = await Promise.all([child.stdout.bytes(), child.stderr.bytes(), child.exited]);
      return stdout;
    },
    async read(path) {
      const child = checked(spawn([path], { stdin: "ignore", stdout: "pipe", stderr: "ignore", ...more }));
      let bytes = 0;
      for await (const chunk of child.stdout) bytes += chunk.length;
      await child.exited;
      return bytes;
    },
    async write(path, block, times) {
      const child = checked(spawn([path], { stdin: "pipe", stdout: "ignore", stderr: "ignore", ...more }));
      for (let i = 0; i < times; i++) {
        child.stdin.write(block);
        await child.stdin.flush();
      }
      await child.stdin.end();
      return child.exited;
    },
  };
}
