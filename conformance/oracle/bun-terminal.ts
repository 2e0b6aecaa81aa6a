/** The oracle's cases of terminals: what bun-spawn.ts does with both APIs. */
import { delay, until } from "../tools.ts";
import type { Any, Api } from "./bun-api.ts";

const utf8 = new TextDecoder();
const sh = (script: string): string[] => ["sh", "-c", script];
const hex = (number: number): string => number.toString(16);

/** What a call gave, or the words of what it threw. */
function words(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return (error as Error).message;
  }
}

/** What a call gave, or the class and the code of what it threw. */
function kind(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return `${(error as Error).name} ${(error as { code?: string }).code}`;
  }
}

/** Options whose callbacks note what is told; data that comes in parts is one note. */
function noted(): { events: string[]; options: Any; text: () => string } {
  const events: string[] = [];
  let text = "";
  const options = {
    data(terminal: Any, bytes: Any) {
      text += utf8.decode(bytes);
      const note = `data ${this === terminal} ${bytes.constructor.name}`;
      if (events.at(-1) !== note) events.push(note);
    },
    exit(...args: Any[]) {
      events.push(`exit ${this === args[0]} ${args.slice(1).join()} ${args.length} ${args[0].closed}`);
    },
  };
  return { events, options, text: () => text };
}

const flagsOf = (terminal: Any): string =>
  [terminal.inputFlags, terminal.outputFlags, terminal.controlFlags, terminal.localFlags].map(hex).join(" ");

/** Runs a script at a terminal, and gives what it wrote there. */
async function said({ spawn }: Api, script: string, options: Any = {}, terminal: Any = {}): Promise<string> {
  const { options: callbacks, text } = noted();
  const child = spawn(sh(script), { ...options, terminal: { ...callbacks, ...terminal } });
  await child.exited;
  child.terminal.close();
  return text();
}

const BAD_SIZES = [
  [],
  [1],
  [0, 1],
  [1, 0],
  [65_536, 1],
  [1, 65_536],
  ["a", 1],
  ["5", "6"],
  [NaN, 1],
  [-1, 2],
  [true, 2],
];

export const TERMINAL_CASES: Record<string, (api: Api) => unknown> = {
  "terminal: the child's stdio, session and size": (api) => {
    const ids = 'set -- $(ps -o pid=,pgid=,sid=,tpgid= -p $$); [ "$1$1$1" = "$2$3$4" ] && echo leads';
    return said(
      api,
      `[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo tty; stty size; stty -g; ${ids}`,
      {},
      { rows: 7, cols: 8 },
    );
  },
  "terminal: the order of what is told": async ({ spawn }) => {
    const { events, options } = noted();
    const onExit = (...args: Any[]): number => events.push(`onExit ${args[1]} ${args[2]}`);
    const child = spawn(sh("echo a; echo b; exit 3"), { terminal: options, onExit });
    events.push(`exited ${await child.exited}`);
    await until("onExit", () => events.some((event) => event.startsWith("onExit")));
    child.terminal.close();
    await delay(20);
    return events;
  },
  "terminal: a grandchild has it": async ({ spawn }) => {
    const { events, options } = noted();
    const script = 'trap "" HUP; (read x; echo late) <&1 & echo early';
    const child = spawn(sh(script), { terminal: options, onExit: () => events.push("onExit") });
    await until("onExit", () => events.includes("onExit"));
    child.terminal.write("x\n");
    await until("exit", () => events.some((event) => event.startsWith("exit")));
    child.terminal.close();
    return events;
  },
  "terminal: the handle of the child": async ({ spawn }) => {
    const child = spawn(["true"], { stdin: "pipe", stdout: "pipe", stderr: "pipe", terminal: {} });
    const { stdin, stdout, stderr, readable, writable, stdio, terminal } = child;
    await child.exited;
    terminal.close();
    return [stdin, stdout, stderr, readable, writable, stdio, terminal === child.terminal, terminal.constructor.name];
  },
  "terminal: given in vain": async ({ spawn }) => {
    const child = spawn(["true"], { terminal: null });
    await child.exited;
    return [child.terminal, child.stdin, typeof child.stdout];
  },
  "terminal: other options beside it": async (api) => {
    const all = [];
    for (const options of [
      { stdin: "pipe" },
      { stdout: "ignore", stderr: null },
      { stdio: ["pipe", "inherit", 2] },
      { stdin: new Uint8Array([65]) },
      { detached: false },
      { detached: true },
      { lazy: true },
      { maxBuffer: 1 },
    ]) {
      all.push(await said(api, "[ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all of them", options));
    }
    return all;
  },
  "terminal: a bad stdio beside it": ({ spawn }) => kind(() => spawn(["true"], { stdin: "bogus", terminal: {} })),
  "terminal: TERM is that of the environment": (api) =>
    said(api, "echo [$TERM] [$COLUMNS]", { env: { PATH: "/usr/bin:/bin" } }, { name: "vt52" }),
  "terminal: what is none": ({ spawn, spawnSync }) => [
    ...[false, true, 0, 5, "x", Symbol.iterator].map((terminal) => kind(() => spawn(["true"], { terminal }))),
    ...[false, {}, "x"].map((terminal) => kind(() => spawnSync(["true"], { terminal }))),
    ...[undefined, null].map((terminal) => spawnSync(["true"], { terminal }).exitCode),
  ],
  "terminal: any object has options": async (api) => {
    class Options {
      get cols(): number {
        return 33;
      }
    }
    const sizes = [];
    for (const terminal of [new Options(), [], new Map(), (): void => {}, { cols: 0, rows: "9" }, { cols: 2.5 }]) {
      const child = api.spawn(sh("exit $(stty size | sed 's/.* //')"), { terminal });
      sizes.push(await child.exited);
      child.terminal.close();
    }
    return sizes;
  },
  "terminal: a failed start": async ({ spawn }) => {
    const { events, options } = noted();
    const errors = [kind(() => spawn(["/no/such"], { terminal: options })), events];
    await delay(20);
    return errors;
  },
  "terminal: close() hangs up": async ({ spawn }) => {
    const { events, options, text } = noted();
    const child = spawn(sh("trap 'exit 9' HUP; echo ready; while :; do sleep 0.1; done"), { terminal: options });
    await until("ready", () => text().includes("ready"));
    child.terminal.close();
    events.push("closed");
    return [events, await child.exited, child.signalCode];
  },
  "terminal: killed and timed out": async ({ spawn }) => {
    const { events, options } = noted();
    const killed = spawn(["sleep", "9"], { terminal: options });
    killed.kill();
    const codes = [await killed.exited, killed.signalCode];
    const late = spawn(["sleep", "9"], { timeout: 50, terminal: options });
    codes.push(await late.exited, late.signalCode);
    killed.terminal.close();
    late.terminal.close();
    return [codes, events];
  },
  "terminal: asyncDispose": async ({ spawn, Terminal }) => {
    const { events, options } = noted();
    const child = spawn(["sleep", "9"], { terminal: options });
    const disposed = child.terminal[Symbol.asyncDispose]();
    const seen: unknown[] = [child.terminal.closed, [...events], disposed instanceof Promise, await disposed];
    return [...seen, await child.exited, typeof Terminal.prototype[Symbol.dispose]];
  },
  "terminal: members": ({ Terminal }) => {
    const terminal = new Terminal({});
    const names = ["write", "resize", "setRawMode", "ref", "unref", "close"];
    const methods = names.map((name) => `${terminal[name].name} ${terminal[name].length}`);
    terminal.close();
    return [methods, Object.keys(terminal), String(terminal), Terminal.name, terminal.constructor === Terminal];
  },
  "terminal: what write() returns": ({ Terminal }) => {
    const terminal = new Terminal({});
    const data = ["", "é", "ab", new Uint8Array(3), new Uint16Array(2), new ArrayBuffer(5), new SharedArrayBuffer(2)];
    const counts = [...data, new DataView(new ArrayBuffer(4)), Buffer.from("abc")].map((data) => terminal.write(data));
    terminal.close();
    return counts;
  },
  "terminal: what cannot be written": ({ Terminal }) => {
    const terminal = new Terminal({});
    const all = [undefined, null, 5, true, {}, [1], new Blob(["x"])].map((data) => words(() => terminal.write(data)));
    terminal.close();
    return all;
  },
  "terminal: what cannot be a size": ({ Terminal }) => {
    const terminal = new Terminal({});
    const all = BAD_SIZES.map((size) => words(() => terminal.resize(...size)));
    all.push(words(() => terminal.resize(1.5, 2.7)));
    terminal.close();
    return all;
  },
  "terminal: the class of a usage mistake": ({ Terminal }) => {
    const terminal = new Terminal({});
    const all = [kind(() => terminal.write()), kind(() => terminal.resize(0, 0)), kind(() => new Terminal())];
    terminal.close();
    return all;
  },
  "terminal: the words of its constructor": ({ Terminal }) =>
    [undefined, null, 5, "x", { name: "x".repeat(129) }].map((options) =>
      words(() => new Terminal(options).nothing as unknown),
    ),
  "terminal: a name that is no string": ({ Terminal }) => kind(() => new Terminal({ name: 5 })),
  "terminal: the constructor, called": ({ Terminal }) => words(() => Terminal({})) !== undefined,
  "terminal: flags and raw mode": ({ Terminal }) => {
    const terminal = new Terminal({});
    const all = [flagsOf(terminal)];
    const note = (change: () => void): void => {
      change();
      all.push(flagsOf(terminal));
    };
    note(() => terminal.setRawMode(false));
    note(() => (terminal.localFlags = 0x8a33));
    note(() => terminal.setRawMode(true));
    note(() => (terminal.outputFlags = 0));
    note(() => terminal.setRawMode(1));
    note(() => (terminal.localFlags |= 8));
    note(() => terminal.setRawMode(""));
    note(() => (terminal.outputFlags = 0));
    note(() => (terminal.controlFlags = 0xbf & ~0x30));
    note(() => terminal.setRawMode(true));
    note(() => (terminal.inputFlags = 0xffff_ffff));
    note(() => (terminal.controlFlags = 0xffff_ffff));
    note(() => (terminal.localFlags = 0));
    terminal.close();
    note(() => (terminal.localFlags = 5));
    return all;
  },
  "terminal: what cannot be flags": ({ Terminal }) => {
    const terminal = new Terminal({});
    const set = (flags: unknown): unknown => kind(() => ((terminal.localFlags = flags), terminal.localFlags));
    const all = [-1, NaN, "5", undefined, {}, 1.5, 2 ** 32].map(set);
    terminal.close();
    return all;
  },
  "terminal: after close()": async ({ spawn, Terminal }) => {
    const { events, options } = noted();
    const terminal = new Terminal(options);
    const seen = [terminal.closed, terminal.close(), terminal.close(), terminal.closed];
    const calls = [() => terminal.write("x"), () => terminal.resize(0, 0), () => terminal.setRawMode(true)];
    seen.push(...calls.map(words), terminal.ref(), terminal.unref());
    seen.push(
      kind(() => spawn(["true"], { terminal })),
      words(() => spawn(["true"], { terminal })),
    );
    await delay(20);
    return [seen, events];
  },
  "terminal: after its end": async ({ spawn }) => {
    const { events, options } = noted();
    const { terminal, exited } = spawn(["true"], { terminal: { ...options, drain: () => events.push("drain") } });
    await exited;
    const seen = [terminal.write("x".repeat(100_000)), terminal.resize(9, 9), flagsOf(terminal), terminal.closed];
    terminal.localFlags = 8;
    seen.push(flagsOf(terminal), terminal.setRawMode(false));
    seen.push(
      kind(() => spawn(["true"], { terminal })),
      words(() => spawn(["true"], { terminal })),
    );
    await delay(50);
    terminal.close();
    return [seen, events];
  },
  "terminal: reused, two at once": async ({ spawn, Terminal }) => {
    const { events, options, text } = noted();
    const terminal = new Terminal(options);
    const script = "exec 3</dev/tty; [ $? = 0 ] || echo none; stty size";
    const child = spawn(sh(script), { terminal, stderr: "pipe" });
    const seen = [child.terminal === terminal, child.stdout, await child.exited];
    const reader = spawn(sh("read x; echo got $x"), { terminal });
    seen.push(await spawn(sh("echo other"), { terminal }).exited);
    await until("other", () => text().includes("other"));
    terminal.write("typed\n");
    seen.push(await reader.exited);
    await until("typed", () => text().includes("got typed"));
    terminal.close();
    return [seen, events, text().split("\n").slice(-4)];
  },
  "terminal: drain": async ({ Terminal }) => {
    let count = 0;
    const terminal = new Terminal({ drain: () => count++ });
    terminal.write("");
    await delay(20);
    const seen = [count];
    terminal.write("a");
    terminal.write("b");
    seen.push(count);
    await until("drain", () => count > 0);
    await delay(20);
    terminal.close();
    return [...seen, count];
  },
  "terminal: 2 MB": async ({ spawn }) => {
    let length = 0;
    let atEnd = 0;
    const script = "head -c 2000000 /dev/zero | tr '\\0' a";
    const terminal = { data: (_: Any, bytes: Any) => (length += bytes.length as number), exit: () => (atEnd = length) };
    const child = spawn(sh(script), { terminal });
    const code: unknown = await child.exited;
    child.terminal.close();
    return [code, length, atEnd];
  },
};

/** What differs on purpose. */
export const TERMINAL_IMPROVED: Record<string, { readonly engine?: string; readonly why: string }> = {
  "terminal: the class of a usage mistake": { why: "a TypeError with a code, as all other usage mistakes are" },
  "terminal: asyncDispose": { why: "its end is told as that of close(): Bun does not call exit" },
  "terminal: what cannot be flags": { why: "Bun sets all flags for NaN, and none for a negative number" },
};
