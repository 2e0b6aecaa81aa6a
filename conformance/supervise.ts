/** Runs one cell: starts its runner, follows the runner's events, and starts another one where the first ends early. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { caseFiles, type Cell, runnable, type Runtime } from "./cell.ts";
import { LEAKY_FD, type Plan, type RunnerEvent, STDIN_TEXT } from "./plan.ts";
import type { Tally } from "./tally.ts";
import { patience } from "./tools.ts";

const here: string = dirname(fileURLToPath(import.meta.url));
const running = new Set<ChildProcess>();

/** Which cases of a cell to run. */
export interface Selection {
  /** Case files; undefined: all of the cell. */
  readonly files?: readonly string[];
  /** Only cases whose id contains this text; "": all. */
  readonly filter: string;
  readonly quick: boolean;
}

/** The files of one runner, in a directory of this run alone. */
interface Files {
  readonly plan: string;
  readonly events: string;
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly leaky: string;
}

/** Runs the chosen cases of a cell, and counts in `tally` what comes of them. */
export async function runCell(
  cell: Cell,
  runtime: Runtime,
  all: readonly Runtime[],
  { files = caseFiles(cell.cases), filter, quick }: Selection,
  tally: Tally,
  directory: string,
): Promise<void> {
  const base = join(directory, cell.id.replace(":", "-"));
  const names = ["plan", "events", "stdin", "stdout", "stderr", "leaky"] as const;
  const own = Object.fromEntries(names.map((name) => [name, `${base}.${name}`])) as unknown as Files;
  const done: string[] = [];
  for (;;) {
    const plan: Plan = {
      cell: cell.id,
      engine: cell.engine,
      family: runtime.family,
      command: runtime.command,
      extension: runtime.typescript ? ".ts" : ".js",
      root: dirname(runnable(runtime, join(here, "run-cell.ts"))),
      build: join(here, "build"),
      events: own.events,
      quick,
      files: files.map((file) => runnable(runtime, file)),
      filter,
      done,
      runtimes: all.map(({ command }) => command),
    };
    const end = await runOnce(runtime, plan, own, tally, done);
    if (end === "again") continue;
    if (end === undefined) return;
    tally.fail(end.during ?? "outside of a case", end.wrong + stderrOf(own));
    if (end.during === undefined) return;
    done.push(end.during);
  }
}

/** Ends every runner and all that it started. */
export function killAll(): void {
  for (const child of running) kill(child);
}

/** How a runner ended that did not finish: on purpose, or by a mistake. */
type Unfinished = "again" | { readonly wrong: string; readonly during: string | undefined };

/** One runner, from start to end, crash or hang. Adds the cases that it finished to `done`. */
async function runOnce(
  runtime: Runtime,
  plan: Plan,
  own: Files,
  tally: Tally,
  done: string[],
): Promise<Unfinished | undefined> {
  const { child, ended } = start(runtime, plan, own);
  let how: string | undefined;
  void ended.then((text) => (how = text));
  const follower = new Follower(own, tally, done);
  for (;;) {
    // Asked before the events are read: what the runner wrote before its end is then seen.
    const last = how;
    follower.read();
    const { finished, again, during } = follower;
    if (last !== undefined) {
      if (again) return "again";
      return finished && last === "exit code 0" ? undefined : { wrong: `the runner ended with ${last}`, during };
    }
    if (Date.now() > follower.deadline) {
      kill(child);
      await ended;
      const wrong = finished ? "something kept the program alive after its last case" : "the program's thread hung";
      return { wrong, during };
    }
    await delay(20);
  }
}

/** Reads what a runner appends to its file of events. */
class Follower {
  /** The case that is under way. */
  during: string | undefined;
  finished = false;
  again = false;
  /** When to give the runner up. It looks at its own clock first; this one is for a thread that hangs. */
  deadline: number = Date.now() + patience(30_000);
  readonly #own: Files;
  readonly #tally: Tally;
  readonly #done: string[];
  #seen = 0;
  /** How many bytes the runner and its children had printed when the case began. */
  #printed = [0, 0];

  constructor(own: Files, tally: Tally, done: string[]) {
    this.#own = own;
    this.#tally = tally;
    this.#done = done;
  }

  read(): void {
    const lines = readFileSync(this.#own.events, "utf8").split("\n").slice(0, -1);
    for (; this.#seen < lines.length; this.#seen++) this.#heed(JSON.parse(lines[this.#seen] as string) as RunnerEvent);
  }

  #heed(event: RunnerEvent): void {
    const now = Date.now();
    this.deadline = now + patience(30_000);
    switch (event.result) {
      case "started":
        this.during = event.id;
        this.deadline = now + event.timeout + patience(8000);
        this.#printed = this.#outputs().map((text) => text.length);
        return;
      case "again":
      case "end":
        this.again = event.result === "again";
        this.finished = true;
        this.deadline = now + patience(3000);
        return;
      case "stray":
        return this.#tally.fail(this.during ?? "after the cases", event.error);
      default:
        this.#done.push(event.id);
        this.during = undefined;
        this.#tally.heed(event, event.result === "failed" ? this.#printedMeanwhile() : "");
    }
  }

  #outputs(): string[] {
    return [this.#own.stdout, this.#own.stderr].map((file) => readFileSync(file, "utf8"));
  }

  #printedMeanwhile(): string {
    const texts = this.#outputs().map((text, i) => text.slice(this.#printed[i]).trimEnd());
    return texts
      .filter((text) => text !== "")
      .map((text) => text.slice(-3000))
      .join("\n");
  }
}

function start(runtime: Runtime, plan: Plan, own: Files): { child: ChildProcess; ended: Promise<string> } {
  writeFileSync(own.plan, JSON.stringify(plan));
  writeFileSync(plan.events, "");
  writeFileSync(own.stdin, STDIN_TEXT);
  const files = [openSync(own.stdin, "r"), openSync(own.stdout, "w"), openSync(own.stderr, "w")];
  const leaky = openSync(own.leaky, "w");
  const between = Array.from({ length: LEAKY_FD - files.length }, (): "ignore" => "ignore");
  const [file, ...args] = runtime.command as [string, ...string[]];
  const child = spawn(file, [...args, runnable(runtime, join(here, "run-cell.ts")), own.plan], {
    cwd: here,
    stdio: [...files, ...between, leaky],
    // A session without a terminal: one that is opened by mistake then becomes the controlling terminal, which shows.
    detached: true,
    env: {
      ...process.env,
      CONFORMANCE: "inherited",
      NODE_NO_WARNINGS: "1",
      // A thread of the runtime reads this file at any time, on an fd that a case would take for a leak.
      NODE_EXTRA_CA_CERTS: undefined,
    },
  });
  running.add(child);
  for (const fd of [...files, leaky]) closeSync(fd);
  const ended = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(String(error)));
    child.on("exit", (code, signal) => {
      running.delete(child);
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
  });
  return { child, ended };
}

function kill(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  } catch {
    // The whole group has ended.
  }
}

function stderrOf({ stderr }: Files): string {
  const text = readFileSync(stderr, "utf8").trimEnd().slice(-3000);
  return text === "" ? "" : `; its stderr ends with:\n${text}`;
}
