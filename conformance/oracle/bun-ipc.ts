/** What bun-spawn.ts asks both about `ipc`, and what differs on purpose. */
import { Buffer } from "node:buffer";
import { delay, parent, until } from "../tools.ts";
import type { Any, Api } from "./bun-api.ts";

const sh = (script: string): string[] => ["sh", "-c", script];
const program = (script: string): string[] => [parent.execPath, "-e", script];
const MODES = ["json", "advanced"] as const;
const ECHO =
  "process.on('message', (m) => process.send(m, m === 'end' ? () => process.disconnect() : undefined))" as const;

/** A child with a channel, and all that is told of it. */
function open({ spawn }: Api, cmd: string[], options: object = {}): { child: Any; heard: Any[] } {
  const heard: Any[] = [];
  const child = spawn(cmd, {
    stdout: "ignore",
    ipc(...args: Any[]) {
      heard.push(["message", args.length, args[0], args[1] === child, args[2]]);
    },
    // Bun's comes before or after `exited`, as it happens.
    onDisconnect: (isOver: unknown) => heard.push(["disconnect", isOver, child.connected]),
    ...options,
  });
  return { child, heard };
}

/** The end of the child, and all that was told of its channel by then. */
async function over({ child, heard }: { child: Any; heard: Any[] }): Promise<unknown> {
  const exited = await child.exited;
  await until("the disconnection is told", () => heard.at(-1)?.[0] === "disconnect");
  return [exited, heard];
}

/** The same of a child that goes its own way. */
function told(api: Api, cmd: string[], options: object = {}): Promise<unknown> {
  return over(open(api, cmd, options));
}

/** What a call gave or threw. Words are those of programs that look for them. */
function outcome(call: () => unknown): unknown {
  try {
    return ["gave", call()];
  } catch (error) {
    const { name, code } = error as Record<"name" | "code", unknown>;
    return ["threw", error instanceof TypeError, name, code];
  }
}

const circular: { self?: unknown } = {};
circular.self = circular;

/** What may be a message. Without those that IMPROVED has. */
const MESSAGES: readonly unknown[] = [
  undefined,
  null,
  Symbol("a"),
  1n,
  1,
  "x",
  true,
  [],
  { big: 1n },
  circular,
  { call() {} },
  new SharedArrayBuffer(4),
];

const LINES: Readonly<Record<string, string>> = {
  "no JSON": "1\\nhello\\n2\\n",
  blank: "1\\n\\n2\\n",
  undefined: "1\\nundefined\\n2\\n",
  "half a line before the end": "1\\n2",
  "spaces and CRLF": ' 1\\n {"a": 2} \\r\\n3\\n',
  "bytes that are no UTF-8": '"\\377a"\\n',
  "a byte order mark": "\\357\\273\\2771\\n",
  "messages of the runtimes": '{"cmd":"NODE_X"}\\n{"cmd":"NODE_HANDLE_ACK"}\\n{"cmd":"NODE_HANDLE_NACK"}\\n2\\n',
  "an internal one": '\\002{"cmd":"x"}\\n5\\n',
  "names of Object.prototype": '{"__proto__":{"cmd":"NODE_HANDLE"},"a":1}\\n',
};

export const CASES: Record<string, (api: Api) => unknown> = {
  "ipc: what the callbacks get": async (api) => {
    const all: unknown[] = [];
    for (const serialization of MODES) {
      const script = "process.send('a'); process.send({b: 1}); process.send(null, () => process.exit(3))";
      all.push(await told(api, program(script), { serialization }));
    }
    return all;
  },
  "ipc: whom the callbacks are called on": async ({ spawn }) => {
    const on: unknown[] = [];
    const child: Any = spawn(program("process.send(1)"), {
      ipc(this: unknown) {
        on.push(this === child);
      },
      onDisconnect(this: unknown) {
        on.push(this === child);
      },
    });
    await child.exited;
    await until("both were called", () => on.length === 2);
    return on;
  },
  "ipc: rich values there and back": async (api) => {
    const { child, heard } = open(api, program(ECHO));
    const map = new Map<unknown, unknown>([[1, new Date(5)]]);
    const values = [map, new Set(["x"]), 5, -0, "é", { a: undefined, n: NaN, re: /a/g }, new Float64Array([1.5])];
    for (const value of [...values, new Uint8Array([1, 2]), { big: 5n }, new Error("e").message]) child.send(value);
    child.send(circular);
    child.send("end");
    await child.exited;
    const last = heard.filter(([kind]) => kind === "message").map(([, , message]) => message);
    const isCircular = last.at(-2)?.self === last.at(-2);
    return [
      last.length,
      isCircular,
      last.slice(0, -2).map((value) => [Object.prototype.toString.call(value), show(value)]),
    ];
  },
  "ipc: Buffers and other bytes, in the child and back": async (api) => {
    const script = `
      const kinds = (m) => [m, m.b, m.deep?.[0].b, m.table?.get(1)].map((value) => value?.constructor.name).join();
      process.on("message", (m) => process.send({ kinds: kinds(m), m }));`;
    const { child, heard } = open(api, program(script));
    const buffer = Buffer.from("hi");
    const messages = [buffer, { b: buffer }, { deep: [{ b: buffer }] }, { table: new Map([[1, buffer]]) }];
    for (const message of [...messages, { b: new Uint8Array(2) }, { b: buffer.buffer }]) child.send(message);
    await until("all came back", () => heard.length === 6);
    child.kill();
    await child.exited;
    return heard.slice(0, 6).map(([, , { kinds, m }]) => {
      const back = [m, m.b, m.deep?.[0].b, m.table?.get(1)].map((value) => value?.constructor.name);
      return [kinds, back, String(m), String(m.b)];
    });
  },
  "ipc: the variables, the fd and stdio": async ({ spawn }) => {
    const script =
      'echo $NODE_CHANNEL_FD $NODE_CHANNEL_SERIALIZATION_MODE; test -S "/proc/self/fd/$NODE_CHANNEL_FD" && echo y';
    const all: unknown[] = [];
    for (const options of [
      {},
      { serialization: "json" },
      { serialization: null, env: { NODE_CHANNEL_FD: "9", PATH: parent.env["PATH"] } },
      { serialization: "", stdio: ["ignore", "pipe", "ignore", null, "inherit", null] },
      { stdio: ["ignore"] },
    ]) {
      const child = spawn(sh(script), { ipc() {}, ...options });
      all.push([await child.stdout.text(), child.stdio]);
    }
    return all;
  },
  "ipc: options that are wrong": async ({ spawn }) => {
    const calls = [
      { ipc() {}, serialization: "x" },
      { ipc() {}, serialization: 5 },
      { ipc() {}, onDisconnect: 5 },
      { ipc: 5, serialization: "x" },
      { ipc: null, serialization: 5 },
      { ipc: {}, onDisconnect: "x" },
    ].map((options) => outcome(() => spawn(["true"], options).connected));
    await delay(20);
    return calls;
  },
  "ipc: what may be a message": async (api) => {
    const all: unknown[] = [];
    for (const serialization of MODES) {
      const { child } = open(api, ["sleep", "9"], { serialization });
      all.push(MESSAGES.map((message) => outcome(() => child.send(message))));
      all.push(outcome(() => child.send()));
      child.kill();
      await child.exited;
    }
    return all;
  },
  "ipc: a function and what becomes nothing, as JSON": async (api) => {
    const { child } = open(api, ["sleep", "9"], { serialization: "json" });
    const all = [() => 1, { toJSON() {} }].map((message) => outcome(() => child.send(message)));
    child.kill();
    await child.exited;
    return all;
  },
  "ipc: what stands behind the message": async (api) => {
    const { child } = open(api, ["sleep", "9"]);
    const all = [5, "x", {}, null, undefined].map((handle) => outcome(() => child.send(1, handle)));
    for (const options of [5, "x", null, {}, undefined]) all.push(outcome(() => child.send(1, undefined, options)));
    all.push(outcome(() => child.send(1, undefined, {}, 5)));
    child.kill();
    await child.exited;
    return all;
  },
  "ipc: the callback of send": async (api) => {
    const { child } = open(api, ["sleep", "9"]);
    const order: unknown[] = [];
    const callback = (...args: unknown[]): unknown => order.push(args);
    for (const args of [[callback], [undefined, callback], [null, {}, callback]]) child.send(1, ...args);
    order.push("sent");
    await until("all were called", () => order.length === 4);
    child.kill();
    await child.exited;
    return order;
  },
  "ipc: send where there is no channel": async ({ spawn }) => {
    const never = spawn(["sleep", "9"], { stdout: "ignore" });
    const left = spawn(["sleep", "9"], { stdout: "ignore", ipc() {} });
    left.disconnect();
    const ended = spawn(["true"], { stdout: "ignore", ipc() {} });
    await ended.exited;
    const all: unknown[] = [];
    for (const child of [never, left, ended]) {
      const told = new Promise((resolve) => all.push(outcome(() => child.send(1, resolve))));
      const { name, code } = (await told) as Record<"name" | "code", unknown>;
      all.push(
        [name, code],
        outcome(() => child.send(1)),
        outcome(() => child.send()),
        outcome(() => child.send(1, 5)),
      );
      all.push(
        child.connected,
        outcome(() => child.disconnect()),
      );
      child.kill();
      await child.exited;
    }
    return all;
  },
  "ipc: the words of a channel that is closed": async ({ spawn }) => {
    const words = (child: Any): string => {
      try {
        return String(child.send(1));
      } catch (error) {
        return (error as Error).message;
      }
    };
    const child = spawn(["true"], { stdout: "ignore", ipc() {} });
    const never = words(spawn(["true"], { stdout: "ignore" }));
    await child.exited;
    return [never, words(child)];
  },
  "ipc: what is sent early arrives": async (api) => {
    const { child, heard } = open(api, program(ECHO));
    for (const message of [1, 2, "end"]) child.send(message);
    return over({ child, heard });
  },
  "ipc: a child that begins to listen late gets all": async (api) => {
    const script = `process.stdin.on('end', () => { ${ECHO} }).resume()`;
    const { child, heard } = open(api, program(script), { stdin: "pipe" });
    for (const message of [1, 2, "end"]) child.send(message);
    await delay(100);
    void child.stdin.end();
    return over({ child, heard });
  },
  "ipc: disconnect by the parent": async (api) => {
    const all: unknown[] = [];
    for (const serialization of MODES) {
      const script = "process.on('message', console.log).on('disconnect', () => console.log('over'))";
      const { child, heard } = open(api, program(script), { serialization, stdout: "pipe" });
      child.send("before");
      child.disconnect();
      all.push(child.connected, [...heard]);
      all.push(await child.stdout.text(), await over({ child, heard }));
    }
    return all;
  },
  "ipc: messages that are at hand when the parent disconnects": async (api) => {
    const got: unknown[] = [];
    const { child, heard } = open(api, sh("printf '0\\n1\\n2\\n' >&3; sleep 0.1"), {
      serialization: "json",
      ipc(message: unknown) {
        got.push(message);
        if (got.length === 1) child.disconnect();
      },
    });
    return [got, await over({ child, heard })];
  },
  "ipc: disconnect by the child": async (api) => told(api, program("process.send(1, () => process.disconnect())")),
  "ipc: a child that closes its end, and runs on": async (api) => {
    const { child, heard } = open(api, sh("exec 3>&-; exec sleep 9"));
    await until("it is told", () => heard.length === 1);
    const after = [child.exitCode, child.connected, outcome(() => child.send(1))];
    child.kill();
    return [after, await over({ child, heard })];
  },
  "ipc: a child that is killed": async (api) => {
    const { child, heard } = open(api, ["sleep", "9"], { serialization: "json" });
    child.kill("SIGKILL");
    return over({ child, heard });
  },
  ...Object.fromEntries(
    Object.entries(LINES).map(([name, line]) => [
      `ipc: lines of JSON: ${name}`,
      async (api: Api) => told(api, sh(`printf '${line}' >&3; sleep 0.05`), { serialization: "json" }),
    ]),
  ),
  "ipc: frames of another version": async (api) => told(api, sh("printf '\\001\\003\\000\\000\\000' >&3")),
  "ipc: frames that are none": async (api) => told(api, sh("printf 'hello world' >&3")),
  "ipc: half a frame before the end": async (api) => told(api, sh("printf '\\001\\002\\000\\000\\000\\002\\013' >&3")),
  "ipc: a message of 4 MB": async (api) => {
    const { child, heard } = open(api, program(ECHO), { serialization: "json" });
    const message = "é".repeat(2 * 1024 * 1024);
    child.send(message);
    child.send("end");
    await over({ child, heard });
    return [heard[0][2] === message, heard.slice(1)];
  },
  "ipc: what send says while the child does not read": async (api) => {
    const { child } = open(api, ["sleep", "9"], { serialization: "json" });
    const sent = Array.from({ length: 60 }, () => child.send("x".repeat(10_000)));
    child.kill();
    await child.exited;
    return sent;
  },
  "ipc: callbacks of what the child did not read": async (api) => {
    const { child } = open(api, ["sleep", "9"], { serialization: "json" });
    let called = 0;
    for (let i = 0; i < 60; i++) child.send("x".repeat(10_000), () => called++);
    child.kill();
    await child.exited;
    await delay(20);
    return called;
  },
  "ipc: a server that the child sends": async (api) => {
    const script = `
      const server = require("net").createServer().listen(0, () => {
        process.send("with it", server);
        process.send("later", () => process.exit());
      });`;
    const got: unknown[] = [];
    const ipc = (message: unknown, _: unknown, handle: { close(): void } | undefined): void => {
      handle?.close();
      got.push([message, typeof handle]);
    };
    await open(api, program(script), { serialization: "json", stderr: "ignore", ipc }).child.exited;
    return got;
  },
};

/** As text, whatever it is. */
function show(value: unknown): string {
  if (value instanceof Map || value instanceof Set) return JSON.stringify([...value]);
  if (ArrayBuffer.isView(value)) return [...(value as Uint8Array)].join();
  return Object.is(value, -0)
    ? "-0"
    : JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner));
}

export const IMPROVED: Record<string, { readonly engine?: string; readonly why: string }> = {
  "ipc: a function and what becomes nothing, as JSON": { why: "Bun sends an empty line, which ends the channel there" },
  "ipc: what send says while the child does not read": {
    why: "Bun takes all, and never says that it would be too much",
  },
  "ipc: callbacks of what the child did not read": { why: "each is called: Bun forgets those of a child that is gone" },
  "ipc: a server that the child sends": { why: "only the runtime itself can take a handle: the child is told" },
};
