/**
 * The runner: one runtime, one engine, all cases one after the other. Started by supervise.ts, which reads the events
 * that the runner appends to a file. They do not go to stdout, because a case may inherit or close that.
 *
 * After every case the program must be as it was before: no fd more, no child left.
 */
import { engines, spawn, spawnSync } from "ringspawn";
import { createPool } from "ringspawn/pool";
import { type Case, Refused, T } from "./harness.ts";
import { keepAcrossExec } from "./libc.ts";
import { lacking } from "./needs.ts";
import { LEAKY_FD, type Plan, type RunnerEvent } from "./plan.ts";
import { assert, children, delay, fs, openFds, parent, path, pathToFileURL, patience, tmpdir } from "./tools.ts";

const plan = JSON.parse(fs.readFileSync(parent.argv[2] as string, "utf8")) as Plan;
const DEFAULT_TIMEOUT = 10_000;

function tell(event: RunnerEvent): void {
  fs.appendFileSync(plan.events, `${JSON.stringify(event)}\n`);
}

/** A case that did not end in time. It cannot be stopped, and would disturb the next ones. */
class TimeOut extends Error {}

/** The first spawns let runtimes and engines open what they keep (loops, event fds, a timerfd), which is no leak. */
async function warmUp(): Promise<void> {
  const witness = path.join(plan.build, "witness");
  for (const engine of new Set([plan.engine, "runtime"] as const)) {
    const options = { engine, stdin: "pipe", stdout: "pipe", stderr: "pipe", timeout: 60_000 } as const;
    const child = spawn([witness, "cat"], options);
    void child.stdin.end();
    await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    spawnSync([witness, "exit", "0"], { engine });
  }
  // The ring in which prespawned children wait.
  if (plan.engine === "io_uring") await createPool({ size: 1, engine: plan.engine })[Symbol.asyncDispose]();
  engines();
  await fs.promises.readFile("/dev/null");
  // Some runtimes open a pair of sockets of their own half a second after their start.
  await delay(600);
}

/** By what is open and not by its number: some runtimes close a loop of their own whenever they open the next one. */
function openedSince(before: ReadonlyMap<number, string>): (readonly [fd: number, link: string])[] {
  const known = [...before.values()];
  return [...openFds()].filter(([, link]) => {
    const at = known.indexOf(link);
    if (at >= 0) known.splice(at, 1);
    return at < 0 && !link.startsWith("/proc/");
  });
}

async function leftBehind(before: Map<number, string>): Promise<string | undefined> {
  const end = Date.now() + patience(2000);
  for (;;) {
    const fds = openedSince(before);
    const processes = [...children()];
    if (fds.length === 0 && processes.length === 0) return undefined;
    if (Date.now() > end) {
      const all = [
        ...fds.map(([fd, link]) => `fd ${fd} -> ${link}`),
        ...processes.map(([pid, state]) => `process ${pid} (${state})`),
      ];
      return all.length > 12 ? `${all.slice(0, 12).join(", ")} and ${all.length - 12} more` : all.join(", ");
    }
    await delay(10);
  }
}

async function withTimeout<R>(work: Promise<R>, ms: number): Promise<R> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeOut(`not done after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs the case to its end; gives the option whose refusal was all that could be asserted, if there is one. */
async function outcome(test: Case, t: T): Promise<string | undefined> {
  try {
    await test.run(t);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // A program that ran although its request was refused would need a moment to leave its mark.
    await delay(20);
    assert.ok(!fs.existsSync(t.mark), "the program ran although it was refused");
    return error.option;
  }
}

async function one(id: string, test: Case): Promise<void> {
  const reason = lacking(test.needs ?? []);
  if (reason !== undefined) return tell({ id, result: "skipped", reason });
  const timeout = patience(test.timeout ?? DEFAULT_TIMEOUT);
  tell({ id, result: "started", timeout });
  const dir = fs.mkdtempSync(path.join(tmpdir(), "ringspawn-case-"));
  fs.chmodSync(dir, 0o755);
  const before = openFds();
  const start = performance.now();
  try {
    const refused = await withTimeout(outcome(test, new T(plan, dir)), timeout);
    const left = await leftBehind(before);
    if (left !== undefined) throw new Error(`left behind: ${left}`);
    tell({ id, result: "passed", ms: Math.round(performance.now() - start), refused });
  } catch (error) {
    const text = error instanceof Error ? `${error.stack ?? error.message}${causes(error)}` : String(error);
    tell({ id, result: "failed", ms: Math.round(performance.now() - start), error: text });
    for (const [pid] of children()) parent.kill(pid, "SIGKILL");
    if (error instanceof TimeOut) {
      fs.rmSync(dir, { recursive: true, force: true });
      tell({ result: "again" });
      parent.exit(0);
    }
    await delay(20);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

function causes(error: Error): string {
  if (error.cause === undefined) return "";
  return `\ncause: ${error.cause instanceof Error ? error.cause.stack : JSON.stringify(error.cause)}`;
}

parent.on("unhandledRejection", (error) => {
  tell({ result: "stray", error: `unhandled rejection: ${error instanceof Error ? error.stack : String(error)}` });
});

await keepAcrossExec(LEAKY_FD);
await warmUp();
for (const file of plan.files) {
  const module = (await import(pathToFileURL(file).href)) as { default: readonly Case[] };
  // At an import, some runtimes close the loop that their last worker left; the next blocking spawn leaves another.
  spawnSync([path.join(plan.build, "witness"), "exit", "0"], { engine: "runtime" });
  for (const test of module.default) {
    const id = `${path.basename(file).replace(/\.[jt]s$/, "")}: ${test.name}`;
    if (!id.includes(plan.filter) || plan.done.includes(id)) continue;
    if (plan.quick && test.slow) {
      tell({ id, result: "slow" });
      continue;
    }
    await one(id, test);
  }
}
tell({ result: "end" });
// A handle that keeps the program alive is a leak as well: supervise.ts gives the program some time to end by itself.
