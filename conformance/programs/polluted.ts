/**
 * Puts names on Object.prototype, one at a time and each with several values, and tells which of them change what a
 * spawn comes to: what it gives or throws, how often the program runs, and whether this program keeps its fds.
 */
import { spawn as spawnOfNode, spawnSync as spawnSyncOfNode } from "node:child_process";
import { Command, spawn, spawnSync, start } from "ringspawn";
import type { EngineName } from "ringspawn";
import { children, fs, parent, patience, volume } from "../tools.ts";

export interface Polluted {
  /** What was not as it is without the name. */
  readonly changed: readonly string[];
  /** Names with which the runtime's own spawn is not what it is without. */
  readonly leftOut: readonly string[];
  /** Names with which the runtime cannot make a stream. */
  readonly noStreams: readonly string[];
  /** Of each face without a name. */
  readonly usual: readonly (readonly [face: string, outcome: string])[];
  /** Children that are left. */
  readonly children: number;
}

const [engine, , mark] = parent.argv.slice(2) as [EngineName, string, string];

/** What ringspawn and the runtimes look for on objects that may not have it. */
const NAMES = `
  affinity after allowHalfOpen aborted argv0 args autoAllocateChunkSize body bodyUsed byteLength cancel cause cgroup
  chunk clearEnv close closeFds closerOf cmd code cols command configurable controllingTerminal coreDumped cwd data
  detached dieWithParent direction drain end enough enumerable env envIsAdded envPairs errno error errorClass exec
  exit exited explain fd fds file fileOf firstArg get getReader getenv gid given groups hard highWaterMark index input
  ipc isLocked kernel kill killSignal kind known lazy limits maxBuffer mayLook mode namespaces noNewPrivileges onExit
  once open openFile option output overflowed passive path pid pidfd pipe pipes prespawn priority processGroup pty
  pull raw read readable reason ref root rows serialization serves session set settle setup shellFallback signal size
  sink slot slots soft source spawn spawnSync start startEnviron started stderr stdin stdio stdout step stream target
  terminal then timedOut timeout type uid umask unref usage value verbatim want windowsHide withoutPid writable write
  written PATH RINGSPAWN_ENGINE`;
/** With the runtime's own spawn, which takes ten times as long and is changed by the same names, one will do. */
const VALUES = [5, "x", () => {}].slice(0, engine === "runtime" ? 1 : volume(3));

const SCRIPT = `echo >>"$0"; cat; echo q; exit 3`;
const WORDS = ["sh", "-c", SCRIPT, mark] as const;
const args = WORDS.slice(1);
const MISSING = "/no/such/program";
const utf8 = new TextDecoder();
const said = (bytes: Uint8Array | undefined): string => utf8.decode(bytes);
const LINE = new TextEncoder().encode("in\n");

type Face = (held: number) => Promise<string>;

const FACES: Readonly<Record<string, Face>> = {
  async output() {
    const { stdout, code } = await new Command("sh", { args, engine }).output();
    return `${said(stdout)}${code}`;
  },
  async outputSync() {
    const { stdout, code, engine: ran } = new Command("sh", { args, engine }).outputSync();
    return `${said(stdout)}${code}${ran}`;
  },
  async commandSpawn() {
    const child = new Command("sh", { args, engine, stdin: "piped", stdout: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(LINE);
    await writer.close();
    return `${await child.stdout.text()}${(await child.status).code}`;
  },
  async start() {
    const child = start("sh", { args, engine, stdin: "null", stdout: "piped" });
    await child.started;
    const { stdout, code } = await child.output();
    return `${said(stdout)}${code}`;
  },
  async spawn() {
    const child = spawn([...WORDS], { engine, stdin: LINE, stdout: "pipe", timeout: 60_000 });
    return `${await child.stdout.text()}${await child.exited}${child.engine}`;
  },
  async spawnSync() {
    const { stdout, exitCode } = spawnSync([...WORDS], { engine, stdin: LINE });
    return `${said(stdout)}${exitCode}`;
  },
  async fds(held) {
    const { stdout, exitCode } = spawnSync([...WORDS], { engine, setup: { fds: { 5: held } } });
    return `${said(stdout)}${exitCode}`;
  },
  async missing() {
    return `${await spawn([MISSING], { engine }).exited}`;
  },
};

/** A promise takes such an object for another promise where every object has a `then`, that of a runtime as well. */
const GIVES_OBJECTS: ReadonlySet<string> = new Set(["output", "commandSpawn", "start"]);

/** As little of the web's and the runtimes' types as is used here: a program of all three has none of them. */
interface OwnChild {
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly status: Promise<unknown>;
}
interface OwnApis {
  readonly Deno?: {
    readonly Command: new (
      file: string,
      options: object,
    ) => { spawn(): OwnChild; outputSync(): { readonly stdout: Uint8Array } };
  };
  readonly Bun?: {
    spawn(command: readonly string[], options: object): { readonly stdout: ReadableStream<Uint8Array> };
    spawnSync(command: readonly string[], options: object): { readonly stdout: Uint8Array };
  };
}
const { Deno, Bun } = globalThis as OwnApis;

/** The code of the error of a program that is missing, where the runtime's own spawn is called. */
function ownMissing(): unknown {
  try {
    if (Deno !== undefined) new Deno.Command(MISSING, { __proto__: null }).outputSync();
    else if (Bun !== undefined) Bun.spawnSync([MISSING], { __proto__: null });
    else return (spawnSyncOfNode(MISSING).error as { code?: unknown } | undefined)?.code;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "none";
}

/** The same by the runtime's own spawn: with pipes, in a call that blocks, and of a program that is missing. */
async function own(): Promise<string> {
  return `${await ownPiped()}${String(ownMissing())}`;
}

async function ownPiped(): Promise<string> {
  const options = { __proto__: null, args, stdin: "piped", stdout: "piped" };
  if (Deno !== undefined) {
    const child = new Deno.Command("sh", options).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(LINE);
    await writer.close();
    const { stdout } = new Deno.Command("sh", { __proto__: null, args, stdin: "null" }).outputSync();
    const text = await new Response(child.stdout).text();
    await child.status;
    return text + said(stdout);
  }
  if (Bun !== undefined) {
    const child = Bun.spawn(WORDS, { __proto__: null, stdin: LINE, stdout: "pipe" });
    return (await new Response(child.stdout).text()) + said(Bun.spawnSync(WORDS, { __proto__: null }).stdout);
  }
  const child = spawnOfNode("sh", args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(LINE);
  let text = "";
  for await (const chunk of child.stdout) text += String(chunk);
  return text + String(spawnSyncOfNode("sh", args, { input: LINE }).stdout);
}

/** What a face comes to while every object has the property `name` more. What is looked at after it has it no more. */
async function outcomeOf(face: Face, name?: string, value?: unknown): Promise<string> {
  fs.writeFileSync(mark, "");
  const held = fs.openSync(mark, "r");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => (timer = setTimeout(resolve, patience(5000), "hangs")));
  let outcome: string;
  if (name !== undefined) {
    const descriptor = { __proto__: null, value, configurable: true, writable: true } as PropertyDescriptor;
    Object.defineProperty(Object.prototype, name, descriptor);
  }
  try {
    outcome = await Promise.race([face(held), late]);
  } catch (error) {
    outcome = String(error);
  }
  if (name !== undefined) Reflect.deleteProperty(Object.prototype, name);
  clearTimeout(timer);
  return `${JSON.stringify(outcome)}, ran ${fs.readFileSync(mark).length} times, fd ${isOpen(held) ? "kept" : "lost"}`;
}

/** Whether an fd is open, which is closed then. */
function isOpen(fd: number): boolean {
  try {
    fs.closeSync(fd);
    return true;
  } catch {
    return false;
  }
}

// What is opened once for all is opened before a name is there.
const usual = new Map<string, string>();
for (let i = 0; i < 2; i++) for (const [name, face] of Object.entries(FACES)) usual.set(name, await outcomeOf(face));
const usualOwn = await outcomeOf(own);

async function breaksOwn(name: string): Promise<boolean> {
  for (const value of VALUES) if ((await outcomeOf(own, name, value)) !== usualOwn) return true;
  return false;
}

/** Whether the streams of the web cannot even be made, as under Node 20, which makes them by ordinary descriptors. */
function breaksStreams(name: string): boolean {
  for (const value of VALUES) {
    const descriptor = { __proto__: null, value, configurable: true, writable: true } as PropertyDescriptor;
    Object.defineProperty(Object.prototype, name, descriptor);
    try {
      new ReadableStream({ __proto__: null, type: "bytes" } as object, { __proto__: null } as object);
      new WritableStream({ __proto__: null } as object, { __proto__: null } as object);
    } catch {
      return true;
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
  }
  return false;
}

const changed: string[] = [];
const noStreams: string[] = [];
const leftOut: string[] = [];
const all = NAMES.trim().split(/\s+/);
// The lab takes seconds for a name, so that it tries every twentieth. Nearly the same code meets all of them on vfork.
const step = Math.ceil(all.length / volume(all.length));
const names = all.filter((_, index) => index % step === 0);
for (const name of names) {
  if (breaksStreams(name)) {
    noStreams.push(name);
    continue;
  }
  if (engine === "runtime" && (await breaksOwn(name))) {
    leftOut.push(name);
    continue;
  }
  for (const value of VALUES) {
    for (const [which, face] of Object.entries(FACES)) {
      if (name === "then" && GIVES_OBJECTS.has(which)) continue;
      const outcome = await outcomeOf(face, name, value);
      if (outcome !== usual.get(which)) changed.push(`${which} with ${name} = ${String(value)}: ${outcome}`);
    }
  }
}
const result: Polluted = { usual: [...usual], changed, leftOut, noStreams, children: [...children()].length };
console.log(JSON.stringify(result));
// A spawn of the runtime's own that hung has left a child, for which the program would wait.
parent.exit(0);
