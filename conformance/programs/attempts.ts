/**
 * Tries to start commands, and prints what each attempt came to and left behind: for states that the runner cannot be
 * in. With `spare`, all free fds but that many are taken first; with `fill`, the command is started until that fails.
 * `options` are those of `spawn`; with `start` or `sync`, the command is started by `start` or `spawnSync`, with these
 * options.
 */
import { engines, spawn, spawnSync, start } from "ringspawn";
import type { EngineName, SpawnOptions, SpawnSyncOptions, StartOptions, Subprocess } from "ringspawn";
import { children, collectOnce, delay, fs, openFds, parent } from "../tools.ts";

export interface Attempt {
  readonly command: readonly string[];
  readonly options?: SpawnOptions;
  readonly start?: StartOptions;
  readonly sync?: SpawnSyncOptions;
  readonly spare?: number;
  readonly fill?: boolean;
}

export interface Outcome {
  readonly exit?: number | null;
  readonly name?: string;
  readonly code?: string;
  readonly step?: string;
  readonly message?: string;
  /** fds and children that were not there before */
  readonly left: readonly string[];
}

const [engine, witness, list] = parent.argv.slice(2) as [EngineName, string, string];

// Some runtimes open a pair of sockets of their own half a second after their start.
await delay(600);

/** Takes every free fd but `spare`. */
function exhaust(spare: number): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(fs.openSync("/dev/null", "r"));
  } catch (error) {
    if ((error as { code?: string }).code !== "EMFILE") throw error;
  }
  for (let i = 0; i < spare; i++) fs.closeSync(taken.pop() as number);
  return taken;
}

async function attempt({ command, options, start: startOptions, sync, spare, fill }: Attempt): Promise<Outcome> {
  const before = openFds();
  const taken = spare === undefined ? [] : exhaust(spare);
  const started: Subprocess[] = [];
  if (fill) collectOnce();
  let outcome: Omit<Outcome, "left">;
  try {
    const words = command.map((word) => (word === "WITNESS" ? witness : word));
    if (sync !== undefined) {
      outcome = { exit: spawnSync(words, { engine, ...sync }).exitCode };
    } else if (startOptions === undefined) {
      do {
        const child = spawn(words, { engine, ...options });
        started.push(child);
      } while (fill && started.length < 1000);
      outcome = { exit: await (started[0] as Subprocess).exited };
    } else {
      const [file, ...args] = words as [string, ...string[]];
      // Its output as well as its status, because a pipe that is not read stays open.
      outcome = { exit: (await start(file, { args, engine, ...startOptions }).output()).code };
    }
  } catch (error) {
    const { name, code, step, message } = error as { name: string; code: string; step: string; message: string };
    outcome = { name, code, step, message };
  }
  if (fill) for (const child of started) child.kill("SIGKILL");
  await Promise.all(started.map((child) => child.exited));
  for (const fd of taken) fs.closeSync(fd);
  const left = (): string[] => {
    const fds = [...openFds()].filter(([fd, link]) => before.get(fd) !== link && !link.startsWith("/proc/"));
    const gone = [...before].filter(([fd, link]) => openFds().get(fd) !== link);
    // What a runtime has opened anew in the place of its own, under another number, is nothing that stays.
    const more = fds.filter(([, link]) => {
      const old = gone.findIndex(([, before]) => before === link);
      if (old >= 0) gone.splice(old, 1);
      return old < 0;
    });
    return [...more.map((entry) => entry.join(" -> ")), ...[...children()].map(String)];
  };
  // Runtimes close some handles later, as those of a thread that ends.
  for (let i = 0; i < 20 && left().length > 0; i++) await delay(30);
  return { ...outcome, left: left() };
}

// What the runtime and the engines open once for their own use is no leak.
engines();
try {
  await spawn([witness, "exit", "0"], { engine, stdin: "pipe", stdout: "pipe", stderr: "pipe" }).exited;
  spawnSync([witness, "exit", "0"], { engine });
} catch {
  // It may be unable to start anything, which the attempts will tell.
}
const outcomes: Outcome[] = [];
for (const one of JSON.parse(list) as Attempt[]) outcomes.push(await attempt(one));
console.log(JSON.stringify(outcomes));
