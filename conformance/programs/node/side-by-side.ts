/** Attempts under Node's permission model, each by one engine of ours and by Node's own API: one JSON line each. */
import childProcess from "node:child_process";
import fs from "node:fs";
import { isMainThread, parentPort, Worker, type WorkerOptions, workerData } from "node:worker_threads";
import { Command, type EngineName, type ProcessSetup, spawn, spawnSync, start } from "ringspawn";
import { createPool } from "ringspawn/pool";

export interface Attempt {
  readonly name: string;
  readonly command: readonly string[];
  readonly options?: {
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly argv0?: string;
    readonly stdin?: number;
    readonly setup?: ProcessSetup;
  };
  /** A file that the program has opened before. Its fd is the child's stdin. */
  readonly opens?: string;
  /** By which face of ours. Default `spawnSync`. */
  readonly face?: "spawnSync" | "spawn" | "output" | "start" | "pool";
  /** How Node's own API says the same, where that is not child_process.spawnSync. */
  readonly own?: { readonly file: string; readonly open: string };
  /** What the program does before. */
  readonly before?: "drop child" | "forget execArgv" | "replace";
  /** Made in a worker with these options. */
  readonly worker?: WorkerOptions;
}

/** What an attempt has come to. */
export interface Outcome {
  readonly code?: number | string | null;
  readonly stdout?: string;
  readonly engine?: string;
  readonly error?: string;
  readonly message?: string;
  readonly resource?: string;
}

export interface Line {
  readonly ours: Outcome;
  readonly own: Outcome;
}

async function outcome(attempt: () => Outcome | Promise<Outcome>): Promise<Outcome> {
  try {
    return await attempt();
  } catch (error) {
    const { name, message, code, resource } = error as NodeJS.ErrnoException & { resource?: string };
    return { error: name, message, ...(code !== undefined && { code }), ...(resource !== undefined && { resource }) };
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

async function ours({ command, options = {}, face = "spawnSync" }: Attempt, engine: EngineName): Promise<Outcome> {
  const { stdin, argv0, ...rest } = options;
  const [file = "", ...args] = command;
  const forCommand = {
    ...rest,
    args,
    clearEnv: rest.env !== undefined,
    engine,
    ...(stdin !== undefined && { stdin }),
  };
  switch (face) {
    case "spawnSync": {
      const {
        exitCode,
        stdout,
        engine: by,
      } = spawnSync([...command], {
        ...rest,
        engine,
        ...(argv0 !== undefined && { argv0 }),
        ...(stdin !== undefined && { stdin }),
      } as never) as { exitCode: number; stdout: Uint8Array; engine: string };
      return { code: exitCode, stdout: text(stdout), engine: by };
    }
    case "spawn": {
      const child = spawn([...command], { ...rest, engine, stdout: "pipe" });
      const stdout = await child.stdout.text();
      return { code: await child.exited, stdout, engine: child.engine };
    }
    case "output": {
      const { code, stdout, engine } = await new Command(file, forCommand).output();
      return { code, stdout: text(stdout), engine };
    }
    case "start": {
      const child = start(file, { ...forCommand, stdout: "piped" });
      await child.started;
      const { code, stdout } = await child.output();
      return { code, stdout: text(stdout), engine: child.engine };
    }
    case "pool": {
      const pool = createPool({ size: 1, engine, ...(rest.setup && { setup: rest.setup }) });
      const child = pool.spawn(file, { args });
      const { code } = await child.status;
      await pool[Symbol.asyncDispose]();
      return { code, stdout: "", engine: child.engine };
    }
  }
}

/** Node's own, as it was before the program replaced anything. */
const original = childProcess.spawnSync;

function own({ command: [file = "", ...args], options = {}, own }: Attempt): Outcome {
  if (own !== undefined) {
    fs.closeSync(fs.openSync(own.file, own.open));
    return { code: 0, stdout: "" };
  }
  const { status, stdout, error } = original(file, args, {
    ...(options.env && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.argv0 !== undefined && { argv0: options.argv0 }),
    ...(options.stdin !== undefined && { stdio: [options.stdin, "pipe", "inherit"] }),
  });
  if (error !== undefined) throw error;
  return { code: status, stdout: String(stdout) };
}

function prepare(before: Attempt["before"]): void {
  switch (before) {
    case undefined:
      return;
    case "drop child":
      return (process as unknown as { permission: { drop?(scope: string): void } }).permission.drop?.("child");
    case "forget execArgv":
      process.execArgv = [];
      return;
    case "replace":
      // What a program may replace, and has replaced, is not asked.
      Object.assign((process as unknown as { permission: object }).permission, { has: () => true });
      Object.assign(childProcess, { spawn: () => ({ on() {} }), spawnSync: () => ({}) });
  }
}

async function sideBySide(attempt: Attempt, engine: EngineName): Promise<Line> {
  const fd = attempt.opens === undefined ? undefined : fs.openSync(attempt.opens, "r");
  const concrete = fd === undefined ? attempt : { ...attempt, options: { ...attempt.options, stdin: fd } };
  prepare(attempt.before);
  const line = { ours: await outcome(() => ours(concrete, engine)), own: await outcome(() => own(concrete)) };
  if (fd !== undefined) fs.closeSync(fd);
  return line;
}

function inWorker(attempt: Attempt, engine: EngineName): Promise<Line> {
  const options = { ...attempt.worker, workerData: { attempt, engine } };
  const worker = new Worker(new URL(import.meta.url), options);
  return new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
}

if (isMainThread) {
  const [engine, list] = process.argv.slice(2) as [EngineName, string];
  for (const attempt of JSON.parse(list) as Attempt[]) {
    console.log(JSON.stringify(await (attempt.worker ? inWorker : sideBySide)(attempt, engine)));
  }
} else {
  const { attempt, engine } = workerData as { attempt: Attempt; engine: EngineName };
  parentPort?.postMessage(await sideBySide(attempt, engine));
}
