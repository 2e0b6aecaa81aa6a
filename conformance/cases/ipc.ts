import { Buffer } from "node:buffer";
import type { SpawnOptions, Subprocess } from "ringspawn";
import { type Case, finished, type T, textOf } from "../harness.ts";
import { alive, assert, envOf, fdOf, fs, leavesNothing, parent, path, patience, until, volume } from "../tools.ts";

/**
 * The child: a plain program of whichever runtime, which knows nothing of ringspawn. It says first, on stdout, whose
 * format its advanced messages have. It is CommonJS, which runs to its end before the runtime reads the channel.
 */
const CHILD = `
const [how, count] = process.argv.slice(2);
console.log(process.versions.webkit ? "jsc" : "v8");
const leave = () => process.disconnect();
if (how === "echo") {
  process.on("message", (message) => process.send(message, message === "end" ? leave : undefined));
} else if (how === "last words") {
  process.send("first");
  process.send("last", () => process.exit(3));
} else if (how === "count") {
  let next = 0;
  process.on("message", (message) => {
    if (message === next) next++;
    if (message === "end") process.send(next, leave);
  });
} else if (how === "burst") {
  for (let i = 0; i < count; i++) process.send(i);
  process.send("end", leave);
} else if (how === "listen") {
  process.on("message", (message) => console.log(message.length ?? message));
  process.on("disconnect", () => console.log("disconnected"));
} else if (how === "handle") {
  process.on("message", () => {});
  const server = require("node:net").createServer().listen(0, () => {
    process.send("with a server", server);
    process.send("later", () => (server.close(), leave()));
  });
}
`;

type Child = Subprocess<"ignore", "pipe", "inherit">;

/** Whatever was told of a channel, in order. */
class Heard {
  readonly messages: unknown[] = [];
  readonly events: unknown[] = [];
  error: Error | undefined;
}

/** A child of this command with a channel, and what is heard of it. */
function open(t: T, command: readonly string[], options: SpawnOptions = {}): { child: Child; heard: Heard } {
  const heard = new Heard();
  const child: Child = t.spawn(command, {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    ipc(message, subprocess, ...more) {
      assert.equal(subprocess, child);
      assert.deepEqual(more, [undefined]);
      heard.messages.push(message);
      heard.events.push("message");
    },
    onDisconnect(isOver, error) {
      heard.error = error;
      heard.events.push("disconnect", isOver, child.connected);
    },
    onExit: (_, code) => void heard.events.push("exit", code),
    ...options,
  } as SpawnOptions<"ignore", "pipe", "inherit">);
  void child.exited.then(() => heard.events.push("exited"));
  return { child, heard };
}

/** The command that runs the child's program in this runtime. */
function program(t: T, runtime: readonly string[], how: string, ...more: string[]): string[] {
  const file = path.join(t.dir, "child.cjs");
  fs.writeFileSync(file, CHILD);
  return [...runtime, file, how, ...more];
}

/** The events of a channel on which so many messages came, and whose child ended with this code. */
const eventsOf = (messages: number, code: number): unknown[] =>
  Array<unknown>(messages).fill("message").concat(["disconnect", true, false, "exited", "exit", code]);

/** Runs `how` in each runtime of this machine. */
async function everywhere(t: T, run: (runtime: readonly string[]) => Promise<void>): Promise<void> {
  t.needs({ ipc() {} });
  assert.ok(t.plan.runtimes.length > 0);
  for (const runtime of t.plan.runtimes) {
    try {
      await run(runtime);
    } catch (cause) {
      throw new Error(`with ${runtime.join(" ")}: ${(cause as Error).message}`, { cause });
    }
  }
}

const sh = (script: string): string[] => ["/bin/sh", "-c", script];

/** Values that only an advanced message can hold. */
function rich(): Record<string, unknown> {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  return {
    map: new Map<unknown, unknown>([
      [1, { a: "é" }],
      ["b", [undefined, null, -0, NaN]],
    ]),
    set: new Set(["x"]),
    date: new Date(12),
    regexp: /a+/g,
    big: 12345678901234567890n,
    bytes: Uint8Array.from([1, 2, 3]),
    buffers: [Buffer.from("hi"), { deep: Buffer.alloc(1) }],
    numbers: Float64Array.from([1.5, -2]),
    memory: Uint8Array.from([4, 5]).buffer,
    text: "日本",
    error: "none",
    cycle,
  };
}

function thrownBy(call: () => unknown): { readonly code?: unknown; readonly name: string; readonly message: string } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  return assert.fail("it did not throw");
}

const exchange: Case[] = [
  {
    name: "JSON goes both ways with a plain program of every runtime, and what is sent early is not lost",
    timeout: 60_000,
    run: (t) =>
      everywhere(t, async (runtime) => {
        const { child, heard } = open(t, program(t, runtime, "echo"), { serialization: "json" });
        assert.equal(child.connected, true);
        const messages = [{ a: [1, "é\n", null] }, 5, false, null, "", "x".repeat(200_000)];
        for (const message of [...messages, "end"]) child.send(message);
        assert.equal(await child.exited, 0);
        await until("onExit", () => heard.events.at(-2) === "exit");
        assert.deepEqual(heard.messages, [...messages, "end"]);
        assert.deepEqual([heard.events, heard.error], [eventsOf(messages.length + 1, 0), undefined]);
      }),
  },
  {
    name: "advanced messages go both ways with every runtime of the same format, and any other is told by name",
    timeout: 60_000,
    run: (t) =>
      everywhere(t, async (runtime) => {
        const { child, heard } = open(t, program(t, runtime, "echo"), { serialization: "advanced" });
        child.send(rich());
        child.send("end");
        const format = child.stdout.getReader().read();
        const { value } = await format;
        const isKnown = new TextDecoder().decode(value).startsWith(t.runtime.structured);
        // A child that waits for the rest of what it takes for a message has said nothing yet.
        if (!isKnown && t.runtime.structured === "jsc") child.kill();
        await child.exited;
        if (isKnown) {
          assert.deepEqual(heard.messages, [rich(), "end"]);
          assert.equal(heard.error, undefined);
          return;
        }
        assert.deepEqual(heard.messages, []);
        assert.match(String(heard.error), /serialization: "json"/);
        const refusal = thrownBy(() => child.send("x"));
        assert.equal(refusal.code, "ERR_IPC_CHANNEL_CLOSED");
        assert.match(refusal.message, /serialization: "json"/);
      }),
  },
  {
    name: "a child that writes another format is told by name at its first message",
    timeout: 60_000,
    run: (t) =>
      everywhere(t, async (runtime) => {
        const { child, heard } = open(t, program(t, runtime, "last words"));
        const format = (await textOf(child.stdout)).trim();
        await child.exited;
        const isKnown = format === t.runtime.structured;
        assert.deepEqual(heard.messages, isKnown ? ["first", "last"] : []);
        if (isKnown) assert.deepEqual([child.exitCode, heard.error], [3, undefined]);
        else assert.match(String(heard.error), new RegExp(`${format}.*cannot read.*serialization: "json"`, "i"));
      }),
  },
  {
    name: "the last message of a child comes before exited and onExit",
    timeout: 60_000,
    run: (t) =>
      everywhere(t, async (runtime) => {
        const { child, heard } = open(t, program(t, runtime, "last words"), { serialization: "json" });
        assert.equal(await child.exited, 3);
        await until("onExit", () => heard.events.at(-2) === "exit");
        assert.deepEqual([heard.messages, heard.events], [["first", "last"], eventsOf(2, 3)]);
      }),
  },
  {
    name: "a message of 32 MB comes back whole",
    slow: true,
    timeout: 60_000,
    async run(t) {
      const message = "é".repeat(volume(16 * 1024 * 1024));
      for (const serialization of ["json", "advanced"] as const) {
        const { child, heard } = open(t, program(t, t.plan.command, "echo"), { serialization });
        child.send(message);
        child.send("end");
        await child.exited;
        assert.ok(heard.messages[0] === message, "it is another");
        assert.equal(heard.messages[1], "end");
      }
    },
  },
  {
    name: "100,000 messages come in order, and so do 100,000 answers",
    slow: true,
    timeout: 60_000,
    async run(t) {
      const count = volume(100_000);
      for (const serialization of ["json", "advanced"] as const) {
        const there = open(t, program(t, t.plan.command, "count"), { serialization });
        for (let i = 0; i < count; i++) there.child.send(i);
        there.child.send("end");
        await there.child.exited;
        assert.deepEqual(there.heard.messages, [count]);
        const back = open(t, program(t, t.plan.command, "burst", String(count)), { serialization });
        await back.child.exited;
        assert.equal(back.heard.messages.length, count + 1);
        assert.ok(back.heard.messages.slice(0, -1).every((message, i) => message === i));
      }
    },
  },
  {
    name: "a handle that the child sends is refused, and what it sends later comes",
    timeout: 60_000,
    run: (t) =>
      everywhere(t, async (runtime) => {
        const { child, heard } = open(t, program(t, runtime, "handle"), { serialization: "json", stderr: "ignore" });
        assert.equal(await child.exited, 0);
        assert.deepEqual([heard.messages, heard.error], [["later"], undefined]);
      }),
  },
  {
    name: "a handle that is to be sent is refused by its name, and what is sent later arrives",
    async run(t) {
      const { createServer, Socket } = await import("node:net");
      const { child, heard } = open(t, program(t, t.plan.command, "echo"));
      const send = child.send.bind(child) as (message: unknown, handle: object) => boolean;
      for (const [handle, name] of [
        [createServer(), "Server"],
        [new Socket(), "Socket"],
      ] as const) {
        const message = new RegExp(`^This handle type cannot be sent: ringspawn sends no handle, got ${name}\\. `);
        assert.throws(() => send("with it", handle), { name: "TypeError", code: "ERR_INVALID_HANDLE_TYPE", message });
      }
      child.send("end");
      assert.equal(await child.exited, 0);
      assert.deepEqual([heard.messages, heard.error], [["end"], undefined]);
    },
  },
];

const setUp: Case[] = [
  {
    name: "the child finds the channel by two variables, as the first fd behind those of stdio",
    async run(t) {
      const options = { stdout: "pipe", ipc() {}, serialization: "json" } as const;
      const report = await t.report({ ...options, env: { NODE_CHANNEL_FD: "77", A: "1" } });
      assert.equal(fdOf(report, 3).kind, "socket");
      const variables = { A: "1", NODE_CHANNEL_FD: "3", NODE_CHANNEL_SERIALIZATION_MODE: "json" };
      assert.deepEqual(envOf(report), variables);
      const stdio = ["ignore", "pipe", "inherit", null, "inherit", null] as const;
      parent.env["RINGSPAWN_TEST"] = "inherited";
      try {
        const { NODE_CHANNEL_FD, NODE_CHANNEL_SERIALIZATION_MODE, PATH } = envOf(await t.report({ ipc() {}, stdio }));
        assert.deepEqual([NODE_CHANNEL_FD, NODE_CHANNEL_SERIALIZATION_MODE], ["6", "advanced"]);
        assert.equal(PATH, parent.env["PATH"]);
      } finally {
        delete parent.env["RINGSPAWN_TEST"];
      }
    },
  },
  {
    name: "the channel is none of the handle's streams, and takes no number from setup.fds",
    async run(t) {
      const { child } = open(t, [t.witness, "exit", "0"], { setup: { fds: { 4: { pipe: "in" } } } });
      assert.deepEqual([Object.keys(child.fds), child.stdio], [["4"], [null, null, null, null]]);
      await (child.fds[4] as WritableStream).close();
      await child.exited;
      const taken = (): unknown => t.spawn([t.witness], { ipc() {}, setup: { fds: { 3: { pipe: "in" } } } });
      assert.match(thrownBy(taken).message, /setup\.fds\.3 and ipc are the same fd/);
    },
  },
  {
    name: "a child without a channel is not connected, and nothing can be sent to it",
    async run(t) {
      const child = t.spawn([t.witness, "exit", "0"], { serialization: "json", onDisconnect: () => assert.fail() });
      assert.equal(child.connected, false);
      assert.equal(thrownBy(() => child.send(1)).code, "ERR_IPC_CHANNEL_CLOSED");
      const told = new Promise((resolve) => assert.equal(child.send(1, resolve), false));
      assert.equal(((await told) as { code: string }).code, "ERR_IPC_CHANNEL_CLOSED");
      child.disconnect();
      await child.exited;
    },
  },
  {
    name: "what is no message is refused, and the channel goes on",
    async run(t) {
      for (const serialization of ["json", "advanced"] as const) {
        const { child, heard } = open(t, program(t, t.plan.command, "echo"), { serialization });
        const send = child.send.bind(child) as (...args: unknown[]) => boolean;
        const codeOf = (...args: unknown[]): unknown => thrownBy(() => send(...args)).code;
        assert.equal(codeOf(), "ERR_MISSING_ARGS");
        assert.equal(codeOf(undefined), "ERR_MISSING_ARGS");
        assert.equal(codeOf(Symbol("a")), "ERR_INVALID_ARG_TYPE");
        assert.equal(codeOf(1n), "ERR_INVALID_ARG_TYPE");
        assert.equal(codeOf(1, {}), "ERR_INVALID_HANDLE_TYPE");
        assert.equal(codeOf(1, undefined, 5), "ERR_INVALID_ARG_TYPE");
        thrownBy(() => child.send(() => 1));
        const unfit = serialization === "json" ? { big: 1n } : { call() {} };
        thrownBy(() => child.send(unfit));
        child.send("end", null, {}, undefined);
        await child.exited;
        assert.deepEqual(heard.messages, ["end"]);
      }
    },
  },
];

const endings: Case[] = [
  {
    name: "disconnect lets the child read what was sent before, and then see the end",
    async run(t) {
      for (const serialization of ["json", "advanced"] as const) {
        const { child, heard } = open(t, program(t, t.plan.command, "listen"), { serialization });
        // More than a pair of sockets holds, while the child has not begun to read.
        child.send("x".repeat(3_000_000));
        child.send("abc");
        child.disconnect();
        child.disconnect();
        assert.equal(child.connected, false);
        assert.equal(thrownBy(() => child.send(1)).code, "ERR_IPC_CHANNEL_CLOSED");
        assert.deepEqual(heard.events, []);
        const lines = (await textOf(child.stdout)).split("\n");
        assert.deepEqual(lines.slice(1), ["3000000", "3", "disconnected", ""]);
        assert.equal(await child.exited, 0);
        assert.deepEqual([heard.events.slice(0, 3), heard.error], [["disconnect", true, false], undefined]);
      }
    },
  },
  {
    name: "who sends to a child that does not read is told to wait, and is called back for every message",
    async run(t) {
      const { child, heard } = open(t, [t.witness, "sleep", "60000"], { serialization: "json" });
      const answers: unknown[] = [];
      const sent = Array.from({ length: 60 }, () =>
        child.send("x".repeat(10_000), (error) => answers.push((error as { code?: unknown } | null)?.code ?? null)),
      );
      assert.equal(sent[0], true);
      assert.equal(sent.at(-1), false);
      await until("what fits is written", () => answers.length > 0);
      assert.ok(answers.length < 60 && answers.every((answer) => answer === null), String(answers));
      child.kill("SIGKILL");
      await child.exited;
      await until("all are called back", () => answers.length === 60);
      assert.equal(answers.at(-1), "EPIPE");
      assert.deepEqual(heard.messages, []);
      const late = thrownBy(() => child.send(1));
      assert.equal(late.code, "ERR_IPC_CHANNEL_CLOSED");
      assert.match(late.message, /cannot be used after the process has exited/);
    },
  },
  {
    name: "a child that closes its end is disconnected while it runs",
    needs: ["/bin/sh"],
    async run(t) {
      const { child, heard } = open(t, sh("exec 3>&-; exec sleep 60"));
      await until("it is disconnected", () => heard.events.length > 0);
      assert.deepEqual([heard.events, heard.error], [["disconnect", true, false], undefined]);
      assert.equal(child.exitCode, null);
      assert.equal(thrownBy(() => child.send(1)).code, "ERR_IPC_CHANNEL_CLOSED");
      child.kill("SIGKILL");
      await child.exited;
    },
  },
  {
    name: "a channel ends with its child, though another process has the child's end",
    needs: ["/bin/sh"],
    async run(t) {
      const { child, heard } = open(t, sh("sleep 60 >&- & echo $!; printf '1\\n' >&3"), { serialization: "json" });
      const holder = Number(await textOf(child.stdout));
      try {
        assert.equal(await child.exited, 0);
        assert.deepEqual([heard.messages, heard.events.slice(0, 4)], [[1], ["message", "disconnect", true, false]]);
      } finally {
        parent.kill(holder, "SIGKILL");
      }
    },
  },
  {
    name: "bytes that are no message end the channel after what came before, and onDisconnect gets the error",
    needs: ["/bin/sh"],
    async run(t) {
      const write = async (bytes: string, serialization: "json" | "advanced"): Promise<Heard> => {
        const { child, heard } = open(t, sh(`printf '${bytes}' >&3; exec 3>&-`), { serialization });
        await child.exited;
        assert.equal(heard.events.filter((event) => event === "disconnect").length, 1);
        return heard;
      };
      const line = await write('{"a":1}\\n{"a":\\n3\\n', "json");
      assert.deepEqual(line.messages, [{ a: 1 }]);
      assert.match(String(line.error), /is not JSON/);
      const half = await write("1\\n2", "json");
      assert.deepEqual(half.messages, [1]);
      assert.match(String(half.error), /within a message/);
      for (const bytes of ["hello world", "\\007\\000\\000\\000\\000"]) {
        assert.match(String((await write(bytes, "advanced")).error), /no message/);
      }
      // A length of 2 or 4 GiB, of which no more comes.
      for (const bytes of ["\\377\\377\\377\\377\\377", "\\002\\377\\377\\377\\377"]) {
        assert.match(String((await write(bytes, "advanced")).error), /within a message|no message|format of V8/);
      }
    },
  },
  {
    name: "a running child keeps the program alive with its channel, and does not after unref",
    async run(t) {
      t.needs({ ipc() {} });
      const { code, stdout, stderr } = await t.program("ipc", ["ref", "250"]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^started \d+\ndisconnect\n$/);
      const left = await t.program("ipc", ["unref", String(patience(20_000))], [], { timeout: patience(8000) });
      const pid = Number(/^started (\d+)\n$/.exec(left.stdout)?.[1]);
      assert.equal(left.code, 0, left.stderr);
      assert.ok(alive(pid), "the child lives on");
      parent.kill(pid, "SIGKILL");
      await until("the child is gone", () => !alive(pid));
    },
  },
  {
    name: "what the callbacks throw is an uncaught error each, and the messages go on",
    async run(t) {
      t.needs({ ipc() {} });
      const command = program(t, t.plan.command, "burst", "2");
      const { code, stdout, stderr } = await t.program("ipc", ["throw", ...command]);
      assert.equal(code, 0, stderr);
      const lines = stdout.split("\n").filter((line) => line !== "v8" && line !== "jsc" && line !== "");
      assert.deepEqual(lines.sort(), ["uncaught 0", "uncaught 1", "uncaught disconnect", "uncaught end"]);
    },
  },
  {
    name: "a child of another format is an uncaught error where nobody hears of the disconnection",
    timeout: 60_000,
    run: (t) =>
      everywhere(t, async (runtime) => {
        const { code, stdout, stderr } = await t.program("ipc", ["foreign", ...program(t, runtime, "last words")]);
        assert.equal(code, 0, stderr);
        const [format, ...rest] = stdout.trim().split("\n");
        if (format === t.runtime.structured) assert.deepEqual(rest, ["message first", "message last"]);
        else assert.match(rest.join(), /^uncaught the child writes .*serialization: "json"$/);
      }),
  },
  {
    name: "1,000 children with a channel leave no fd, no process and no memory",
    slow: true,
    timeout: 60_000,
    async run(t) {
      const one = async (): Promise<void> => {
        const { child, heard } = open(t, [t.witness, "exit", "0"], { serialization: "json" });
        child.send("x");
        assert.equal((await finished(child)).code, 0);
        assert.deepEqual(heard.messages, []);
      };
      const round = async (count: number): Promise<void> => {
        for (let left = count; left > 0; left -= 16) await Promise.all(Array.from({ length: Math.min(16, left) }, one));
      };
      await round(volume(250));
      await leavesNothing(round, volume(1000));
    },
  },
];

const cases: Case[] = [...exchange, ...setUp, ...endings];
export default cases;
