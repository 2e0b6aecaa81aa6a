/** What a case is and what it gets to work with. */
import { Command, engines, spawn, SpawnError, spawnSync, start, Terminal } from "ringspawn";
import type {
  CommandOptions,
  EngineName,
  ExtraPipes,
  ProcessSetup,
  SpawnInput,
  SpawnOptions,
  SpawnOutput,
  SpawnSyncOptions,
  StartedProcess,
  StartOptions,
  Subprocess,
  SyncSubprocess,
  TerminalOptions,
} from "ringspawn";
import { type Api, apiOf, type Asked, lacks, RUNTIMES, type RuntimeFacts } from "./apis.ts";
import type { Need } from "./needs.ts";
import type { Plan } from "./plan.ts";
import type { Report } from "./report.ts";
import { assert, children, cloexec, fs, openFds, path } from "./tools.ts";

export { LEAKY_FD, STDIN_TEXT } from "./plan.ts";

export interface Case {
  readonly name: string;
  /** What the machine must have. Where the machine lacks it, the case is skipped and the reason is printed. */
  readonly needs?: readonly Need[];
  /** Left out of `--quick`. */
  readonly slow?: boolean;
  /** Milliseconds on a real machine; default 10,000. */
  readonly timeout?: number;
  run(t: T): Promise<void> | void;
}

/** The part of a handle that this file needs: `Subprocess` itself is a different type for every stdio. */
export type Child = Pick<Subprocess, "stdout" | "stderr" | "exited" | "exitCode" | "signalCode" | "fds">;

export interface Result {
  readonly code: number | null;
  readonly signal: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** `made`, which `engine` has made. */
function ranBy<Made extends { readonly engine: EngineName }>(engine: EngineName, made: Made): Made {
  assert.equal(made.engine, engine, "another engine ran it");
  return made;
}

/** Thrown to end a case whose engine lacks an option, once the engine has refused that option as it must. */
export class Refused extends Error {
  readonly option: string;

  constructor(option: string) {
    super(`${option} was refused`);
    this.option = option;
  }
}

/**
 * What a case works with; one per case.
 *
 * `spawn`, `spawnSync`, `start` and what is made of them run on the engine of this cell, and assert that no other
 * engine ran. Where apis.ts says that the engine lacks an option that they are given, they assert instead that the
 * engine refuses the option by name and that nothing was started, and the case has passed with that. A case is
 * therefore written as if every engine had every option.
 */
export class T {
  readonly ENGINE: EngineName;
  /** What carries out the requests to this engine. */
  readonly api: Api;
  readonly runtime: RuntimeFacts;
  /** True for ringspawn's own engines, which can do everything. */
  readonly native: boolean;
  /** Path of the witness. */
  readonly witness: string;
  /** A directory of this case's own, removed after it; others may enter it. */
  readonly dir: string;
  /** A file that exists when the program of a refused request ran all the same. */
  readonly mark: string;
  readonly plan: Plan;
  readonly Command = Command;
  readonly SpawnError = SpawnError;
  readonly engines = engines;

  constructor(plan: Plan, dir: string) {
    this.plan = plan;
    this.ENGINE = plan.engine;
    this.api = apiOf(plan.family, plan.engine);
    this.runtime = RUNTIMES[plan.family];
    this.native = this.api.native;
    this.witness = path.join(plan.build, "witness");
    this.dir = dir;
    this.mark = path.join(dir, "ran although it was refused");
  }

  /** The library's `spawn` on the engine of this cell. */
  spawn<In extends SpawnInput = "ignore", Out extends SpawnOutput = "pipe", Err extends SpawnOutput = "inherit">(
    command: readonly string[],
    options: SpawnOptions<In, Out, Err> = {},
  ): Subprocess<In, Out, Err> {
    this.needs(options);
    const child = spawn<In, Out, Err>(command, { engine: this.ENGINE, ...options });
    assert.equal(child.engine, this.ENGINE, "another engine ran it");
    return child;
  }

  /** The library's `spawn` as it is: for cases about the choice of an engine, and for what only prepares a case. */
  readonly spawnAny: typeof spawn = spawn;

  /** The library's `spawnSync` on the engine of this cell. */
  spawnSync<In extends SpawnInput = "ignore", Out extends SpawnOutput = "pipe", Err extends SpawnOutput = "pipe">(
    command: readonly string[],
    options: SpawnSyncOptions<In, Out, Err> = {},
  ): SyncSubprocess<Out, Err> {
    this.#refusalOf(lacks(this.api, options, { blocking: true }), () =>
      spawnSync([this.witness, "report", this.mark], { engine: this.ENGINE, ...options }),
    );
    const result = spawnSync<In, Out, Err>(command, { engine: this.ENGINE, ...options });
    assert.equal(result.engine, this.ENGINE, "another engine ran it");
    return result;
  }

  /** A `Terminal` that the engine of this cell has opened. */
  terminal(options: TerminalOptions): Terminal {
    this.#refusalOf(lacks(this.api, { terminal: options }), () => new Terminal({ engine: this.ENGINE, ...options }));
    return ranBy(this.ENGINE, new Terminal({ engine: this.ENGINE, ...options }));
  }

  /** The library's `start` on the engine of this cell. */
  start(file: string | URL, options: StartOptions = {}): StartedProcess {
    this.#refusalOf(lacks(this.api, options), () =>
      start(this.witness, { engine: this.ENGINE, ...options, args: ["report", this.mark] }),
    );
    const child = start(file, { engine: this.ENGINE, ...options });
    assert.equal(child.engine, this.ENGINE, "another engine has it");
    return child;
  }

  /** A `Command` on the engine of this cell; a process of another engine fails the case. */
  command(file: string | URL, options: CommandOptions = {}): InstanceType<typeof Command> {
    const engine = this.ENGINE;
    return new (class extends Command {
      override spawn(): ReturnType<Command["spawn"]> {
        return ranBy(engine, super.spawn());
      }
      override output(): ReturnType<Command["output"]> {
        return super.output().then((output) => ranBy(engine, output));
      }
      override outputSync(): ReturnType<Command["outputSync"]> {
        return ranBy(engine, super.outputSync());
      }
    })(file, { engine, ...options });
  }

  /** Starts the witness (argv[0] and arguments in `args`) and gives what the witness saw, from its stdout. */
  async report(
    options: SpawnOptions = {},
    args: readonly string[] = [],
    witness: string = this.witness,
  ): Promise<Report> {
    const child = this.spawn([witness, ...args], { stdin: "ignore", stdout: "pipe", stderr: "pipe", ...options });
    return read(child);
  }

  /** The same where stdout is under test: the witness writes a file. */
  async reportToFile(options: SpawnOptions = {}, args: readonly string[] = []): Promise<Report> {
    const file = path.join(this.dir, `report-${Math.random().toString(36).slice(2)}.json`);
    const child = this.spawn([this.witness, "report", file, ...args], options);
    assert.equal(await child.exited, 0, "the witness failed");
    return JSON.parse(fs.readFileSync(file, "utf8")) as Report;
  }

  /** What the witness, started with this `setup`, saw. */
  async setup(setup: ProcessSetup, options: SpawnOptions = {}, witness: string = this.witness): Promise<Report> {
    return this.report({ ...options, setup }, [], witness);
  }

  /**
   * For a case that hands options to a program of its own: ends the case here where the engine lacks one of them, with
   * the assertion that `spawn` refuses it.
   */
  needs(options: SpawnOptions): void {
    this.#refusalOf(lacks(this.api, options), () =>
      spawn([this.witness, "report", this.mark], { engine: this.ENGINE, ...options }),
    );
  }

  /** The first of these options that `engine` lacks in this runtime, by the name that a refusal of it has. */
  lacks(options: Asked, engine: EngineName = this.ENGINE): string | undefined {
    return lacks(apiOf(this.plan.family, engine), options);
  }

  /** Asserts that `start` throws the SpawnError of a refusal that names `option` and an engine that could. */
  refuses(option: string, start: () => unknown): void {
    const { message } = this.refusal(start);
    assert.ok(message.includes(option), `the refusal does not name ${option}: ${message}`);
    assert.match(message, /\b(vfork|io_uring)\b.* could/, "the refusal does not name an engine that could");
  }

  /** Asserts that `start` throws the SpawnError of a refusal and starts nothing; gives the error back. */
  refusal(start: () => unknown): SpawnError {
    const before = [...children().keys()];
    const error = thrown(start);
    assert.equal(error.code, "ENOTSUP", error.message);
    assert.equal(error.step, undefined);
    assert.equal(error.engine, undefined);
    const started = [...children().keys()].filter((pid) => !before.includes(pid));
    assert.deepEqual(started, [], "processes were started although the request was refused");
    return error;
  }

  /** Asserts that `start` throws a SpawnError of this engine, synchronously; gives it back. */
  fails(start: () => unknown): SpawnError {
    const error = thrown(start);
    assert.equal(error.engine, this.ENGINE, error.message);
    return error;
  }

  /**
   * The numbers of the fds that a child has, without those that the runtime's own spawn lets through. These are a known
   * gap of one case, and must not make others fail.
   */
  numbers(report: Report): number[] {
    const all = report.fds.map(({ fd }) => fd);
    return this.api.closesFds ? all : all.filter((fd) => fd <= 2 || cloexec(fd) !== false);
  }

  /** A program of programs/, by this runtime, on this engine; `under` is what `witness under` changes first. */
  async program(
    name: string,
    args: readonly string[] = [],
    under: readonly string[] = [],
    options: SpawnOptions = {},
    before: readonly string[] = [],
  ): Promise<Result> {
    const script = path.join(this.plan.root, "programs", name + this.plan.extension);
    const command = [...this.plan.command, script, this.ENGINE, this.witness, ...args];
    const all = under.length === 0 ? [...before, ...command] : [this.witness, "under", ...under, "--", ...command];
    return finished(this.spawn(all, { stdin: "ignore", stdout: "pipe", stderr: "pipe", ...options }));
  }

  /** Ends the case where the engine lacks an option: `start`, whose program leaves {@link mark}, must refuse it. */
  #refusalOf(option: string | undefined, start: () => unknown): void {
    if (option === undefined) return;
    this.refuses(option, start);
    throw new Refused(option);
  }
}

/** The SpawnError that `start` throws. Another error is thrown on. */
function thrown(start: () => unknown): SpawnError {
  try {
    start();
  } catch (error) {
    if (error instanceof SpawnError) return error;
    throw error;
  }
  return assert.fail("it did not throw");
}

/** Closes an fd. A runtime whose file functions know only what they opened themselves gives it to a child instead. */
export async function closeFd(t: T, fd: number): Promise<void> {
  try {
    fs.closeSync(fd);
  } catch {
    const child = t.spawn([t.witness, "exit", "0"], { stdout: "ignore", setup: { fds: { 3: { give: fd } } } });
    assert.equal(await child.exited, 0);
  }
  assert.ok(!openFds().has(fd), `fd ${fd} is still open`);
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
  for (const end of Object.values(child.fds) as ExtraPipes[number][]) {
    if (typeof end === "number") fs.closeSync(end);
    else if (end instanceof ReadableStream) void end.cancel();
    else if (end instanceof WritableStream) void end.close();
    else void Promise.all([end.readable.cancel(), end.writable.close()]);
  }
  const { code, signal, stdout, stderr } = await finished(child);
  assert.equal(code, 0, `the witness failed: code ${code}, signal ${String(signal)}: ${stderr}`);
  return JSON.parse(stdout) as Report;
}
