/** How ringspawn/register comes and goes: argv[2] names what is done. Prints one line of JSON. */
import diagnostics from "node:diagnostics_channel";
import childProcess, { execFileSync, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire, isBuiltin, Module } from "node:module";
import process from "node:process";
import { promisify } from "node:util";
import vm from "node:vm";

const require = createRequire(import.meta.url);
const trace = process.env["RINGSPAWN_TRACE"] as string;

interface Line {
  readonly pid: number;
  readonly who: string;
  readonly argv: readonly string[];
  readonly engine: string | null;
  readonly why?: string;
}

/** What the trace says since it was last asked. */
function traced(): readonly Line[] {
  if (!fs.existsSync(trace)) return [];
  const text = fs.readFileSync(trace, "utf8");
  fs.rmSync(trace);
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

const who = (): readonly string[] => traced().map(({ who, engine, why }) => `${who} ${engine ?? why ?? ""}`);
const isEpoll = (fd: string): boolean => {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`) === "anon_inode:[eventpoll]";
  } catch {
    return false;
  }
};
const closed = (child: childProcess.ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => child.on("close", resolve).on("error", reject));

async function both(): Promise<readonly string[]> {
  await closed(spawn("true"));
  spawnSync("true");
  return who();
}

interface Registration {
  readonly unregister: () => void;
}
const register = (): Registration => require("ringspawn/register") as Registration;

/** Why a call did not come to its end, for which it has too little time. */
function terminate(call: () => void): unknown {
  try {
    return vm.runInNewContext("call()", { call }, { timeout: 20 });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

/** As a test framework with a DOM loads modules: into a context that has few of Node's globals. */
function loaderOf(context: vm.Context): (file: string) => unknown {
  const load = (file: string): unknown => {
    const names = ["require", "exports", "module", "__filename"];
    const body = vm.compileFunction(fs.readFileSync(file, "utf8"), names, { parsingContext: context });
    const module = { exports: {} };
    const requireHere = (name: string): unknown => {
      if (name === "module" || name === "node:module") return { createRequire: createRequireHere, Module };
      return isBuiltin(name) ? require(name) : load(createRequire(file).resolve(name));
    };
    const createRequireHere = (): unknown => Object.assign(requireHere, { resolve: createRequire(file).resolve });
    Reflect.apply(body as (...args: unknown[]) => void, undefined, [requireHere, module.exports, module, file]);
    return module.exports;
  };
  return load;
}

const scenes: Readonly<Record<string, () => unknown>> = {
  /** By named imports that were bound before, and by require. */
  async registered() {
    const named = await both();
    const { spawn: required } = require("child_process") as typeof childProcess;
    await closed(required("true"));
    return [named, who()];
  },
  /** Of children that ended, and of starts that failed, here or by Node's own, what is left after a collection. */
  async collected() {
    const refs: WeakRef<object>[] = [];
    for (const file of ["true", "/no/such/program", "none.such.program", process.execPath.slice(0, -1)]) {
      for (let i = 0; i < 10; i++) {
        const child = spawn(file, { stdio: ["pipe", "pipe", "ignore"] });
        refs.push(new WeakRef(child));
        child.on("error", () => {});
        await new Promise((resolve) => child.on("close", resolve).on("error", resolve));
      }
    }
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      (globalThis as { gc?: () => void }).gc?.();
    }
    return [refs.length, refs.filter((ref) => ref.deref() !== undefined).length <= 1];
  },
  /** Something of the program's own stands before ours when it is given back. */
  async "given back from behind"() {
    const { unregister } = register();
    const child = new childProcess.ChildProcess() as unknown as { readonly _handle: object };
    const handles = Object.getPrototypeOf(child._handle) as { spawn: (...args: unknown[]) => number };
    const { spawn: ours } = handles;
    handles.spawn = function (...args) {
      return Reflect.apply(ours, this, args);
    };
    unregister();
    return both();
  },
  async untold() {
    await closed(spawn("true"));
    return spawnSync("true").status;
  },
  async "registered later"() {
    const before = await both();
    const { unregister } = register();
    const registered = await both();
    unregister();
    return [before, registered, await both()];
  },
  /** What a subscriber hears of a load, and of one spawn after it. */
  async announced() {
    const seen: unknown[] = [];
    for (const name of [
      "child_process",
      ...["start", "end", "error"].map((end) => `tracing:child_process.spawn:${end}`),
    ])
      diagnostics.subscribe(name, () => seen.push(name));
    register();
    const atLoad = seen.splice(0);
    await closed(spawn("true"));
    return [
      atLoad,
      seen.filter((name) => name === "child_process").length,
      seen.some((name) => String(name).endsWith("error")),
    ];
  },
  /** A test framework has replaced built-ins after the load of register and before the first spawn. */
  async "replaced built-ins"() {
    const real = { ...fs };
    const mocks = Object.keys(real).filter((name) => name.endsWith("Sync")) as (keyof typeof fs)[];
    const timers = ["setTimeout", "setImmediate", "queueMicrotask"] as const;
    const realTimers = timers.map((name) => globalThis[name]);
    const refuse = (): never => {
      throw new Error("a mock");
    };
    for (const name of mocks) Reflect.set(fs, name, refuse);
    for (const name of timers) Reflect.set(globalThis, name, refuse);
    const child = closed(spawn("true"));
    const { status, signal } = spawnSync("sleep", ["9"], { timeout: 50 });
    const isKept = mocks.every((name) => fs[name] === refuse) && timers.every((name) => globalThis[name] === refuse);
    timers.forEach((name, i) => Reflect.set(globalThis, name, realTimers[i]));
    const code = await child;
    for (const name of mocks) Reflect.set(fs, name, real[name]);
    return [code, status, signal, isKept, who()];
  },
  /** Children of before and of after go on. */
  async "given back while children run"() {
    const { unregister } = register();
    const child = spawn("sh", ["-c", "read x; echo got $x"]);
    unregister();
    unregister();
    child.stdin.end("it\n");
    const [text] = await Promise.all([new Promise((resolve) => child.stdout.once("data", resolve)), closed(child)]);
    return [String(text), who(), child.kill()];
  },
  async "a second copy"() {
    const { unregister } = register();
    for (const file of Object.keys(require.cache)) Reflect.deleteProperty(require.cache, file);
    const second = register();
    const registered = [second.unregister !== unregister, await both()];
    second.unregister();
    const given = await both();
    unregister();
    return [registered, given, await both()];
  },
  /** A library of the program has made promises of Node's own functions before. */
  async "child_process after promisify"() {
    for (const f of [childProcess.exec, childProcess.execFile] as const) promisify(promisify(f as never));
    const ours: typeof childProcess = await import("ringspawn/child_process");
    const file = await promisify(promisify(ours.execFile) as never as typeof ours.execFile)("echo", ["file"]);
    const shell = await promisify(ours.exec)("echo shell");
    const native = who();
    await promisify(childProcess.execFile)("true");
    return [file.stdout, shell.stdout, native, who()];
  },
  /** A call that blocks is terminated, which runs no `finally`; then the next ones are made. */
  async terminated() {
    // What is loaded at the first call takes longer than that.
    spawnSync("true");
    const code = terminate(() => spawnSync("sleep", ["0.2"]));
    await new Promise(setImmediate);
    traced();
    return [code, await both()];
  },
  async "child_process, terminated"() {
    const ours: typeof childProcess = await import("ringspawn/child_process");
    ours.spawnSync("true");
    const code = terminate(() => ours.spawnSync("sleep", ["0.2"]));
    await new Promise(setImmediate);
    traced();
    const others = await both();
    ours.spawnSync("true");
    return [code, others, who()];
  },
  async "where globals are missing"() {
    loaderOf(vm.createContext({ process, Buffer, queueMicrotask }))(require.resolve("ringspawn/register"));
    const child = spawn("sh", ["-c", "echo out; exit 3"]);
    let text = "";
    child.stdout.on("data", (bytes) => (text += String(bytes)));
    return [await closed(child), text, spawnSync("true").status, who()];
  },
  async child_process() {
    const ours: typeof childProcess = await import("ringspawn/child_process");
    await closed(ours.spawn("true"));
    ours.spawnSync("true");
    const { stdout } = await promisify(ours.exec)("echo promised");
    const callback = await new Promise((resolve) => ours.execFile("echo", ["called"], (_error, out) => resolve(out)));
    const text = [
      stdout,
      callback,
      ours.execSync("echo sync").toString(),
      (await import("ringspawn/child_process")).default.execFileSync("true").length,
    ];
    const native = who();
    const names = Object.keys(childProcess).filter((name) => !(name in ours));
    const isChild = ours.spawn("true") instanceof childProcess.ChildProcess;
    traced();
    return [native, text, await both(), names, isChild, ours.ChildProcess === childProcess.ChildProcess];
  },
  /** What this package itself starts by the runtime's own spawn. */
  async "ringspawn's own engine"() {
    const ringspawn = await import("ringspawn");
    const child = ringspawn.spawn(["true"], { engine: "runtime" });
    const sync = ringspawn.spawnSync(["true"], { engine: "runtime" });
    return [await child.exited, child.engine, sync.engine, who()];
  },
  "children of children"() {
    const code = "require('child_process').execFileSync('true')";
    execFileSync(process.execPath, ["-e", code], { env: process.env });
    return who();
  },
  lines() {
    spawnSync("echo", ["an argument"]);
    const [line] = traced();
    return [line?.argv, line?.pid === process.pid, line !== undefined && Object.keys(line)];
  },
  "a trace that cannot be written"() {
    process.env["RINGSPAWN_TRACE"] = "/no/such/folder/trace";
    return spawnSync("echo", ["done"]).stdout.toString();
  },
  /** The engine's own fds, whose numbers a program may take for those of files that it has closed. */
  "an fd that is not the program's"() {
    const fds = (): string[] => fs.readdirSync("/proc/self/fd").filter((fd) => isEpoll(fd));
    const before = fds();
    spawnSync("true");
    const own = fds().filter((fd) => !before.includes(fd));
    const code = (error: unknown): unknown => (error as NodeJS.ErrnoException | undefined)?.code;
    const codes = own.flatMap((fd) => {
      const stdio = ["ignore", "ignore", "ignore", Number(fd)] as const;
      const { error } = spawnSync("true", { stdio: [...stdio] });
      try {
        return [code(error), spawn("true", { stdio: [...stdio] }).pid];
      } catch (thrown) {
        return [code(error), code(thrown)];
      }
    });
    return [own.length > 0, codes.every((code) => code === "EBADF")];
  },
  both,
  /** What the permission model says to spawn and to spawnSync. */
  permissions() {
    const starts = [() => void spawn("true").on("error", () => {}), () => void spawnSync("true")];
    const errors = starts.map((start) => {
      try {
        return start();
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    });
    return [errors, who()];
  },
};

const seen = await scenes[process.argv[2] ?? ""]?.();
process.stdout.write(`${JSON.stringify(seen)}\n`);
