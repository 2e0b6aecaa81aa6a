/** What a case is and what it gets to work with. */
import { Command, engines, spawn, SpawnError, spawnSync, start } from "ringspawn";
import type {
  CommandOptions,
  EngineName,
  ProcessSetup,
  SpawnInput,
  SpawnOptions,
  SpawnOutput,
  SpawnSyncOptions,
  StartedProcess,
  StartOptions,
  Subprocess,
  SyncSubprocess,
} from "ringspawn";
import type { Need } from "./needs.ts";
import type { Report } from "./report.ts";
import { assert, cloexec, delay, fs, path } from "./tools.ts";

export interface Case {
  readonly name: string;
  /** What the machine must have; when it has not, the case is skipped and the reason is printed. */
  readonly needs?: readonly Need[];
  /** Left out of `--quick`. */
  readonly slow?: boolean;
  /** Milliseconds on a real machine; default 10,000. */
  readonly timeout?: number;
  run(t: T): Promise<void> | void;
}

/** What of a handle this file needs: `Subprocess` itself is a different type for every stdio. */
export type Child = Pick<Subprocess, "stdout" | "stderr" | "exited" | "exitCode" | "signalCode" | "fds">;

/** What run-cell.ts is told by matrix.ts. */
export interface Plan {
  readonly cell: string;
  readonly engine: EngineName;
  /** Keys of `setup` the engine does; null: all. */
  readonly serves: readonly string[] | null;
  /** Argument vector that runs a script under the same runtime. */
  readonly command: readonly string[];
  /** The same files, but for runtimes without TypeScript. */
  readonly extension: ".ts" | ".js";
  readonly root: string;
  readonly build: string;
  readonly events: string;
  readonly quick: boolean;
  readonly files: readonly string[];
  /** Part of the `file: name` of those to run; "": all. */
  readonly filter: string;
  /** `file: name` of those that an earlier runner of this cell has done, or died of. */
  readonly done: readonly string[];
  /** Every runtime there is, for tests that compare. */
  readonly runtimes: readonly (readonly string[])[];
}

/** The fd that matrix.ts leaves open in this program without CLOEXEC. */
export const LEAKY_FD = 200;
/** What matrix.ts puts in this program's stdin. */
export const STDIN_TEXT = "the runner's stdin\n";

export interface Result {
  readonly code: number | null;
  readonly signal: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** One per case. */
export class T {
  readonly ENGINE: EngineName;
  /** True for the engines that can do everything. */
  readonly native: boolean;
  /** Path of the witness. */
  readonly witness: string;
  /** A directory of this case's own, removed after it; others may enter it. */
  readonly dir: string;
  readonly plan: Plan;
  readonly Command = Command;
  readonly SpawnError = SpawnError;
  readonly engines = engines;

  constructor(plan: Plan, dir: string) {
    this.plan = plan;
    this.ENGINE = plan.engine;
    this.native = plan.serves === null;
    this.witness = path.join(plan.build, "witness");
    this.dir = dir;
  }

  /** The library's `spawn` on the engine of this cell, and nothing else may have run it. */
  spawn<In extends SpawnInput = "ignore", Out extends SpawnOutput = "pipe", Err extends SpawnOutput = "inherit">(
    command: readonly string[],
    options: SpawnOptions<In, Out, Err> = {},
  ): Subprocess<In, Out, Err> {
    const child = spawn<In, Out, Err>(command, { engine: this.ENGINE, ...options });
    assert.equal(child.engine, this.ENGINE, "another engine ran it");
    return child;
  }

  /** The library's `spawn` as it is: for when the engine is what is under test. */
  readonly spawnAny: typeof spawn = spawn;

  /** The library's `spawnSync` on the engine of this cell. */
  spawnSync<In extends SpawnInput = "ignore", Out extends SpawnOutput = "pipe", Err extends SpawnOutput = "pipe">(
    command: readonly string[],
    options: SpawnSyncOptions<In, Out, Err> = {},
  ): SyncSubprocess<Out, Err> {
    const result = spawnSync<In, Out, Err>(command, { engine: this.ENGINE, ...options });
    assert.equal(result.engine, this.ENGINE, "another engine ran it");
    return result;
  }

  /** The library's `start` on the engine of this cell. */
  start(file: string | URL, options: StartOptions = {}): StartedProcess {
    const child = start(file, { engine: this.ENGINE, ...options });
    assert.equal(child.engine, this.ENGINE, "another engine has it");
    return child;
  }

  /** A `Command` on the engine of this cell. */
  command(file: string | URL, options: CommandOptions = {}): InstanceType<typeof Command> {
    return new Command(file, { engine: this.ENGINE, ...options });
  }

  /** Starts the witness (argv[0] and arguments in `args`) and gives what it saw, from its stdout. */
  async report(
    options: SpawnOptions = {},
    args: readonly string[] = [],
    witness: string = this.witness,
  ): Promise<Report> {
    const child = this.spawn([witness, ...args], { stdin: "ignore", stdout: "pipe", stderr: "pipe", ...options });
    return read(child);
  }

  /** The same for when stdout is under test: the witness writes a file. */
  async reportToFile(options: SpawnOptions = {}, args: readonly string[] = []): Promise<Report> {
    const file = path.join(this.dir, `report-${Math.random().toString(36).slice(2)}.json`);
    const child = this.spawn([this.witness, "report", file, ...args], options);
    assert.equal(await child.exited, 0, "the witness failed");
    return JSON.parse(fs.readFileSync(file, "utf8")) as Report;
  }

  /**
   * What a `setup` does, seen in the child. An engine that cannot do one of its keys must refuse it,
   * by name, before anything starts; in its cell that is what is asserted, and undefined comes back.
   */
  async setup(
    setup: ProcessSetup,
    options: SpawnOptions = {},
    witness: string = this.witness,
  ): Promise<Report | undefined> {
    const refused = Object.keys(setup).find((key) => this.plan.serves !== null && !this.plan.serves.includes(key));
    if (refused === undefined) return this.report({ ...options, setup }, [], witness);
    const marker = path.join(this.dir, "ran");
    this.refuses(`setup.${refused}`, () => this.spawn([this.witness, "report", marker], { ...options, setup }));
    await delay(20);
    assert.ok(!fs.existsSync(marker), "the program ran although it was refused");
    return undefined;
  }

  /** Asserts that `start` throws the SpawnError of a refusal that names `option` and an engine that could. */
  refuses(option: string, start: () => unknown): void {
    const { message } = this.refusal(start);
    assert.ok(message.includes(option), `the refusal does not name ${option}: ${message}`);
    assert.match(message, /\b(vfork|io_uring)\b.* could/, "the refusal does not name an engine that could");
  }

  /** Asserts that `start` throws the SpawnError of a refusal; gives it back. */
  refusal(start: () => unknown): SpawnError {
    const error = thrown(start);
    assert.equal(error.code, "ENOTSUP", error.message);
    assert.equal(error.step, undefined);
    assert.equal(error.engine, undefined);
    return error;
  }

  /** Asserts that `start` throws a SpawnError of this engine, synchronously; gives it back. */
  fails(start: () => unknown): SpawnError {
    const error = thrown(start);
    assert.equal(error.engine, this.ENGINE, error.message);
    return error;
  }

  /**
   * The numbers of the fds a child has. What the runtime's own spawn lets through is one known gap, told by one
   * case; it must not hide the others.
   */
  numbers(report: Report): number[] {
    const all = report.fds.map(({ fd }) => fd);
    return this.native ? all : all.filter((fd) => fd <= 2 || cloexec(fd) !== false);
  }

  /** A program of programs/, by this runtime, on this engine; `under` is what `witness under` changes first. */
  async program(
    name: string,
    args: readonly string[] = [],
    under: readonly string[] = [],
    options: SpawnOptions = {},
  ): Promise<Result> {
    const script = path.join(this.plan.root, "programs", name + this.plan.extension);
    const command = [...this.plan.command, script, this.ENGINE, this.witness, ...args];
    const all = under.length === 0 ? command : [this.witness, "under", ...under, "--", ...command];
    return finished(this.spawn(all, { stdin: "ignore", stdout: "pipe", stderr: "pipe", ...options }));
  }
}

function thrown(start: () => unknown): SpawnError {
  try {
    start();
  } catch (error) {
    assert.ok(error instanceof SpawnError, `not a SpawnError: ${(error as Error).stack ?? String(error)}`);
    return error;
  }
  return assert.fail("it did not throw");
}

/** Reads a child to its end. */
export async function finished(child: Child): Promise<Result> {
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  await child.exited;
  return { code: child.exitCode, signal: child.signalCode, stdout, stderr };
}

/** Everything a piped stream gives; "" for what is not piped. */
export async function textOf(stream: unknown): Promise<string> {
  if (!(stream instanceof ReadableStream)) return "";
  return await new Response(stream as ReadableStream<Uint8Array>).text();
}

/** Everything a piped stream gives. */
export async function bytesOf(stream: unknown): Promise<Uint8Array> {
  assert.ok(stream instanceof ReadableStream, "this is not piped");
  return new Uint8Array(await new Response(stream as ReadableStream<Uint8Array>).arrayBuffer());
}

async function read(child: Child): Promise<Report> {
  // The witness uses no pipe beyond 2; ours must not stay open.
  for (const fd of Object.keys(child.fds)) {
    const stream = child.fds[Number(fd)];
    if (stream instanceof ReadableStream) void stream.cancel();
    else void stream?.close();
  }
  const { code, signal, stdout, stderr } = await finished(child);
  assert.equal(code, 0, `the witness failed: code ${code}, signal ${String(signal)}: ${stderr}`);
  return JSON.parse(stdout) as Report;
}
