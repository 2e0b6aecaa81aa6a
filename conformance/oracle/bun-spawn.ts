/**
 * Makes the same calls by Bun's own spawn and by ringspawn's on every engine: what a program sees must not differ.
 * Run it with Bun: `bun conformance/oracle/bun-spawn.ts [--verbose] [text of a name]`.
 *
 * IMPROVED lists what differs on purpose. A row that differs no more fails, and so does any other difference. Messages
 * are not compared.
 */
import { engines, spawn, spawnSync, Terminal } from "ringspawn";
import { assert, delay, fs, parent, path, tmpdir } from "../tools.ts";
import type { Any, Api } from "./bun-api.ts";
import { CASES as IPC_CASES, IMPROVED as IPC_IMPROVED } from "./bun-ipc.ts";
import { TERMINAL_CASES, TERMINAL_IMPROVED } from "./bun-terminal.ts";

type Files = Record<"file", (path: string | number) => Blob>;
const { Bun: bun } = globalThis as unknown as { Bun: Api & Files & { readonly s3: Files } };
const dir = fs.mkdtempSync(path.join(tmpdir(), "oracle-"));
const text = new TextDecoder();

/** What a call threw, without the message. */
function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return errorShape(error);
  }
  return "nothing thrown";
}

function errorShape(error: Any): unknown {
  const type = error instanceof TypeError ? "TypeError" : error instanceof RangeError ? "RangeError" : "Error";
  return { type, name: error.name, code: error.code, hasMessage: error.message !== "" };
}

/** What a failed start threw. */
function failed(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    const { name, code, errno, path } = error as Record<"name" | "code" | "errno" | "path", unknown>;
    return { isError: error instanceof Error, name, code, errno, path };
  }
  return "nothing thrown";
}

async function rejection(promise: unknown): Promise<unknown> {
  try {
    return { resolved: await promise };
  } catch (error) {
    return errorShape(error);
  }
}

/** `Promise` or the value itself. */
const now = (value: unknown): unknown => (value instanceof Promise ? "a promise" : value);

const sh = (script: string): string[] => ["sh", "-c", script];
const kindOf = (value: unknown): string => (value === null ? "null" : typeof value);
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255);
const sum = (array: Uint8Array): string => `${array.length}:${array.reduce((a, b) => (a * 31 + b) % 1_000_003, 7)}`;

async function alive(child: Any): Promise<boolean> {
  await delay(150);
  return child.exitCode === null && child.signalCode === null;
}

function usageShape(usage: Any): unknown {
  const { contextSwitches, cpuTime, maxRSS, messages, ops, shmSize, signalCount, swapCount } = usage;
  const all = [contextSwitches.voluntary, contextSwitches.involuntary, cpuTime.user, cpuTime.system, cpuTime.total]
    .concat([maxRSS, messages.sent, messages.received, ops.in, ops.out, shmSize, signalCount, swapCount])
    .map((value) => typeof value);
  return [all, cpuTime.total === cpuTime.user + cpuTime.system, maxRSS > 0];
}

/** What a program sees of each call: anything that JSON can hold, and undefined. */
const CASES: Record<string, (api: Api) => unknown> = {
  ...IPC_CASES,
  // the call
  "cmd first": async ({ spawn }) => (await spawn(["echo", "a"]).stdout.text()) as string,
  "cmd inside": async ({ spawn }) => (await spawn({ cmd: ["echo", "a"], stderr: "ignore" }).stdout.text()) as string,
  "sync, cmd inside": ({ spawnSync }) => text.decode(spawnSync({ cmd: ["echo", "a"] }).stdout),
  "options undefined": async ({ spawn }) => (await spawn(["true"], undefined).exited) as number,
  "options null": async ({ spawn }) => rejection(thrown(() => spawn(["true"], null))),
  "no cmd": ({ spawn }) => thrown(() => spawn()),
  "cmd a string": ({ spawn }) => thrown(() => spawn("true")),
  "cmd empty": ({ spawn, spawnSync }) =>
    [() => spawn([]), () => spawnSync([]), () => spawn({ cmd: [] })].map((call) => thrown(call)),
  "cmd missing in options": ({ spawn }) => thrown(() => spawn({})),
  "cmd with a number": async ({ spawn }) => rejection((async () => await spawn(["echo", 5]).stdout.text())()),
  "cmd[0] empty": ({ spawn, spawnSync }) => [failed(() => spawn([""])), failed(() => spawnSync([""]))],
  "the words that programs look for in messages": ({ spawn, spawnSync }) => {
    const calls: [words: string, call: () => unknown][] = [
      ["must be a string without null bytes", () => spawn(["echo\0"])],
      ["args[1]", () => spawn(["echo", "a\0"])],
      ["must be a string without null bytes", () => spawn(["echo"], { cwd: "/\0" })],
      ['Executable not found in $PATH: "no-such-command"', () => spawn(["no-such-command"])],
      ['Executable not found in $PATH: "no-such-command"', () => spawnSync(["no-such-command"])],
      ["cmd must be an array", () => spawn("echo")],
      ["cmd must not be empty", () => spawn([])],
      ["stdio must be an array", () => spawn(["true"], { stdio: "pipe" })],
      ["'socket-fd' is only supported at indices >= 3", () => spawn(["true"], { stdio: ["socket-fd"] })],
      ["ArrayBufferView cannot be used for stdout/stderr yet", () => spawn(["true"], { stdout: new Uint8Array(1) })],
      ["Blobs are immutable, and cannot be used for stdout/stderr", () => spawn(["true"], { stderr: new Blob(["x"]) })],
      ["Blob cannot be used for stdio[3] yet", () => spawn(["true"], { stdio: [null, null, null, new Blob(["x"])] })],
      [
        "ReadableStream cannot be used for stdio[3] yet",
        () => spawn(["true"], { stdio: [null, null, null, new ReadableStream()] }),
      ],
      [
        "'stdin' ReadableStream cannot be used in sync mode",
        () => spawnSync(["true"], { stdin: new ReadableStream({ pull() {} }) }),
      ],
      ['The value of "timeout" is out of range. It must be >= 0', () => spawn(["true"], { timeout: -1 })],
      ["must be one of 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL'", () => spawn(["true"], { killSignal: "sigterm" })],
      ["must be one of 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL'", () => spawn(["true"]).kill("SIGNOPE")],
      ["onExit must be a function or undefined", () => spawn(["true"], { onExit: 1 })],
      ["onDisconnect must be a function or undefined", () => spawn(["true"], { onDisconnect: 1 })],
      ["terminal option is only supported for", () => spawnSync(["true"], { terminal: {} })],
      ["env must be an object", () => spawn(["true"], { env: 1 })],
    ];
    return calls.map(([words, call]) => {
      try {
        call();
      } catch (error) {
        const { message } = error as Error;
        return message.includes(words) ? words : `not: ${words}`;
      }
      return `nothing thrown: ${words}`;
    });
  },
  "what means nothing to Bun without ipc": async ({ spawn, spawnSync }) => [
    await spawn(["true"], { serialization: "json", onDisconnect() {} }).exited,
    await spawn(["true"], { ipc: 5, maxBuffer: -1 }).exited,
    await spawn(["true"], { stdio: ["ignore", new Uint8Array(), "ignore", new Blob([])] }).exited,
    spawnSync(["true"], { serialization: "json", onDisconnect() {}, ipc() {} }).exitCode,
  ],
  "options that are null": async ({ spawn, spawnSync }) => {
    const none = { argv0: null, uid: null, gid: null, cgroup: null, detached: null, stdio: null, lazy: null };
    const child = spawn(sh("echo $0"), none);
    return [await child.stdout.text(), child.stderr, text.decode(spawnSync(sh("echo $0"), none).stdout)];
  },
  "options a string": async ({ spawn }) => rejection((async () => await spawn(["true"], "x").exited)()),

  // the handle
  "the handle's type": ({ spawn }) => Object.prototype.toString.call(spawn(["true"])),
  "the handle's own keys": ({ spawn }) => Object.keys(spawn(["true"])),
  "what may be asked of stdout": ({ spawn }) => {
    const { stdout } = spawn(["true"]);
    return ["text", "json", "bytes", "blob", "arrayBuffer"].map((name) => [name, typeof stdout[name]]);
  },
  "the handle as it is printed": async ({ spawn }) => {
    const child = spawn(["true"], { stdin: "pipe" });
    await child.exited;
    const other = /^ *(_getFd|sinkId|\[Symbol).*\n|state: .*(?= })/gm;
    return (globalThis as Any).Bun.inspect(child).replace(other, "").replace(/\d+/g, "N") as string;
  },
  "the handle as for-in lists it": ({ spawn }) => {
    const names = [];
    for (const name in spawn(["true"])) names.push(name);
    return names;
  },
  "the handle's constructor": ({ spawn }) => {
    const child = spawn(["true"]);
    return [child.constructor.name, Object.getOwnPropertyNames(child), JSON.stringify(child)];
  },
  "FileSink: as it is told apart": ({ spawn }) => {
    const { stdin } = spawn(["cat"], { stdin: "pipe" });
    const names = [];
    for (const name in stdin) names.push(name);
    stdin.end();
    const shown = (globalThis as Any).Bun.inspect(stdin).replace(/^ *(_getFd|sinkId).*\n/gm, "") as string;
    return [
      Object.prototype.toString.call(stdin),
      Object.keys(stdin),
      names.filter((name) => name !== "_getFd"),
      shown,
    ];
  },
  "FileSink: close": async ({ spawn }) => {
    const child = spawn(["cat"], { stdin: "pipe" });
    child.stdin.write("a");
    const closed = [child.stdin.close(), child.stdin.close()];
    return [closed, await child.stdout.text()];
  },
  "FileSink: start": async ({ spawn }) => {
    const child = spawn(["cat"], { stdin: "pipe" });
    const said = [undefined, {}, { highWaterMark: 3 }, 5, { highWaterMark: "x" }, null].map((options) =>
      child.stdin.start(options),
    );
    child.stdin.write("abcdef");
    child.stdin.end();
    return [said, child.stdin.ref(), child.stdin.unref(), await child.stdout.text()];
  },
  "FileSink: end with an error": async ({ spawn }) => {
    const child = spawn(["cat"], { stdin: "pipe" });
    child.stdin.write("a");
    await child.stdin.end(new Error("its own"));
    return [await child.stdout.text(), await child.exited];
  },
  "FileSink: other data": async ({ spawn }) => {
    const child = spawn(["cat"], { stdin: "pipe" });
    const { stdin } = child;
    const said = [new SharedArrayBuffer(2), new String("str"), "", new DataView(new ArrayBuffer(1))].map((data) =>
      now(stdin.write(data)),
    );
    const bad = [null, undefined, new Blob(["x"]), [1]].map((data) => thrown(() => stdin.write(data)));
    stdin.end();
    return [said, bad, await child.stdout.text()];
  },
  "FileSink: the words of an error": ({ spawn }) => {
    const { stdin } = spawn(["cat"], { stdin: "pipe" });
    try {
      stdin.write(5);
    } catch (error) {
      return (error as Error).message.startsWith("write() expects a string, ArrayBufferView, or ArrayBuffer");
    } finally {
      stdin.end();
    }
    return "nothing thrown";
  },
  "resourceUsage as JSON": ({ spawnSync }) => Object.keys(spawnSync(["true"]).resourceUsage),
  "resourceUsage as it is told apart": async ({ spawn, spawnSync }) => {
    const child = spawn(["true"]);
    await child.exited;
    return [child.resourceUsage(), spawnSync(["true"]).resourceUsage].map((usage) => [
      Object.prototype.toString.call(usage),
      (globalThis as Any).Bun.inspect(usage).split(" ")[0],
    ]);
  },
  "the result of a blocking call as it is printed": ({ spawnSync }) => {
    const shown = (globalThis as Any).Bun.inspect(spawnSync(sh("echo x; kill -9 $$"))) as string;
    return shown.replace(/\[Object: null prototype\] /g, "").replace(/\d+/g, "N");
  },
  "the handle's members": ({ spawn }) => {
    const child = spawn(["true"]);
    const names = ["pid", "stdin", "stdout", "stderr", "stdio", "readable", "writable", "exited", "exitCode"].concat([
      "signalCode",
      "killed",
      "kill",
      "ref",
      "unref",
      "resourceUsage",
    ]);
    return names.map((name) => `${name}: ${kindOf(child[name])}`);
  },
  "the handle's members of IPC": ({ spawn }) => {
    const child = spawn(["true"]);
    return ["connected", "send", "disconnect", "terminal"].map((name) => `${name}: ${kindOf(child[name])}`);
  },
  stdio: ({ spawn }) => {
    const stdio = ["pipe", "inherit", "pipe", "ignore", "inherit"];
    return [spawn(["true"]).stdio, spawn(["true"], { stdio }).stdio];
  },
  defaults: ({ spawn }) => {
    const child = spawn(["true"]);
    return [child.stdin, typeof child.stdout, child.stderr, child.readable === child.stdout, child.writable];
  },
  "stdout is one object": ({ spawn }) => {
    const child = spawn(["true"]);
    return [child.stdout === child.stdout, child.stdout instanceof ReadableStream];
  },
  "what is not piped": ({ spawn }) => {
    const child = spawn(["true"], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
    return [child.stdin, child.stdout, child.stderr, child.stdio];
  },
  "null and undefined": async ({ spawn }) => {
    const child = spawn(sh("readlink /proc/$$/fd/0; echo x >&2"), { stdin: null, stdout: undefined, stderr: null });
    return [await child.stdout.text(), child.stderr, child.stdin];
  },
  "stdio short": async ({ spawn }) => {
    const child = spawn(["echo", "a"], { stdio: ["ignore"] });
    return [await child.stdout.text(), child.stderr];
  },
  "stdio overrides": ({ spawn }) => {
    const child = spawn(["true"], { stdio: ["ignore", "ignore", "ignore"], stdin: "pipe", stdout: "pipe" });
    return [child.stdin, child.stdout];
  },
  "stdio undefined elements": ({ spawn }) => {
    const child = spawn(["true"], { stdio: [undefined, undefined, undefined] });
    return [child.stdin, typeof child.stdout, child.stderr];
  },
  "stdio null elements": ({ spawn }) => {
    const child = spawn(["true"], { stdio: [null, null, null] });
    return [child.stdin, child.stdout, child.stderr];
  },
  "stdio not an array": ({ spawn, spawnSync }) => [
    thrown(() => spawn(["true"], { stdio: "pipe" })),
    thrown(() => spawnSync(["true"], { stdio: "inherit" })),
  ],
  "fds as the handle shows them": ({ spawn }) => {
    const child = spawn(["true"], { stdin: 0, stdout: 1, stderr: 2 });
    return [child.stdin, child.writable, child.stdout, child.readable, child.stderr];
  },
  "stdio a bad word": ({ spawn }) => [
    thrown(() => spawn(["true"], { stdout: "piped" })),
    thrown(() => spawn(["true"], { stdin: "some text" })),
    thrown(() => spawn(["true"], { stdio: ["ignore", "ignore", "ignore", "x"] })),
    thrown(() => spawn(["true"], { stdout: {} })),
    thrown(() => spawn(["true"], { stdin: true })),
  ],
  "bytes as stdout": ({ spawn }) => thrown(() => spawn(["true"], { stdout: new Uint8Array(3) })),

  // its end
  "exit code": async ({ spawn }) => {
    const child = spawn(sh("exit 3"));
    const before = [child.exitCode, child.signalCode, child.killed, child.resourceUsage()];
    const exited = await child.exited;
    return { before, exited, code: child.exitCode, signal: child.signalCode, killed: child.killed };
  },
  "killed by a signal": async ({ spawn }) => {
    const child = spawn(["sleep", "9"]);
    const returned = child.kill();
    const after = [child.exitCode, child.signalCode, child.killed];
    const exited = await child.exited;
    return { returned, after, exited, code: child.exitCode, signal: child.signalCode, killed: child.killed };
  },
  "killed by SIGKILL and by number": async ({ spawn }) => {
    const children = ["SIGKILL", 9, "SIGINT", 1].map((signal) => {
      const child = spawn(["sleep", "9"]);
      child.kill(signal);
      return child;
    });
    return Promise.all(children.map(async (child) => [await child.exited, child.signalCode]));
  },
  "killed by a real-time signal": async ({ spawn }) => {
    const child = spawn(sh("kill -36 $$; sleep 5"));
    return [await child.exited, child.exitCode, child.signalCode, child.killed];
  },
  "kill with a bad signal": ({ spawn }) => {
    const child = spawn(["sleep", "9"]);
    const all = ["sigterm", "SIGNOPE", -1, 1.5, 65, {}].map((signal) => thrown(() => child.kill(signal)));
    child.kill(9);
    return all;
  },
  "kill with a real-time signal": async ({ spawn }) => {
    const child = spawn(["sleep", "9"]);
    const said = [32, 40, 64].map((signal) => thrown(() => child.kill(signal)));
    child.kill(9);
    await child.exited;
    return said;
  },
  "kill with an empty, null or NaN signal": ({ spawn }) => {
    const child = spawn(["sleep", "9"]);
    const all = ["", null, NaN].map((signal) => thrown(() => child.kill(signal)));
    child.kill(9);
    return all;
  },
  "kill with 0 and undefined": async ({ spawn }) => {
    const child = spawn(["sleep", "9"]);
    const zero = child.kill(0);
    const stillThere = await alive(child);
    child.kill(undefined);
    return [zero, stillThere, await child.exited];
  },
  "kill after the end": async ({ spawn }) => {
    const child = spawn(["true"]);
    await child.exited;
    return [child.kill(), child.kill("SIGKILL"), child.killed, child.signalCode, child.exitCode];
  },
  "ref and unref": async ({ spawn }) => {
    const child = spawn(["true"]);
    const returned = [child.unref(), child.ref(), child.unref(), child.ref()];
    await child.exited;
    return [...returned, child.ref(), child.unref()];
  },
  "exited is one promise": ({ spawn }) => {
    const child = spawn(["true"]);
    return [child.exited === child.exited, child.exited instanceof Promise];
  },
  asyncDispose: async ({ spawn }) => {
    const child = spawn(["sleep", "9"]);
    const value = await child[Symbol.asyncDispose]();
    return [value, child.exitCode, child.signalCode];
  },
  "asyncDispose after the end": async ({ spawn }) => {
    const child = spawn(sh("exit 4"));
    await child.exited;
    return [await child[Symbol.asyncDispose](), child.exitCode];
  },
  "order of exited and onExit": async ({ spawn }) => {
    const order: string[] = [];
    const child = spawn(sh("exit 5"), {
      onExit: (process: unknown, code: unknown, signal: unknown, error: unknown, ...more: unknown[]) => {
        order.push(`onExit ${process === child} ${code} ${signal} ${error} ${more.length} ${child.exitCode}`);
      },
    });
    child.exited.then(() => order.push("exited"));
    child.exited.then(() => order.push("exited again"));
    await child.exited;
    order.push("awaited");
    await delay(20);
    return order;
  },
  "onExit after a signal": async ({ spawn }) => {
    const seen: unknown[] = [];
    const child = spawn(["sleep", "9"], { onExit: (_: unknown, ...rest: unknown[]) => seen.push(rest) });
    child.kill();
    await child.exited;
    await delay(20);
    return seen;
  },
  "onExit not a function": ({ spawn }) => thrown(() => spawn(["true"], { onExit: 5 })),
  "onExit null": async ({ spawn }) => rejection((async () => await spawn(["true"], { onExit: null }).exited)()),

  // usage
  resourceUsage: async ({ spawn }) => {
    const child = spawn(["true"]);
    await child.exited;
    return usageShape(child.resourceUsage());
  },
  "resourceUsage is a new object": async ({ spawn }) => {
    const child = spawn(["true"]);
    await child.exited;
    return child.resourceUsage() === child.resourceUsage();
  },

  // stdout
  "stdout.text, bytes, json, blob": async ({ spawn }) => {
    const run = (script: string): Any => spawn(sh(script)).stdout;
    const blob = await run("echo x").blob();
    return [
      await run("printf '\\357\\273\\277a\\377'").text(),
      [...((await run("printf '\\001\\377'").bytes()) as Uint8Array)],
      await run("echo '{\"a\":[1]}'").json(),
      [blob instanceof Blob, blob.size, blob.type],
      await rejection(run("echo nope").json()),
    ];
  },
  "stdout read twice": async ({ spawn }) => {
    const child = spawn(["echo", "a"]);
    const first = await child.stdout.text();
    return [first, await rejection((async () => child.stdout.text())())];
  },
  "stdout is not locked after text()": async ({ spawn }) => {
    const child = spawn(["echo", "a"]);
    await child.stdout.text();
    return child.stdout.locked as boolean;
  },
  "stdout locked by a reader": async ({ spawn }) => {
    const child = spawn(["echo", "a"]);
    const reader = child.stdout.getReader();
    const locked = await rejection((async () => child.stdout.text())());
    const first = await reader.read();
    return [locked, text.decode(first.value), first.value.constructor.name, (await reader.read()).done];
  },
  "stdout by for await": async ({ spawn }) => {
    let all = "";
    for await (const chunk of spawn(sh("echo a; sleep 0.05; echo b")).stdout) all += text.decode(chunk);
    return all;
  },
  "stdout by Response": async ({ spawn }) => new Response(spawn(["echo", "a"]).stdout).text(),
  "stdout teed": async ({ spawn }) => {
    const [one, two] = spawn(["echo", "a"]).stdout.tee();
    return [await new Response(one).text(), await new Response(two).text()];
  },
  "stdout piped through": async ({ spawn }) => {
    const stream = spawn(["echo", "a"]).stdout.pipeThrough(new TextDecoderStream());
    let all = "";
    for await (const chunk of stream) all += chunk;
    return all;
  },
  "stdout cancelled": async ({ spawn }) => {
    const child = spawn(sh("exec yes 2>/dev/null"));
    await child.stdout.cancel();
    // The child dies of SIGPIPE, or gets an error: with sockets either may come first.
    return (await child.exited) !== 0;
  },
  "stdout after the end": async ({ spawn }) => {
    const child = spawn(["echo", "late"]);
    await child.exited;
    await delay(20);
    return (await child.stdout.text()) as string;
  },
  "unread stdout is drained": async ({ spawn }) => {
    const child = spawn(sh("head -c 5000000 /dev/zero"), { stderr: "pipe" });
    const code = await child.exited;
    return [code, (await child.stdout.bytes()).length, await child.stderr.text()];
  },
  "lazy: unread stdout is not drained": async ({ spawn }) => {
    const child = spawn(sh("head -c 5000000 /dev/zero"), { lazy: true });
    const blocked = await alive(child);
    const { length } = (await child.stdout.bytes()) as Uint8Array;
    return [blocked, length, await child.exited];
  },
  "binary output": async ({ spawn }) => {
    const file = path.join(dir, "binary");
    fs.writeFileSync(file, bytes(300_000));
    return sum(await spawn(["cat", file]).stdout.bytes());
  },
  "both outputs": async ({ spawn }) => {
    const child = spawn(sh("for i in 1 2 3; do echo o$i; echo e$i >&2; done"), { stderr: "pipe" });
    return Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  },
  "stdout to an fd and to the other": async ({ spawn }) => {
    const file = path.join(dir, "out");
    const fd = fs.openSync(file, "w");
    const child = spawn(sh("echo o; echo e >&2"), { stdout: fd, stderr: fd });
    fs.closeSync(fd);
    await child.exited;
    return [fs.readFileSync(file, "utf8"), child.stdout === fd, child.stderr === fd, child.stdio];
  },
  "stdout to a file": async ({ spawn, spawnSync }) => {
    const file = path.join(dir, "bunfile");
    const child = spawn(sh("echo abc"), { stdout: bun.file(file) });
    await child.exited;
    const first = fs.readFileSync(file, "utf8");
    spawnSync(sh("echo defg"), { stdout: bun.file(file), stderr: bun.file(1) });
    return [first, child.stdout, fs.readFileSync(file, "utf8")];
  },
  "stdout to a file that is longer": async ({ spawn }) => {
    const file = path.join(dir, "longer");
    fs.writeFileSync(file, "longer");
    await spawn(["echo", "a"], { stdout: bun.file(file) }).exited;
    return fs.readFileSync(file, "utf8");
  },
  "stdout to a file that cannot be opened": ({ spawn }) =>
    failed(() => spawn(["true"], { stdout: bun.file("/no/such/file") })),

  // stdin
  "stdin: bytes": async ({ spawn }) => {
    const inputs = [bytes(10), bytes(200_000), new Uint8Array(0), new Uint16Array([258, 3]), new ArrayBuffer(5)];
    return Promise.all(inputs.map(async (stdin) => sum(await spawn(["cat"], { stdin }).stdout.bytes())));
  },
  "stdin: what the child has for bytes": async ({ spawn, spawnSync }) => {
    const kind = ["stat", "-L", "-c", "%F", "/dev/stdin"];
    const stdin = bytes(10);
    return [await spawn(kind, { stdin }).stdout.text(), String(spawnSync(kind, { stdin }).stdout)];
  },
  "stdin: Buffer and DataView": async ({ spawn }) => {
    const buffer = Buffer.from("xyz").subarray(1);
    const inputs = [buffer, new DataView(new ArrayBuffer(3))];
    return Promise.all(inputs.map(async (stdin) => sum(await spawn(["cat"], { stdin }).stdout.bytes())));
  },
  "stdin: Blob, Response, Request": async ({ spawn }) => {
    const request = new Request("http://x/", { method: "POST", body: "request" });
    const inputs = [new Blob(["blob"]), new Response("response"), request];
    return Promise.all(inputs.map(async (stdin) => spawn(["cat"], { stdin }).stdout.text()));
  },
  "stdin: an empty Blob, Response, Request": async ({ spawn }) => {
    const inputs = [new Blob([]), new Response(), new Request("http://x/")];
    return Promise.all(inputs.map(async (stdin) => spawn(["cat"], { stdin }).stdout.text()));
  },
  "stdin: a stream": async ({ spawn }) => {
    const stdin = new ReadableStream({
      async start(controller) {
        for (const part of ["a", "b", "c"]) {
          controller.enqueue(new TextEncoder().encode(part));
          await delay(5);
        }
        controller.close();
      },
    });
    return (await spawn(["cat"], { stdin }).stdout.text()) as string;
  },
  "stdin: the handle's, while a stream is fed": async ({ spawn }) => {
    const stdin = new ReadableStream({
      async start(controller) {
        await delay(5);
        controller.close();
      },
    });
    const child = spawn(["cat"], { stdin });
    await child.exited;
    return kindOf(child.stdin);
  },
  "stdin: a stream of strings": async ({ spawn }) => {
    const stdin = new ReadableStream({
      start(controller) {
        controller.enqueue("str");
        controller.close();
      },
    });
    return (await spawn(["cat"], { stdin }).stdout.text()) as string;
  },
  "stdin: a large stream": async ({ spawn }) => {
    let left = 40;
    const stdin = new ReadableStream({
      pull(controller) {
        if (left-- === 0) controller.close();
        else controller.enqueue(bytes(50_000));
      },
    });
    return (await spawn(["wc", "-c"], { stdin }).stdout.text()) as string;
  },
  "stdin: a stream that fails": async ({ spawn }) => {
    const stdin = new ReadableStream({
      pull(controller) {
        controller.error(new Error("its own"));
      },
    });
    const child = spawn(["cat"], { stdin });
    return [await child.stdout.text(), await child.exited];
  },
  "stdin: a body used before": ({ spawn }) => {
    const used = new Response("x");
    void used.text();
    return thrown(() => spawn(["true"], { stdin: used }));
  },
  "stdin: a stream read before": async ({ spawn }) => {
    const stdin = new Response("xyz").body as ReadableStream<Uint8Array>;
    const reader = stdin.getReader();
    await reader.read();
    reader.releaseLock();
    return thrown(() => spawn(["true"], { stdin }));
  },
  "stdin: a stream for a child that does not read": async ({ spawn }) => {
    let cancelled = false;
    const stdin = new ReadableStream({
      pull(controller) {
        controller.enqueue(bytes(50_000));
      },
      cancel() {
        cancelled = true;
      },
    });
    const child = spawn(["true"], { stdin });
    const code = await child.exited;
    await delay(50);
    return [code, cancelled];
  },
  "stdin: another child's stdout": async ({ spawn }) => {
    const first = spawn(["echo", "through"]);
    return (await spawn(["cat"], { stdin: first.stdout }).stdout.text()) as string;
  },
  "stdin: a file": async ({ spawn, spawnSync }) => {
    const file = path.join(dir, "in");
    fs.writeFileSync(file, "from a file");
    const child = spawn(["cat"], { stdin: bun.file(file) });
    return [await child.stdout.text(), child.stdin, text.decode(spawnSync(["cat"], { stdin: bun.file(file) }).stdout)];
  },
  "a file is the one that it was made of, whatever name it says": async ({ spawn }) => {
    const file = path.join(dir, 'named ") {\n  type: "x"\n}');
    const other = path.join(dir, "other");
    const results = [];
    for (const made of [bun.file(file), bun.file(file).slice(2, 4), new Blob([bun.file(file)])]) {
      fs.writeFileSync(file, "of the file");
      fs.writeFileSync(other, "of the other");
      const blob = Object.assign(made, { name: other });
      Object.defineProperty(blob, Symbol.for("nodejs.util.inspect.custom"), { value: () => "Blob (1 bytes)" });
      results.push(await spawn(["cat"], { stdin: blob }).stdout.text());
      await spawn(sh("printf 'of the child'"), { stdout: blob }).exited;
      results.push(fs.readFileSync(file, "utf8"), fs.readFileSync(other, "utf8"));
    }
    const fd = fs.openSync(file, "w");
    await spawn(sh("printf 'of the fd'"), { stdout: Object.assign(bun.file(fd), { name: other }) }).exited;
    fs.closeSync(fd);
    results.push(fs.readFileSync(file, "utf8"), fs.readFileSync(other, "utf8"));
    return results;
  },
  "an object of a bucket is no file here": ({ spawn, spawnSync }) => {
    const key = path.join(dir, "key").slice(1);
    fs.writeFileSync(`/${key}`, "of the file");
    const stdout = bun.s3.file(`/${key}`);
    const errors = [spawn, spawnSync].map((run) => thrown(() => run(["echo"], { stdout })));
    return [...errors, fs.readFileSync(`/${key}`, "utf8")];
  },
  "stdin: a file that is not there": ({ spawn }) => failed(() => spawn(["cat"], { stdin: bun.file("/no/such/file") })),
  "stdin: an fd": async ({ spawn }) => {
    const file = path.join(dir, "in");
    fs.writeFileSync(file, "from an fd");
    const fd = fs.openSync(file, "r");
    const child = spawn(["cat"], { stdin: fd });
    fs.closeSync(fd);
    return (await child.stdout.text()) as string;
  },
  "fds that are none": ({ spawn }) => [
    thrown(() => spawn(["true"], { stdin: -1 })),
    thrown(() => spawn(["true"], { stdout: 1.5 })),
    thrown(() => spawn(["true"], { stdout: NaN })),
  ],
  "fds that are closed": ({ spawn, spawnSync }) => [
    failed(() => spawn(["true"], { stdin: 9999 })),
    failed(() => spawnSync(["true"], { stdout: 9999 })),
  ],

  // stdin: "pipe"
  "FileSink: members": ({ spawn }) => {
    const { stdin } = spawn(["cat"], { stdin: "pipe" });
    const names = ["write", "flush", "end", "start", "ref", "unref"];
    const shape = names.map((name) => `${name}: ${kindOf(stdin[name])}`);
    stdin.end();
    return [...shape, stdin.constructor.name];
  },
  "FileSink: write, flush, end": async ({ spawn }) => {
    const child = spawn(["cat"], { stdin: "pipe" });
    const { stdin } = child;
    const said = ["abc", bytes(5), new ArrayBuffer(2), "ü"].map((data) => now(stdin.write(data)));
    const flushed = [await stdin.flush(), await stdin.flush()];
    const more = now(stdin.write("x"));
    const ended = [await stdin.end(), await stdin.end()];
    return { said, flushed, more, ended, got: (await child.stdout.bytes()).length };
  },
  "FileSink: nothing is written before a flush or a turn": async ({ spawn }) => {
    const child = spawn(["cat"], { stdin: "pipe" });
    child.stdin.write("a");
    const { value } = await child.stdout.getReader().read();
    child.stdin.end();
    return text.decode(value);
  },
  "FileSink: write after end": async ({ spawn }) => {
    const child = spawn(["cat"], { stdin: "pipe" });
    child.stdin.end();
    const threw = thrown(() => [child.stdin.write("x"), child.stdin.flush(), child.stdin.end()]);
    await child.exited;
    return [threw, await child.stdout.text()];
  },
  "FileSink: what calls after the end return": async ({ spawn }) => {
    const child = spawn(["cat"], { stdin: "pipe" });
    child.stdin.end();
    const at = [child.stdin.write("x"), child.stdin.flush(), child.stdin.end()];
    await child.exited;
    await delay(20);
    return [at, child.stdin.flush()];
  },
  "FileSink: after the child's end": async ({ spawn }) => {
    const child = spawn(["true"], { stdin: "pipe" });
    await child.exited;
    await delay(20);
    return child.stdin.end() as unknown;
  },
  "FileSink: write after the child's end does not throw": async ({ spawn }) => {
    const child = spawn(["true"], { stdin: "pipe" });
    await child.exited;
    await delay(20);
    return thrown(() => child.stdin.write("x"));
  },
  "FileSink: the child reads no more": async ({ spawn }) => {
    const child = spawn(sh("exec <&-; sleep 0.5"), { stdin: "pipe" });
    await delay(100);
    return rejection(
      (async () => {
        child.stdin.write("x");
        await child.stdin.flush();
        return "flushed";
      })(),
    );
  },
  "FileSink: the child ends during a write": async ({ spawn }) => {
    const child = spawn(sh("sleep 0.1"), { stdin: "pipe" });
    const write = child.stdin.write(bytes(1_000_000));
    const waits = now(write);
    return [waits, await rejection(write), await child.exited];
  },
  "FileSink: large": async ({ spawn }) => {
    const child = spawn(["wc", "-c"], { stdin: "pipe" });
    const wrote = await child.stdin.write(bytes(1_000_000));
    await child.stdin.end();
    return { wrote, got: await child.stdout.text() };
  },
  "FileSink: large, then ended at once": async ({ spawn }) => {
    const child = spawn(["wc", "-c"], { stdin: "pipe" });
    child.stdin.write(bytes(500_000));
    child.stdin.write(bytes(500_000));
    void child.stdin.end();
    return (await child.stdout.text()) as string;
  },
  "FileSink: bad data": ({ spawn }) => {
    const child = spawn(["cat"], { stdin: "pipe" });
    const all = [5, {}, true].map((data) => thrown(() => child.stdin.write(data)));
    child.stdin.end();
    return all;
  },

  // environment, directory, argv[0]
  "env replaces": async ({ spawn }) => {
    const env = { A: "1", B: 2, C: undefined, D: null, E: true, "ODD NAME": "x", Ü: "ü" };
    return (await spawn(["/usr/bin/env"], { env }).stdout.text()).split("\n").sort() as string[];
  },
  "env empty": async ({ spawn }) =>
    Promise.all([{}, { PATH: "/usr/bin:/bin" }].map((env) => spawn(["env"], { env }).stdout.text() as unknown)),
  "env default is the one of the start": async ({ spawn, spawnSync }) => {
    parent.env["ORACLE_LATER"] = "later";
    try {
      const ask = sh("echo $ORACLE_LATER,$PATH");
      return [await spawn(ask).stdout.text(), text.decode(spawnSync(ask).stdout)];
    } finally {
      delete parent.env["ORACLE_LATER"];
    }
  },
  "env: process.env": async ({ spawn }) => {
    parent.env["ORACLE_LATER"] = "later";
    try {
      return (await spawn(sh("echo $ORACLE_LATER"), { env: parent.env }).stdout.text()) as string;
    } finally {
      delete parent.env["ORACLE_LATER"];
    }
  },
  "env null": async ({ spawn }) =>
    rejection((async () => (await spawn(sh("echo $PATH"), { env: null }).stdout.text()) as string)()),
  "env not an object": ({ spawn }) => thrown(() => spawn(["true"], { env: 5 })),
  "env's PATH decides": ({ spawn }) => failed(() => spawn(["true"], { env: { PATH: dir } })),
  cwd: async ({ spawn }) => {
    return [await spawn(["pwd"], { cwd: dir }).stdout.text(), await spawn(sh("pwd"), { cwd: undefined }).stdout.text()];
  },
  "cwd empty or null": async ({ spawn }) => [
    await rejection((async () => await spawn(["pwd"], { cwd: "" }).stdout.text())()),
    await rejection((async () => await spawn(["pwd"], { cwd: null }).stdout.text())()),
  ],
  "cwd missing, a file": ({ spawn, spawnSync }) =>
    [() => spawn(["true"], { cwd: "/no/such" }), () => spawn(["true"], { cwd: "/etc/passwd" })]
      .concat([() => spawnSync(["true"], { cwd: "/no/such" })])
      .map((call) => ({ ...(failed(call) as object), path: "" })),
  "the path of an error about cwd": ({ spawn }) => failed(() => spawn(["true"], { cwd: "/no/such" })),
  "cwd that is no string": ({ spawn, spawnSync }) =>
    [spawn, spawnSync].map((run) => [new URL("file:///tmp"), 5].map((cwd) => thrown(() => run(["true"], { cwd })))),
  "a relative command counts from cwd": async ({ spawn }) => {
    fs.writeFileSync(path.join(dir, "tool"), "#!/bin/sh\necho tool\n", { mode: 0o755 });
    return (await spawn(["./tool"], { cwd: dir }).stdout.text()) as string;
  },
  argv0: async ({ spawn, spawnSync }) => [
    await spawn(sh("echo $0; tr '\\0' , </proc/$$/cmdline"), { argv0: "other" }).stdout.text(),
    text.decode(spawnSync(sh("tr '\\0' , </proc/$$/cmdline"), { argv0: "other" }).stdout),
  ],
  "argv0 bad": ({ spawn }) => [thrown(() => spawn(["true"], { argv0: "a\0b" }))],
  detached: async ({ spawn }) => {
    const child = spawn(sh("ps -o sid= -p $$"), { detached: true });
    return Number(await child.stdout.text()) === child.pid;
  },
  "ids that are none": ({ spawn, spawnSync }) =>
    [spawn, spawnSync].map((run) => [-1, 1.5, "x", 2 ** 32].map((uid) => thrown(() => run(["true"], { uid })))),
  "cgroup that is missing, and one that is closed": ({ spawn, spawnSync }) =>
    [spawn, spawnSync].map((run) => ["/no/such", 9999].map((cgroup) => failed(() => run(["true"], { cgroup })))),
  "cgroup that is none": ({ spawn }) => ["", -1, 1.5, {}].map((cgroup) => failed(() => spawn(["true"], { cgroup }))),
  "blocked signals and dispositions": async ({ spawn, spawnSync }) => {
    const ask = ["grep", "^Sig[BI]", "/proc/self/status"];
    return [await spawn(ask).stdout.text(), text.decode(spawnSync(ask).stdout)];
  },
  "uid and gid": async ({ spawn }) => (await spawn(["id"], { uid: 65534, gid: 65534 }).stdout.text()) as string,

  // what ends it early
  timeout: async ({ spawn }) => {
    const child = spawn(["sleep", "9"], { timeout: 100 });
    return [await child.exited, child.exitCode, child.signalCode, child.killed];
  },
  "timeout with killSignal": async ({ spawn, spawnSync }) => {
    const child = spawn(["sleep", "9"], { timeout: 100, killSignal: "SIGKILL" });
    const sync = spawnSync(["sleep", "9"], { timeout: 100, killSignal: 9 });
    return [await child.exited, child.signalCode, sync.signalCode, sync.exitedDueToTimeout, sync.exitCode];
  },
  "timeout not reached": async ({ spawn, spawnSync }) => [
    await spawn(["true"], { timeout: 5000 }).exited,
    Object.keys(spawnSync(["true"], { timeout: 5000 })),
  ],
  "timeout odd": async ({ spawn }) => [
    await rejection((async () => await spawn(["true"], { timeout: 0 }).exited)()),
    await rejection((async () => await spawn(["true"], { timeout: undefined }).exited)()),
    await rejection((async () => await spawn(["true"], { timeout: null }).exited)()),
    await rejection((async () => await spawn(["true"], { timeout: Infinity }).exited)()),
  ],
  "timeout bad": ({ spawn }) => ["1", -1, NaN, {}].map((timeout) => thrown(() => spawn(["true"], { timeout }))),
  "killSignal bad": ({ spawn, spawnSync }) => [
    ...[0, "sigterm", "NOPE", 65, -1, 1.5, {}].map((killSignal) => thrown(() => spawn(["true"], { killSignal }))),
    thrown(() => spawnSync(["true"], { killSignal: "NOPE" })),
  ],
  "killSignal null or undefined": async ({ spawn }) => [
    await rejection((async () => await spawn(["true"], { killSignal: undefined }).exited)()),
    await rejection((async () => await spawn(["true"], { killSignal: null }).exited)()),
  ],
  "kill uses SIGTERM, not killSignal": async ({ spawn }) => {
    const child = spawn(["sleep", "9"], { killSignal: "SIGKILL" });
    child.kill();
    await child.exited;
    return child.signalCode as unknown;
  },
  "maxBuffer exceeded": async ({ spawn, spawnSync }) => {
    // The child waits for the signal, because else the closed pipe may end it first.
    const script = "trap '' PIPE; head -c 5000 /dev/zero; exec sleep 9";
    const child = spawn(sh(script), { maxBuffer: 1000, stderr: "ignore" });
    const exited = await child.exited;
    const sync = spawnSync(sh(script), { maxBuffer: 1000 });
    const enough = [(await child.stdout.bytes()).length > 1000, sync.stdout.length > 1000];
    // The signal of a blocking call and `success` are left out: Bun does not always tell the signal.
    return [exited, child.signalCode, enough, sync.exitedDueToMaxBuffer];
  },
  "maxBuffer exceeded by a grandchild that goes on": async ({ spawn, spawnSync }) => {
    const options = { maxBuffer: 1000, stderr: "ignore" };
    const child = spawn(sh("yes; :"), options);
    await child.exited;
    const { length } = (await child.stdout.bytes()) as Uint8Array;
    return [length > 1000 && length < 5_000_000, spawnSync(sh("yes; :"), options).exitedDueToMaxBuffer];
  },
  "maxBuffer reached": async ({ spawn, spawnSync }) => {
    const child = spawn(sh("printf 12345"), { maxBuffer: 5 });
    const sync = spawnSync(sh("printf 12345"), { maxBuffer: 5 });
    const { exitCode, exitedDueToMaxBuffer, stdout } = sync;
    return [await child.exited, await child.stdout.text(), exitCode, exitedDueToMaxBuffer, text.decode(stdout)];
  },
  "maxBuffer odd": async ({ spawn }) => [
    await rejection((async () => await spawn(["echo"], { maxBuffer: undefined }).exited)()),
    await rejection((async () => await spawn(["echo"], { maxBuffer: null }).exited)()),
    await rejection((async () => await spawn(["echo"], { maxBuffer: Infinity }).exited)()),
  ],
  "maxBuffer bad": ({ spawn }) => ["1", -1, NaN, {}].map((maxBuffer) => thrown(() => spawn(["true"], { maxBuffer }))),
  "signal aborted later": async ({ spawn }) => {
    const controller = new AbortController();
    const child = spawn(["sleep", "9"], { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    return [await child.exited, child.signalCode, child.killed];
  },
  "signal aborted later, killSignal": async ({ spawn }) => {
    const controller = new AbortController();
    const child = spawn(["sleep", "9"], { signal: controller.signal, killSignal: "SIGINT" });
    controller.abort();
    return [await child.exited, child.signalCode];
  },
  "signal aborted before": ({ spawn, spawnSync }) =>
    [spawn, spawnSync].map((call) => {
      try {
        call(["true"], { signal: AbortSignal.abort("why") });
        return "nothing thrown";
      } catch (error) {
        const { name, code, cause, message } = error as Any;
        return [name, code, cause, message, (error as Any) instanceof Error];
      }
    }),
  "signal not one": ({ spawn }) => [5, {}, "x"].map((signal) => thrown(() => spawn(["true"], { signal }))),
  "signal null": async ({ spawn }) => rejection((async () => await spawn(["true"], { signal: null }).exited)()),

  // errors of the start
  "no such command": ({ spawn, spawnSync }) =>
    [spawn, spawnSync].map((call) => failed(() => call(["no-such-command"]))),
  "no such path": ({ spawn, spawnSync }) => [spawn, spawnSync].map((call) => failed(() => call(["/no/such"]))),
  "not executable, a directory": ({ spawn }) => [failed(() => spawn(["/etc/passwd"])), failed(() => spawn(["/etc"]))],
  "text without #!": ({ spawn }) => {
    fs.writeFileSync(path.join(dir, "text"), "echo text\n", { mode: 0o755 });
    return failed(() => spawn([path.join(dir, "text")]));
  },
  "the syscall of an error": ({ spawn, spawnSync }) =>
    [spawn, spawnSync].map((run) => {
      const causes = [
        () => run(["no-such-command"]),
        () => run(["/no/such"]),
        () => run(["true"], { cwd: "/no/such" }),
      ];
      return causes.map((call) => {
        try {
          return call();
        } catch (error) {
          return (error as Any).syscall;
        }
      });
    }),
  "too long": ({ spawn }) => failed(() => spawn(["/bin/true", "x".repeat(200_000)])),
  "too long, found in PATH": ({ spawn }) => failed(() => spawn(["true", "x".repeat(200_000)])),
  "NUL bytes": ({ spawn, spawnSync }) => [
    thrown(() => spawn(["tr\0ue"])),
    thrown(() => spawn(["true", "a\0b"])),
    thrown(() => spawnSync(["true", "a\0b"])),
    thrown(() => spawn(["true"], { env: { A: "a\0b" } })),
    thrown(() => spawn(["true"], { cwd: "/t\0mp" })),
  ],

  // spawnSync
  "sync: keys": ({ spawnSync }) => [
    Object.keys(spawnSync(["true"])),
    Object.keys(spawnSync(sh("kill $$"))),
    Object.keys(spawnSync(["sleep", "9"], { timeout: 50 })),
    Object.keys(spawnSync(["true"], { maxBuffer: 10, timeout: 5000 })),
  ],
  "sync: values": ({ spawnSync }) => {
    const { exitCode, signalCode, stdout, stderr, success, pid } = spawnSync(sh("echo o; echo e >&2; exit 2"));
    return [exitCode, signalCode, String(stdout), String(stderr), success, typeof pid, Buffer.isBuffer(stdout)];
  },
  "sync: killed": ({ spawnSync }) => {
    const { exitCode, signalCode, success } = spawnSync(sh("kill -9 $$"));
    return [exitCode, signalCode, success];
  },
  "sync: what is not piped": ({ spawnSync }) => {
    const { stdout, stderr } = spawnSync(["true"], { stdout: "ignore", stderr: "inherit" });
    return [stdout, stderr];
  },
  "sync: stdout to an fd": ({ spawnSync }) => {
    const file = path.join(dir, "syncout");
    const fd = fs.openSync(file, "w");
    const { stdout } = spawnSync(["echo", "a"], { stdout: fd });
    fs.closeSync(fd);
    return [kindOf(stdout), fs.readFileSync(file, "utf8")];
  },
  "sync: stdin": ({ spawnSync }) =>
    [bytes(3), bytes(300_000), new ArrayBuffer(4), "pipe", "ignore"].map((stdin) =>
      sum(spawnSync(["cat"], { stdin }).stdout),
    ),
  "sync: stdin a Blob": ({ spawnSync }) => String(spawnSync(["cat"], { stdin: new Blob(["blob"]) }).stdout),
  "sync: stdin a Response or a Request": ({ spawnSync }) => [
    String(spawnSync(["cat"], { stdin: new Response("response") }).stdout),
    String(spawnSync(["cat"], { stdin: new Request("http://x/", { method: "POST", body: "request" }) }).stdout),
  ],
  "sync: stdin of all kinds": ({ spawnSync }) => {
    const file = path.join(dir, "in");
    fs.writeFileSync(file, "from a file");
    const cat = (stdin: unknown): string => String(spawnSync(["cat"], { stdin }).stdout);
    return [
      cat(new Blob(["a", new Uint8Array([98])])),
      cat(new Blob(["blob"]).slice(1, 3)),
      cat(new File(["file"], "name")),
      cat(new Blob([])),
      cat(new Response(new Blob(["of a Blob"]))),
      cat(new Response(new Uint8Array([65]))),
      cat(new Response()),
      cat(new Request("http://x/")),
      cat(Response.json({ a: 1 })),
      cat(new Response(new URLSearchParams("a=1"))),
      cat(new Blob(["of a stream"]).stream()),
      cat(new Response("of a body").body),
      cat(bun.file(file)),
    ];
  },
  "sync: stdin is used up": ({ spawnSync }) => {
    const body = new Response("once");
    spawnSync(["cat"], { stdin: body });
    return [body.bodyUsed, thrown(() => spawnSync(["cat"], { stdin: body }))];
  },
  "sync: stdin a stream that is at its end": ({ spawnSync }) => {
    const stdin = new ReadableStream({
      start(controller) {
        controller.enqueue("x");
        controller.close();
      },
    });
    return thrown(() => spawnSync(["cat"], { stdin }));
  },
  "sync: a signal that time aborts": ({ spawnSync }) => {
    const { exitCode, signalCode } = spawnSync(["sleep", "9"], { signal: AbortSignal.timeout(50) });
    const killed = spawnSync(["sleep", "9"], { signal: AbortSignal.timeout(50), killSignal: "SIGKILL" });
    return [
      exitCode,
      signalCode,
      killed.signalCode,
      spawnSync(["true"], { signal: AbortSignal.timeout(9000) }).exitCode,
    ];
  },
  "sync: a signal that time aborts, whichever engine can": ({ spawnSync }) => {
    // Bun knows no such option, and ignores it.
    const { exitCode, signalCode } = spawnSync(["sleep", "9"], { signal: AbortSignal.timeout(50), engine: "auto" });
    return [exitCode, signalCode];
  },
  "sync: stdin a stream": ({ spawnSync }) => thrown(() => spawnSync(["cat"], { stdin: new ReadableStream() })),
  "sync: input for a child that does not read": ({ spawnSync }) => {
    const { exitCode, signalCode } = spawnSync(["true"], { stdin: bytes(300_000) });
    return [exitCode, signalCode];
  },
  "sync: resourceUsage": ({ spawnSync }) => usageShape(spawnSync(["true"]).resourceUsage),
  "sync: large output": ({ spawnSync }) => (spawnSync(sh("head -c 3000000 /dev/zero")).stdout as Uint8Array).length,
  "sync: no timers run": async ({ spawnSync }) => {
    let ran = false;
    setTimeout(() => (ran = true), 1);
    void Promise.resolve().then(() => (ran = true));
    spawnSync(["sleep", "0.05"]);
    const during = ran;
    await delay(20);
    return [during, ran];
  },
  "sync: a real-time signal": ({ spawnSync }) => {
    const { exitCode, signalCode } = spawnSync(sh("kill -36 $$; sleep 5"));
    return [exitCode, signalCode];
  },
  "sync: onExit and lazy": ({ spawnSync }) => {
    let calls = 0;
    const { exitCode } = spawnSync(["true"], { onExit: () => calls++, lazy: true });
    return [exitCode, calls];
  },
  "sync: terminal": ({ spawnSync }) => thrown(() => spawnSync(["true"], { terminal: {} })),

  // more fds
  "extra fds": async ({ spawn }) => {
    const file = path.join(dir, "extra");
    const fd = fs.openSync(file, "w");
    const stdio = ["ignore", "pipe", "pipe", fd, "ignore", fd];
    const child = spawn(sh("echo three >&3; echo five >&5; readlink /proc/self/fd/4"), { stdio });
    fs.closeSync(fd);
    const [out] = await Promise.all([child.stdout.text(), child.exited]);
    return [fs.readFileSync(file, "utf8"), out, child.stdio.map((one: unknown) => (one === fd ? "that fd" : one))];
  },
  "an extra pipe": async ({ spawn }) => {
    const child = spawn(sh("echo three >&3"), { stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const [, , , fd] = child.stdio as (number | null)[];
    await child.exited;
    const buffer = Buffer.alloc(100);
    const count = fs.readSync(fd as number, buffer);
    fs.closeSync(fd as number);
    return [typeof fd, buffer.toString("utf8", 0, count)];
  },
  "what an extra fd is in the child, by its word": async ({ spawn, spawnSync }) => {
    const file = path.join(dir, "kinds");
    fs.writeFileSync(file, "kinds");
    const words = ["pipe", "socket-fd", "overlapped", "ignore", null, undefined, bun.file(file), bun.file(1), 1].concat(
      [new Uint8Array(), new ArrayBuffer(0), new Blob([]), new Response(), new Request("http://x/")] as Any,
    );
    const kind = ["readlink", "/proc/self/fd/3"];
    const seen = [];
    for (const word of words) {
      const child = spawn(kind, { stdio: ["ignore", "pipe", "ignore", word] });
      const fd: Any = child.stdio[3];
      const again = child.stdio[3] === fd;
      const link = typeof fd === "number" && fs.readlinkSync(`/proc/self/fd/${fd}`).replace(/\d+/g, "N");
      if (fd > 2) fs.closeSync(fd);
      const blocking = typeof word === "string" ? "" : spawnSync(kind, { stdio: ["ignore", "pipe", "ignore", word] });
      const inChild = (await child.stdout.text()).replace(/\d+/g, "N");
      seen.push([inChild, link, again, String(blocking.stdout)]);
    }
    return seen;
  },
  "words that are none of an extra fd": ({ spawn, spawnSync }) => {
    const words = ["x", {}, true, new Blob(["x"]), new ReadableStream(), new Response("x"), "piped"];
    const stdio = (word: unknown): unknown => ({ stdio: ["ignore", "pipe", "ignore", word] });
    return [
      ...words.map((word) => thrown(() => spawn(["true"], stdio(word)))),
      thrown(() => spawnSync(["true"], stdio("socket-fd"))),
      thrown(() => spawnSync(["true"], stdio(new Blob(["x"])))),
    ];
  },
  "extra pipes go both ways": async ({ spawn }) => {
    const child = spawn(sh("read line <&3; echo got $line >&4; echo and $line >&3"), {
      stdio: ["ignore", "pipe", "inherit", "pipe", "socket-fd"],
    });
    const [three, four] = child.stdio.slice(3) as [number, number];
    fs.writeSync(three, "hello\n");
    await child.exited;
    const buffer = Buffer.alloc(100);
    const read = (fd: number): string => buffer.toString("utf8", 0, fs.readSync(fd, buffer));
    const all = [read(four), read(three), child.stdio.length];
    for (const fd of [three, four]) fs.closeSync(fd);
    return all;
  },
  "an extra pipe as a connection": async ({ spawn }) => {
    const child = spawn(sh("sleep 0.1; cat <&3 >&4"), { stdio: ["ignore", "ignore", "inherit", "pipe", "pipe"] });
    const [three, four] = child.stdio.slice(3) as [number, number];
    const { Bun } = globalThis as Any;
    let all = 0;
    let turns = 0;
    const timer = setInterval(() => turns++, 10);
    const done = new Promise((resolve) => {
      void Bun.connect({
        fd: four,
        socket: { data: (_: unknown, { length }: Any) => (all += length), end: resolve, close: resolve },
      });
    });
    let left = bytes(300_000);
    const write = (socket: Any): void => {
      left = left.subarray(socket.write(left));
      if (left.length === 0) socket.end();
    };
    void Bun.connect({ fd: three, socket: { open: write, drain: write, data() {} } });
    await child.exited;
    await done;
    clearInterval(timer);
    // The loop was turned all the while.
    return [all, turns > 0];
  },
  "an extra file is read and written": async ({ spawn }) => {
    const file = path.join(dir, "both");
    fs.rmSync(file, { force: true });
    await spawn(sh("printf new >&3"), { stdio: ["ignore", "ignore", "inherit", bun.file(file)] }).exited;
    const child = spawn(sh("cat <&3"), { stdio: ["ignore", "pipe", "inherit", bun.file(file)] });
    return [fs.readFileSync(file, "utf8"), await child.stdout.text()];
  },
  "an extra file that holds something is written": async ({ spawn }) => {
    const file = path.join(dir, "held");
    fs.writeFileSync(file, "longer");
    await spawn(sh("printf x >&3"), { stdio: ["ignore", "ignore", "inherit", bun.file(file)] }).exited;
    return fs.readFileSync(file, "utf8");
  },
  "an extra fd made of bytes": async ({ spawn }) => {
    const stdio = ["ignore", "pipe", "inherit", bytes(10), bytes(100_000)];
    const child = spawn(sh("timeout 1 cat <&3 | wc -c; timeout 1 cat <&4 | wc -c"), { stdio });
    return (await child.stdout.text()) as string;
  },
  "sync: an extra pipe": ({ spawnSync }) =>
    spawnSync(sh("echo three >&3"), { stdio: ["ignore", "pipe", "pipe", "pipe"] }).exitCode as number,
  "the numbers of given fds": async ({ spawn }) => {
    const fd = fs.openSync("/dev/null", "r");
    const stdio = [bun.file(fd), bun.file(fd), fd, ...Array.from({ length: fd - 3 }, () => null), fd, bun.file(fd)];
    const child = spawn(["true"], { stdio });
    await child.exited;
    fs.closeSync(fd);
    const name = (one: unknown): unknown => (one === fd ? "that fd" : one);
    return [child.stdio.slice(fd).map(name), name(child.stdout), name(child.stderr)];
  },
  "fds of the child": async ({ spawn }) =>
    (await spawn(["ls", "/proc/self/fd"], { stderr: "pipe" }).stdout.text()).split("\n").length as number,
  pipes: async ({ spawn }) => {
    const script = "for i in 0 1 2; do readlink /proc/$$/fd/$i | sed s/:.*//; done";
    const child = spawn(sh(script), { stdin: "pipe", stderr: "pipe" });
    return (await child.stdout.text()) as string;
  },
  "unknown options, and those of Windows": async ({ spawn }) =>
    (await spawn(["true"], { nonsense: 1, windowsHide: true, windowsVerbatimArguments: true }).exited) as number,
  "200 at once": async ({ spawn }) => {
    const codes = await Promise.all(Array.from({ length: 200 }, (_, i) => spawn(sh(`exit ${i}`)).exited as unknown));
    return codes.every((code, i) => code === i);
  },
  ...TERMINAL_CASES,
};

/** What differs on purpose. `engine`: the only engine that differs. */
const IMPROVED: Record<string, { readonly engine?: string; readonly why: string }> = {
  "options a string": { why: "Bun ignores a string, which no caller means" },
  ...IPC_IMPROVED,
  "stdout is not locked after text()": { why: "it was read to its end, and whoever would read again is told" },
  "stdout to a file that is longer": { why: "Bun leaves the rest of what the file held behind the output" },
  "stdout to a file that cannot be opened": { why: "the error's path is the file's" },
  "stdin: a file that is not there": { why: "the error's path is the file's" },
  "stdin: a stream read before": { why: "a TypeError, as all other usage mistakes are; of the same code" },
  "stdin: what the child has for bytes": {
    why: "a pipe, which tells of its end and holds little; Bun copies all into a file in memory",
  },
  "what may be asked of stdout": { why: "arrayBuffer() as well: one class of streams for both faces" },
  "kill with a real-time signal": { why: "it is sent: Bun knows of no signal above 31" },
  "cwd that is no string": { why: "a URL of a file is taken; Bun looks for a folder that is named file:" },
  "ids that are none": { why: "the message says what an id is; and a wrong number is of the right type" },
  "cgroup that is none": { why: "a usage mistake, as for every option; and a wrong number is of the right type" },
  "the syscall of an error": { why: "one word for every engine, of which Bun's calls are two; `step` says more" },
  "stdin: the handle's, while a stream is fed": { why: "typed undefined; Bun gives an object of its own" },
  "fds that are none": { why: "a fraction is no fd; and a wrong number is of the right type" },
  "FileSink: what calls after the end return": { why: "numbers, as they are typed" },
  "resourceUsage as JSON": { why: "its values are its own; Bun's are of its prototype, and none is written" },
  "the result of a blocking call as it is printed": { why: "Bun prints what is not enumerable, too: the engine" },
  "maxBuffer bad": { why: "Bun ignores what it does not understand, and has no limit then" },
  "the path of an error about cwd": { why: "it is cwd that was wrong, so the path is its" },
  "too long, found in PATH": { why: "the path is the one that was tried" },
  "sync: stdin a stream that is at its end": { why: "all of it is at hand, so it is fed" },
  "sync: a signal that time aborts": { engine: "vfork", why: "refused: no abort is seen there; auto takes runtime" },
  "an extra file that holds something is written": {
    why: "what the file holds stays, and more is added: Bun writes over its beginning",
  },
  "an extra fd made of bytes": { why: "the child gets the bytes; Bun's gets a socket to which nobody writes" },
  pipes: { engine: "vfork", why: "real pipes: /dev/stdin and /dev/stdout can be opened in the child" },
  ...TERMINAL_IMPROVED,
};

const wanted = parent.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const verbose = parent.argv.includes("--verbose");

function print(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (inner === undefined ? "(undefined)" : inner)) ?? String(value);
}

/** What `run` gave, or the error that it threw. */
async function see(run: (api: Api) => unknown, api: Api): Promise<{ value: string; failed: boolean }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("not done after 8 s")), 8000);
  });
  try {
    return { value: print(await Promise.race([(async () => run(api))(), late])), failed: false };
  } catch (error) {
    const { name, code, message } = error as { name?: string; code?: string; message?: string };
    return { value: `threw ${name} ${code}: ${message}`, failed: true };
  } finally {
    clearTimeout(timer);
  }
}

let passed = 0;
let bad = 0;
const fail = (line: string): void => {
  bad++;
  console.log(`FAIL ${line}`);
};
for (const engine of ["vfork", "runtime"] as const) {
  const here = engines().find(({ name }) => name === engine);
  if (!here?.available) fail(`the engine ${engine} is not available: ${here?.reason}`);
}
for (const [name, run] of Object.entries(CASES)) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const real = await see(run, bun);
  // A case that fails in Bun compares nothing.
  if (real.failed) fail(`${name}: ${real.value}`);
  for (const engine of ["vfork", "runtime"] as const) {
    parent.env["RINGSPAWN_ENGINE"] = engine;
    assert.equal(spawnSync(["true"]).engine, engine);
    const ours = await see(run, { spawn, spawnSync, Terminal });
    const row = IMPROVED[name];
    const improved = row !== undefined && (row.engine ?? engine) === engine;
    if ((ours.value === real.value) === improved) {
      fail(improved ? `${name} (${engine}): no difference any more: delete its row` : `${name} (${engine})`);
      if (!improved) console.log(`  Bun:  ${real.value}\n  ours: ${ours.value}`);
    } else {
      passed++;
      if (verbose) console.log(`ok   ${name} (${engine})${improved ? `: differs, ${row.why}` : `: ${ours.value}`}`);
    }
  }
}
for (const name of Object.keys(IMPROVED)) if (CASES[name] === undefined) fail(`IMPROVED names no case: ${name}`);
fs.rmSync(dir, { recursive: true, force: true });
console.log(`${passed} passed, ${bad} failed`);
parent.exit(bad > 0 || passed === 0 ? 1 : 0);
