/** Attempts, each made by every engine of ours and by Deno's own API under the same permissions: one JSON line each. */
import { type Attempt, OPEN_OPTIONS, type Outcome } from "../attempts.ts";
import { closeSync, openSync } from "node:fs";
import { Command, type CommandOptions, spawn, spawnSync, start } from "ringspawn";
import { createPool } from "ringspawn/pool";

const utf8 = new TextDecoder();

async function outcome(attempt: () => Outcome | Promise<Outcome>): Promise<Outcome> {
  try {
    return await attempt();
  } catch (error) {
    const { name, message, code } = error as Error & { code?: string };
    return { error: name, message, ...(code !== undefined && { code }) };
  }
}

/** The option with which an attempt passes an fd that this program has opened, in place of the word `own`. */
function withOwnFd<T extends object>(options: T, fd: number): T {
  return JSON.parse(JSON.stringify(options).replaceAll('"own"', String(fd))) as T;
}

async function ours({ command, options = {}, face = "outputSync" }: Attempt, engine: string): Promise<Outcome> {
  const all = { ...options, engine } as CommandOptions;
  switch (face) {
    case "outputSync": {
      const { code, stdout, engine } = new Command(command, all).outputSync();
      return { code, stdout: utf8.decode(stdout), engine };
    }
    case "output": {
      const { code, stdout, engine } = await new Command(command, all).output();
      return { code, stdout: utf8.decode(stdout), engine };
    }
    case "spawn": {
      const child = new Command(command, { stdout: "piped", ...all }).spawn();
      const { code, stdout } = await child.output();
      return { code, stdout: utf8.decode(stdout), engine: child.engine };
    }
    case "start": {
      const child = start(command, { stdout: "piped", ...all });
      await child.started;
      const { code, stdout } = await child.output();
      return { code, stdout: utf8.decode(stdout), engine: child.engine };
    }
    case "bun": {
      const child = spawn([command, ...(options.args ?? [])], { ...all, stdout: "pipe" } as never);
      const stdout = await (child as unknown as { stdout: { text(): Promise<string> } }).stdout.text();
      return { code: await child.exited, stdout, engine: child.engine };
    }
    case "bunSync": {
      const { exitCode, stdout, engine } = spawnSync([command, ...(options.args ?? [])], all as never) as {
        readonly exitCode: number;
        readonly stdout: Uint8Array;
        readonly engine: string;
      };
      return { code: exitCode, stdout: utf8.decode(stdout), engine };
    }
    case "pool": {
      await using pool = createPool({ size: 1, ...all });
      const child = pool.spawn(command);
      await child.started;
      return { code: (await child.status).code, stdout: "", engine: child.engine };
    }
  }
}

/** What Deno's own API makes of it. */
function theirs({ command, options, own }: Attempt): Outcome {
  if (own !== undefined) {
    Deno.openSync(own.file, OPEN_OPTIONS[own.open]).close();
    return { code: 0, stdout: "" };
  }
  const { code, stdout } = new Deno.Command(command, options as Deno.CommandOptions).outputSync();
  return { code, stdout: utf8.decode(stdout) };
}

async function sideBySide(attempt: Attempt): Promise<void> {
  const fd = attempt.opens === undefined ? -1 : openSync(attempt.opens, "r");
  for (const [name, value] of Object.entries(attempt.sets ?? {})) Deno.env.set(name, value);
  const concrete = { ...attempt, options: withOwnFd(attempt.options ?? {}, fd) };
  const [auto, native, runtime] = [
    await outcome(() => ours(concrete, "auto")),
    await outcome(() => ours(concrete, Deno.args[1] as string)),
    await outcome(() => ours(concrete, "runtime")),
  ];
  const deno = attempt.expect === undefined ? await outcome(() => theirs(concrete)) : undefined;
  if (fd >= 0) closeSync(fd);
  console.log(JSON.stringify({ auto, native, runtime, deno }));
}

for (const attempt of JSON.parse(Deno.args[0] as string) as Attempt[]) await sideBySide(attempt);
