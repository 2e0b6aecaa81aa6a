/**
 * What is asked of both `Command`s: a name, and a function whose answer is compared as it is printed. An answer
 * contains nothing that differs from run to run, as a pid or a time.
 */
import { join } from "node:path";

/** The types of Deno's own, for both: ringspawn's must be usable in their place. */
export type Api = Pick<typeof Deno, "Command" | "ChildProcess"> & {
  readonly [name in "spawn" | "spawnAndWait" | "spawnAndWaitSync"]: (
    command: string | URL,
    first?: readonly string[] | Deno.CommandOptions,
    second?: Deno.CommandOptions,
  ) => unknown;
};
type Command = Api["Command"];

export interface Place {
  /** A directory of the run's own. */
  readonly dir: string;
  readonly text: string;
  readonly plain: string;
  /** Calls this while the thread may not become another user or group. */
  readonly withoutPrivilege: (call: () => Promise<unknown>) => Promise<unknown>;
}

type Question = (Command: Command, place: Place, api: Api) => unknown;

const utf8 = new TextDecoder();
const text = (bytes: Uint8Array): string => utf8.decode(bytes);
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The parts of an error that programs look at, without the message, which `said` asks for. */
function kind(error: unknown): unknown {
  if (!(error instanceof Error)) return { thrown: String(error) };
  const { name, code } = error as { name: string; code?: string };
  // A code that only ringspawn's usage mistakes have is no difference.
  return { class: error.constructor.name, name, ...(!(error instanceof TypeError) && { code }) };
}

/** What a call comes to: thrown at once, returned, resolved or rejected. */
async function outcome(call: () => unknown): Promise<unknown> {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return { thrownAtOnce: kind(error) };
  }
  if (!(result instanceof Promise)) return { returned: result };
  try {
    return { resolved: (await result) as unknown };
  } catch (error) {
    return { rejected: kind(error) };
  }
}

/** An error with its message. */
async function said(call: () => unknown): Promise<unknown> {
  try {
    await call();
    return "nothing";
  } catch (error) {
    return [kind(error), (error as Error).message];
  }
}

const sh = (script: string, options: Deno.CommandOptions = {}): [string, Deno.CommandOptions] => [
  "sh",
  { ...options, args: ["-c", script, ...(options.args ?? [])] },
];

async function out(Command: Command, command: string | URL, options?: Deno.CommandOptions): Promise<unknown> {
  const { code, signal, success, stdout, stderr } = await new Command(command, options).output();
  return { code, signal, success, stdout: text(stdout), stderr: text(stderr) };
}

function outSync(Command: Command, command: string | URL, options?: Deno.CommandOptions): unknown {
  const { code, signal, success, stdout, stderr } = new Command(command, options).outputSync();
  return { code, signal, success, stdout: text(stdout), stderr: text(stderr) };
}

/** What all three methods come to with the same command. */
async function eachWay(Command: Command, command: string | URL, options?: Deno.CommandOptions): Promise<unknown> {
  const quiet = { stdin: "null", stdout: "null", stderr: "null", ...options } as const;
  return {
    spawn: await outcome(async () => undefined).then(() =>
      outcome(() => {
        void new Command(command, quiet).spawn().status;
      }),
    ),
    output: await outcome(() => new Command(command, options).output().then(({ code }) => code)),
    outputSync: await outcome(() => new Command(command, options).outputSync().code),
  };
}

/** Of whatever prototype: that is a question of its own. */
async function ended(child: Deno.ChildProcess): Promise<unknown> {
  return Object.entries(await child.status);
}

/** Each own property: its name, whether it is a getter, whether it is enumerable. */
function shape(object: object): unknown {
  return Object.entries(Object.getOwnPropertyDescriptors(object)).map(([name, property]) => [
    name,
    Object.hasOwn(property, "get"),
    property.enumerable,
  ]);
}

/** All members of a class and of what it extends, but for those of `Object`. */
function membersOf(Class: { readonly prototype: object }): string[] {
  return Reflect.ownKeys(Class.prototype).map(String).sort();
}

/** What ringspawn's class has beyond Deno's is no difference to a program of Deno's. */
const OURS = ["engine", "fds", "resourceUsage"];

export const questions: Readonly<Record<string, Question>> = {
  // ChildProcess
  "ChildProcess: its name and members": (_, __, { ChildProcess }) => [
    ChildProcess.name,
    ChildProcess.length,
    membersOf(ChildProcess).filter((name) => !OURS.includes(name)),
  ],
  "ChildProcess: kinds of its members": (_, __, { ChildProcess }) =>
    ["pid", "stdin", "stdout", "stderr", "status", "output", "kill", "ref", "unref"].map((name) => {
      const property = Object.getOwnPropertyDescriptor(ChildProcess.prototype, name);
      return [name, Object.keys(property ?? {}), typeof (property?.set as unknown), property?.enumerable];
    }),
  "ChildProcess: instanceof": async (Command, _, { ChildProcess }) => {
    const child = new Command("true").spawn();
    await child.status;
    return [
      child instanceof ChildProcess,
      Object.getPrototypeOf(child) === ChildProcess.prototype,
      {} instanceof ChildProcess,
    ];
  },
  "ChildProcess: called": (_, __, { ChildProcess }) => said(() => (ChildProcess as unknown as () => unknown)()),
  "ChildProcess: constructed": (_, __, { ChildProcess }) => {
    const Class = ChildProcess as unknown as new (...args: unknown[]) => unknown;
    return Promise.all([[], [null, {}], [{ pid: 1 }, {}]].map((args) => outcome(() => new Class(...args))));
  },
  "ChildProcess: constructed with what is none": (_, __, { ChildProcess }) => {
    const Class = ChildProcess as unknown as new (...args: unknown[]) => unknown;
    return said(() => new Class({ pid: 1 }, { pid: 1 }));
  },
  "ChildProcess: as it is printed": async (Command) => {
    const child = new Command("true", { stdin: "null", stdout: "null" }).spawn();
    await child.status;
    return [Deno.inspect(child).split(" ")[0], Object.prototype.toString.call(child), Object.keys(child)];
  },
  "the classes as they are printed": (Command, _, { ChildProcess }) => [
    Deno.inspect(Command),
    Deno.inspect(new Command("true")),
    Deno.inspect(ChildProcess),
    Object.prototype.toString.call(new Command("true")),
  ],

  // spawn, spawnAndWait, spawnAndWaitSync
  "the functions' names and lengths": (_, __, { spawn, spawnAndWait, spawnAndWaitSync }) =>
    [spawn, spawnAndWait, spawnAndWaitSync].map(({ name, length }) => [name, length]),
  "spawn(): both overloads": async (_, __, { spawn, ChildProcess }) => {
    const children = [
      spawn("printf", { args: ["%s|", "a"], stdout: "piped" }),
      spawn("printf", ["%s|", "b"], { stdout: "piped" }),
      spawn(new URL("file:///bin/echo"), [], { stdout: "piped" }),
    ] as Deno.ChildProcess[];
    const all = children.map(async (child) => [child instanceof ChildProcess, await child.stdout.text()]);
    const without = spawn("true") as Deno.ChildProcess;
    return [
      await Promise.all(all),
      (await without.status).code,
      (await (spawn("true", []) as Deno.ChildProcess).status).code,
    ];
  },
  "spawnAndWait(): both overloads": async (_, __, { spawnAndWait }) => {
    const all = [
      spawnAndWait("printf", { args: ["%s|", "a"] }),
      spawnAndWait("printf", ["%s|", "b"]),
      spawnAndWait("printf", ["%s|", "c"], { stderr: "null" }),
    ] as Promise<Deno.CommandOutput>[];
    return Promise.all(all.map(async (output) => text((await output).stdout)));
  },
  "spawnAndWaitSync(): both overloads": (_, __, { spawnAndWaitSync }) => {
    const all = [
      spawnAndWaitSync("printf", { args: ["%s|", "a"] }),
      spawnAndWaitSync("printf", ["%s|", "b"]),
      spawnAndWaitSync("printf", ["%s|", "c"], { stderr: "null" }),
    ] as Deno.CommandOutput[];
    return all.map(({ stdout, code }) => [text(stdout), code]);
  },
  "arguments both ways": (_, __, { spawn, spawnAndWait, spawnAndWaitSync }) =>
    Promise.all([spawn, spawnAndWait, spawnAndWaitSync].map((run) => said(() => run("true", ["a"], { args: ["b"] })))),
  "arguments both ways, but undefined": async (_, __, { spawnAndWait }) => {
    const options = { args: undefined } as unknown as Deno.CommandOptions;
    return text(((await spawnAndWait("echo", ["a"], options)) as Deno.CommandOutput).stdout);
  },
  "spawnAndWait(): stdin": async (_, __, { spawnAndWait, spawnAndWaitSync }) => [
    await said(() => spawnAndWait("cat", [], { stdin: "piped" })).then((answer) => (answer as unknown[])[0]),
    await said(() => spawnAndWaitSync("cat", [], { stdin: "piped" })).then((answer) => (answer as unknown[])[0]),
    text(((await spawnAndWait("cat", [])) as Deno.CommandOutput).stdout),
  ],
  "the functions: what cannot be started": (_, __, { spawn, spawnAndWait, spawnAndWaitSync }) =>
    Promise.all([spawn, spawnAndWait, spawnAndWaitSync].map((run) => outcome(() => run("/no/such", ["a"])))),

  // Command
  "is a class": (Command) => said(() => (Command as unknown as (command: string) => unknown)("true")),
  "its name and methods": (Command) => [
    Command.name,
    Command.length,
    Object.getOwnPropertyNames(Command.prototype).sort(),
  ],
  "an instance shows nothing": (Command) => Object.keys(new Command("true", { args: ["x"] })),
  "nothing is looked at before it runs": (Command) =>
    typeof new Command("/no/such\0", { args: 7, stdin: "nonsense" } as unknown as Deno.CommandOptions),
  "each call starts it anew": async (Command) => {
    const command = new Command(...sh("echo $$"));
    const [one, two] = [await command.output(), command.outputSync()];
    return text(one.stdout) !== text(two.stdout);
  },

  // Options
  "args are made strings": (Command) =>
    out(Command, ...sh('printf "%s|" "$@"', { args: ["x", 1, null, true, undefined, "", "ü"] as string[] })),
  "args that are no array": (Command) => eachWay(Command, "true", { args: 7 as unknown as string[] }),
  "a command as a URL": (Command) => out(Command, new URL("file:///bin/echo"), { args: ["url"] }),
  "a command as another URL": (Command) => eachWay(Command, new URL("https://example.com/x")),
  "cwd as a path": (Command, { dir }) => out(Command, "pwd", { cwd: dir }),
  "cwd as a URL": (Command, { dir }) => out(Command, "pwd", { cwd: new URL(`file://${dir}/a%20b`) }),
  "cwd as another URL": (Command) => eachWay(Command, "true", { cwd: new URL("https://example.com/") }),
  "a relative command counts from cwd": (Command, { dir }) => out(Command, "./tool", { cwd: dir }),
  "env is added": (Command) => out(Command, ...sh('echo "$ORACLE $HOME"', { env: { ORACLE: "1" } })),
  "env replaces": (Command) => out(Command, ...sh("echo $HOME", { env: { HOME: "/x" } })),
  clearEnv: (Command) => out(Command, "env", { clearEnv: true }),
  "clearEnv with env": (Command) => out(Command, "env", { clearEnv: true, env: { A: "1", B: "" } }),
  "env.PATH decides the search": (Command, { dir }) => out(Command, "tool", { env: { PATH: dir } }),
  "env.PATH without it": (Command, { dir }) => eachWay(Command, "ls", { env: { PATH: dir } }),
  "a value of env that is no string": (Command) => eachWay(Command, "true", { env: { A: 1 as unknown as string } }),
  "a value of env that is undefined": (Command) =>
    eachWay(Command, "true", { env: { A: undefined as unknown as string } }),
  "a name of env that is empty": (Command) => eachWay(Command, "true", { env: { "": "x" } }),
  "a name of env with an =": (Command) => eachWay(Command, "true", { env: { "A=B": "x" } }),
  "ids that are none": (Command) =>
    Promise.all([-2, 1.5, 2 ** 32 - 1, "0"].map((uid) => eachWay(Command, "true", { uid: uid as number }))),
  "uid and gid without the privilege": async (Command, { withoutPrivilege }) => [
    await withoutPrivilege(() => eachWay(Command, "true", { uid: 65_534 })),
    await withoutPrivilege(() => eachWay(Command, "true", { gid: 65_534 })),
  ],
  "uid and gid": (Command) => out(Command, "id", { uid: 65_534, gid: 65_534 }),
  "options that are null": (Command) => outcome(() => new Command("true", null as unknown as undefined).outputSync()),
  "stdio of spawn()": async (Command) => {
    const child = new Command(...sh("readlink /proc/self/fd/0 /proc/self/fd/1 >&2", { stderr: "piped" })).spawn();
    const [before, after] = ["/proc/self/fd/0", "/proc/self/fd/1"].map((path) => Deno.readLinkSync(path));
    const [stdin, stdout] = (await child.stderr.text()).split("\n");
    // Its fd 1 is that of readlink, which writes to 2.
    return [stdin === before, stdout?.startsWith("pipe:"), typeof after];
  },
  "stdio of output()": (Command) => out(Command, ...sh("readlink /proc/self/fd/0; echo err >&2")),
  "stdio of outputSync()": (Command) => outSync(Command, ...sh("readlink /proc/self/fd/0; echo err >&2")),
  "stdout is a pipe": async (Command) =>
    text((await new Command("readlink", { args: ["/proc/self/fd/1"] }).output()).stdout).replace(/\d+/, "N"),
  "stdin is a pipe": async (Command) => {
    const child = new Command("readlink", { args: ["/proc/self/fd/0"], stdin: "piped", stdout: "piped" }).spawn();
    const link = await child.stdout.text();
    await child.stdin.close();
    return link.replace(/\d+/, "N");
  },
  "a word that is none": (Command) => eachWay(Command, "true", { stdout: "pipe" as "piped" }),
  "an fd's number": async (Command) => {
    const child = new Command(...sh("echo to 2", { stdout: 2 as unknown as "piped", stderr: "piped" })).spawn();
    return [(await child.status).code, await child.stderr.text()];
  },
  "piped stdin of output()": (Command) =>
    outcome(() => new Command("cat", { stdin: "piped" }).output().then(({ code }) => code)),
  "piped stdin of outputSync()": (Command) => outcome(() => new Command("cat", { stdin: "piped" }).outputSync().code),
  "detached leads a session": async (Command) => {
    const child = new Command(...sh("cut -d' ' -f5,6 /proc/$$/stat", { detached: true, stdout: "piped" })).spawn();
    return (await child.stdout.text()) === `${child.pid} ${child.pid}\n`;
  },
  "not detached": async (Command) => {
    const child = new Command(...sh("cut -d' ' -f5,6 /proc/$$/stat", { stdout: "piped" })).spawn();
    const own = Deno.readTextFileSync("/proc/self/stat").split(" ").slice(4, 6).join(" ");
    return (await child.stdout.text()) === `${own}\n`;
  },
  "detached, of output() and outputSync()": async (Command) => {
    const [command, options] = sh("cut -d' ' -f6 /proc/$$/stat", { detached: true });
    const own = `${Deno.readTextFileSync("/proc/self/stat").split(" ")[5]}\n`;
    const outputs = [await new Command(command, options).output(), new Command(command, options).outputSync()];
    return outputs.map(({ stdout }) => text(stdout) === own);
  },
  windowsRawArguments: (Command) => out(Command, "echo", { args: ["a b"], windowsRawArguments: true }),
  "blocked signals and dispositions": (Command) => out(Command, "grep", { args: ["^Sig[BI]", "/proc/self/status"] }),

  // AbortSignal
  "spawn() with an aborted signal": async (Command) =>
    (await new Command("true", { signal: AbortSignal.abort() }).spawn().status).code,
  "output() with an aborted signal": async (Command) =>
    (await new Command("sleep", { args: ["5"], signal: AbortSignal.abort() }).output()).code,
  "outputSync() with an aborted signal": (Command) =>
    new Command("true", { signal: AbortSignal.abort() }).outputSync().code,
  "an abort later": async (Command) => {
    const controller = new AbortController();
    const child = new Command("sleep", { args: ["5"], signal: controller.signal }).spawn();
    controller.abort();
    return ended(child);
  },
  "an abort after the end": async (Command) => {
    const controller = new AbortController();
    const child = new Command("true", { signal: controller.signal }).spawn();
    const status = await ended(child);
    controller.abort();
    return status;
  },

  // The handle
  "its members": async (Command) => {
    const child = new Command("true").spawn();
    await child.status;
    const names = Object.getOwnPropertyNames(Object.getPrototypeOf(child));
    return [
      names.filter((name) => !["engine", "fds", "resourceUsage", "stdin", "stdout", "stderr"].includes(name)).sort(),
      typeof child.pid,
      Object.keys(child).filter((name) => name !== "pid"),
      typeof child[Symbol.asyncDispose],
    ];
  },
  "stdin that is not piped": async (Command) => {
    const child = new Command("true").spawn();
    await child.status;
    return said(() => child.stdin);
  },
  "stdout that is not piped": async (Command) => {
    const child = new Command("true").spawn();
    await child.status;
    return said(() => child.stdout);
  },
  "stderr that is not piped": async (Command) => {
    const child = new Command("true").spawn();
    await child.status;
    return said(() => child.stderr);
  },
  "the same streams and promise each time": async (Command) => {
    const child = new Command("true", { stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
    const same = [
      child.stdin === child.stdin,
      child.stdout === child.stdout,
      child.stderr === child.stderr,
      child.status === child.status,
    ];
    await child.stdin.close();
    await Promise.all([child.status, child.stdout.text(), child.stderr.text()]);
    return same;
  },
  "status of an exit": async (Command) => {
    return ended(new Command(...sh("exit 3")).spawn());
  },
  "prototype of a status": async (Command) => Object.getPrototypeOf(await new Command("true").spawn().status) === null,
  "status of a signal": async (Command) => Object.entries(await new Command(...sh("kill -9 $$")).spawn().status),
  "every exit code": async (Command) => {
    const codes = [];
    for (const code of [0, 1, 2, 126, 127, 128, 255]) {
      codes.push((await new Command(...sh(`exit ${code}`)).spawn().status).code);
    }
    return codes;
  },
  "every signal with a name": async (Command) => {
    const ends = [];
    for (let signal = 1; signal < 32; signal++) {
      // STOP and its like stop, CONT, CHLD, URG and WINCH do nothing.
      if ([17, 18, 19, 20, 21, 22, 23, 28].includes(signal)) continue;
      const { code, signal: name } = await new Command(...sh(`ulimit -c 0; kill -${signal} $$`)).spawn().status;
      ends.push([signal, code, name]);
    }
    return ends;
  },
  "a real-time signal": async (Command) => outcome(() => new Command(...sh("kill -40 $$")).spawn().status),
  "the object of output()": async (Command) => {
    return shape(await new Command("true").output());
  },
  "the object of outputSync()": (Command) => shape(new Command("true").outputSync()),
  "stdout of output() that is not piped": async (Command) => {
    const output = await new Command("true", { stdout: "null", stderr: "inherit" }).output();
    return [await said(() => output.stdout), await said(() => output.stderr)];
  },
  "stdout of outputSync() that is not piped": async (Command) => {
    const output = new Command("true", { stdout: "null", stderr: "inherit" }).outputSync();
    return [await said(() => output.stdout), await said(() => output.stderr)];
  },
  "the bytes of output()": async (Command) => {
    const { stdout } = await new Command("echo", { args: ["x"] }).output();
    return [stdout.constructor.name, stdout.byteLength, stdout.byteOffset];
  },
  "output() of a handle": async (Command) => {
    const child = new Command(...sh("echo out; echo err >&2; exit 2", { stdout: "piped", stderr: "piped" })).spawn();
    const { code, stdout, stderr } = await child.output();
    return [code, text(stdout), text(stderr)];
  },
  "output() of a handle without pipes": async (Command) => {
    const output = await new Command("true").spawn().output();
    return [output.code, await said(() => output.stdout)];
  },
  "output() twice": async (Command) => {
    const child = new Command("echo", { stdout: "piped", stderr: "piped" }).spawn();
    await child.output();
    return said(() => child.output());
  },
  "output() after text()": async (Command) => {
    const child = new Command("echo", { stdout: "piped" }).spawn();
    await child.stdout.text();
    return said(() => child.output());
  },
  "output() while somebody reads": async (Command) => {
    const child = new Command("echo", { stdout: "piped", stderr: "piped" }).spawn();
    const reader = child.stderr.getReader();
    const answer = await said(() => child.output());
    await reader.cancel();
    await child.stdout.cancel();
    return answer;
  },
  "output() is not at once": async (Command) => {
    const child = new Command("echo", { stdout: "piped" }).spawn();
    await child.stdout.text();
    return outcome(() => child.output());
  },

  // kill, ref, dispose
  "kill()": async (Command) => {
    const child = new Command("sleep", { args: ["5"] }).spawn();
    return [child.kill(), await ended(child)];
  },
  "kill() by name and number": async (Command) => {
    const ends = [];
    for (const signal of ["SIGINT", 9] as Deno.Signal[]) {
      const child = new Command("sleep", { args: ["5"] }).spawn();
      child.kill(signal);
      ends.push(await ended(child));
    }
    return ends;
  },
  "kill(0)": async (Command) => {
    const child = new Command("sleep", { args: ["0.05"] }).spawn();
    return [child.kill(0), (await child.status).code];
  },
  "kill() of what is no signal": async (Command) => {
    const child = new Command("sleep", { args: ["0.05"] }).spawn();
    const answers = [];
    for (const signal of ["SIGFOO", "sigterm", "TERM", ""] as string[] as Deno.Signal[]) {
      answers.push(await said(() => child.kill(signal)));
    }
    await child.status;
    return answers;
  },
  "kill() of a number that is no signal": async (Command) => {
    const child = new Command("sleep", { args: ["0.05"] }).spawn();
    const answers = [];
    for (const signal of [-1, 65, 99, 1.5] as unknown as Deno.Signal[]) {
      answers.push(await outcome(() => child.kill(signal)));
    }
    await child.status;
    return answers;
  },
  "Deno.kill() of a child": async (Command) => {
    const ends = [];
    for (const signal of [undefined, "SIGKILL"] as const) {
      const child = new Command("sleep", { args: ["5"] }).spawn();
      Deno.kill(child.pid, signal);
      ends.push(await ended(child));
    }
    return ends;
  },
  "kill() after the end": async (Command) => {
    const child = new Command("true").spawn();
    await child.status;
    return [await said(() => child.kill()), await said(() => child.kill(0))];
  },
  "ref() and unref() return nothing": async (Command) => {
    const child = new Command("true").spawn();
    const answer = [child.unref(), child.ref(), child.ref()];
    await child.status;
    return [answer, child.unref(), child.ref()];
  },
  disposal: async (Command) => {
    const child = new Command("sleep", { args: ["5"] }).spawn();
    const answer = await child[Symbol.asyncDispose]();
    return [answer, await ended(child), await child[Symbol.asyncDispose]()];
  },
  "disposal of one that ignores SIGTERM": async (Command) => {
    const child = new Command(...sh("trap '' TERM; echo; sleep 0.2; exit 4", { stdout: "piped" })).spawn();
    await child.stdout.getReader().read();
    await child[Symbol.asyncDispose]();
    return ended(child);
  },
  "await using": async (Command) => {
    let status;
    {
      await using child = new Command("sleep", { args: ["5"] }).spawn();
      status = ended(child);
    }
    return status;
  },

  // stdout
  "classes of the streams": async (Command) => {
    const child = new Command("true", { stdin: "piped", stdout: "piped" }).spawn();
    const { stdin, stdout } = child;
    const answer = [stdin instanceof WritableStream, stdout instanceof ReadableStream, stdout.constructor.name];
    await stdin.close();
    await stdout.cancel();
    await child.status;
    return answer;
  },
  "text()": async (Command) =>
    new Command("printf", { args: ["\\357\\273\\277a\\377b"], stdout: "piped" }).spawn().stdout.text(),
  "json()": async (Command) =>
    (await new Command("echo", { args: ['{"a":[1]}'], stdout: "piped" }).spawn().stdout.json()) as unknown,
  "json() of what is none": async (Command) => {
    const child = new Command("echo", { args: ["{"], stdout: "piped" }).spawn();
    return outcome(async () => (await child.stdout.json()) as unknown);
  },
  "bytes() and arrayBuffer()": async (Command) => {
    const bytes = await new Command("echo", { stdout: "piped" }).spawn().stdout.bytes();
    const buffer = await new Command("echo", { stdout: "piped" }).spawn().stdout.arrayBuffer();
    return [bytes.constructor.name, bytes.length, buffer.constructor.name, buffer.byteLength];
  },
  "text() twice": async (Command) => {
    const { stdout } = new Command("echo", { stdout: "piped" }).spawn();
    const both = await Promise.all([stdout.text(), outcome(() => stdout.text()), outcome(() => stdout.bytes())]);
    return [both, stdout.locked];
  },
  "text() of a locked stream": async (Command) => {
    const { stdout } = new Command("echo", { stdout: "piped" }).spawn();
    const reader = stdout.getReader();
    const answer = await outcome(() => stdout.text());
    await reader.cancel();
    return answer;
  },
  chunks: async (Command) => {
    const { stdout } = new Command("head", { args: ["-c", "300000", "/dev/zero"], stdout: "piped" }).spawn();
    let [total, largest] = [0, 0];
    for await (const chunk of stdout) {
      total += chunk.length;
      largest = Math.max(largest, chunk.length);
    }
    return [total, largest <= 65_536];
  },
  "a buffer of one's own": async (Command) => {
    const { stdout } = new Command("printf", { args: ["abcdef"], stdout: "piped" }).spawn();
    const reader = stdout.getReader({ mode: "byob" });
    const reads = [];
    let buffer = new Uint8Array(4);
    for (;;) {
      const { done, value } = await reader.read(buffer);
      reads.push([done, value && text(value)]);
      if (done) return reads;
      buffer = new Uint8Array(value.buffer);
    }
  },
  "cancel() closes the pipe": async (Command) => {
    const child = new Command("yes", { stdout: "piped" }).spawn();
    await child.stdout.getReader().cancel();
    return ended(child);
  },
  "iteration that stops early": async (Command) => {
    const child = new Command("yes", { stdout: "piped" }).spawn();
    for await (const chunk of child.stdout) if (chunk.length > 0) break;
    return ended(child);
  },
  "tee()": async (Command) => {
    const [one, two] = new Command("echo", { args: ["t"], stdout: "piped" }).spawn().stdout.tee();
    const both = await Promise.all([new Response(one).text(), new Response(two).text()]);
    return both;
  },
  "pipeTo() another": async (Command) => {
    const from = new Command("seq", { args: ["20000"], stdout: "piped" }).spawn();
    const to = new Command("wc", { args: ["-l"], stdin: "piped", stdout: "piped" }).spawn();
    await from.stdout.pipeTo(to.stdin);
    return (await to.stdout.text()).trim();
  },
  "unread output blocks the child": async (Command) => {
    const child = new Command("head", { args: ["-c", "1000000", "/dev/zero"], stdout: "piped" }).spawn();
    const first = await Promise.race([child.status.then(() => "ended"), later(150).then(() => "waits")]);
    return [first, (await child.stdout.bytes()).length, (await child.status).code];
  },
  "output of a child that has ended": async (Command) => {
    const child = new Command("echo", { args: ["still here"], stdout: "piped" }).spawn();
    await child.status;
    await later(20);
    return child.stdout.text();
  },
  "the end of the process before the end of its pipe": async (Command) => {
    const child = new Command(...sh("sleep 0.3 & echo x", { stdout: "piped" })).spawn();
    const order: string[] = [];
    await Promise.all([
      child.status.then(() => order.push("status")),
      child.stdout.text().then(() => order.push("stdout")),
    ]);
    return order;
  },

  // stdin
  "what is written arrives": async (Command) => {
    const child = new Command("cat", { stdin: "piped", stdout: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array([104, 105]));
    await writer.write(new Uint8Array(0));
    await writer.close();
    return child.stdout.text();
  },
  "stdin that nobody closes": async (Command) => {
    const child = new Command("cat", { stdin: "piped" }).spawn();
    const first = await Promise.race([child.status.then(() => "ended"), later(100).then(() => "waits")]);
    await child.stdin.close();
    return [first, (await child.status).code];
  },
  "chunks that are no bytes": async (Command) => {
    const answers = [];
    for (const chunk of ["text", 7, null, undefined, [1], {}]) {
      const child = new Command("cat", { stdin: "piped", stdout: "null" }).spawn();
      const writer = child.stdin.getWriter();
      writer.closed.catch(() => {});
      answers.push(await said(() => writer.write(chunk as Uint8Array)));
      await child.status;
    }
    return answers;
  },
  "chunks of other views": async (Command) => {
    const child = new Command("cat", { stdin: "piped", stdout: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    const answers = [];
    for (const chunk of [new DataView(new ArrayBuffer(2)), new Uint16Array(2), new ArrayBuffer(3)]) {
      answers.push(await outcome(() => writer.write(chunk as unknown as Uint8Array)));
    }
    await outcome(() => writer.close());
    return [answers, (await child.stdout.bytes()).length];
  },
  "a write after the end": async (Command) => {
    const child = new Command("true", { stdin: "piped" }).spawn();
    await child.status;
    const writer = child.stdin.getWriter();
    writer.closed.catch(() => {});
    const write = await outcome(() => writer.write(new Uint8Array(1)));
    return [write, await outcome(() => writer.close())];
  },
  "close() after the end": async (Command) => {
    const child = new Command("true", { stdin: "piped" }).spawn();
    await child.status;
    return outcome(() => child.stdin.close());
  },
  "abort() of stdin": async (Command) => {
    const child = new Command("cat", { stdin: "piped", stdout: "null" }).spawn();
    await child.stdin.abort(new Error("enough"));
    return ended(child);
  },
  "back-pressure of stdin": async (Command) => {
    const child = new Command("sleep", { args: ["0.3"], stdin: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    writer.closed.catch(() => {});
    const first = writer.desiredSize;
    const write = writer.write(new Uint8Array(1_000_000)).then(
      () => "taken",
      () => "refused",
    );
    const answer = [first, writer.desiredSize, await Promise.race([write, later(50).then(() => "waits")])];
    await child.status;
    return [...answer, await write];
  },

  // Errors
  "no such name": (Command) => eachWay(Command, "no-such-program-anywhere"),
  "no such path": (Command, { dir }) => eachWay(Command, join(dir, "nothing")),
  "an empty command": (Command) => eachWay(Command, ""),
  "NUL in the command": (Command) => eachWay(Command, "a\0b"),
  "NUL in an argument": (Command) => eachWay(Command, "true", { args: ["a\0b"] }),
  "NUL in a value of env": (Command) => eachWay(Command, "true", { env: { A: "a\0b" } }),
  "a file that is not executable": (Command, { plain }) => eachWay(Command, plain),
  "a directory": (Command, { dir }) => eachWay(Command, dir),
  "a text without #!": (Command, { text }) => out(Command, text, { args: ["x"] }),
  "a #! to nowhere": (Command, { dir }) => eachWay(Command, join(dir, "nowhere")),
  "cwd that is missing": (Command) => eachWay(Command, "true", { cwd: "/no/dir" }),
  "cwd that is a file": (Command, { plain }) => eachWay(Command, "true", { cwd: plain }),
  "too many arguments": (Command) => eachWay(Command, "true", { args: ["x".repeat(200_000)] }),
  "a file below a file": (Command, { plain }) => eachWay(Command, join(plain, "x")),
  "a signal that is none": (Command) => eachWay(Command, "true", { signal: {} as AbortSignal }),
  "the words that programs look for in messages": (Command, { plain }) => {
    const calls: [words: string, call: () => unknown][] = [
      ["No such cwd '/no/dir'", () => new Command("true", { cwd: "/no/dir" }).spawn()],
      ["cwd is not a directory", () => new Command("true", { cwd: plain }).spawn()],
      ["Failed to spawn '/no/such'", () => new Command("/no/such").spawn()],
      [
        "Piped stdin is not supported for this function, use 'Deno.Command.spawn()' instead",
        () => new Command("true", { stdin: "piped" }).outputSync(),
      ],
    ];
    return calls.map(([words, call]) => {
      try {
        call();
      } catch (error) {
        return (error as Error).message.includes(words) ? words : `not: ${words}`;
      }
      return `nothing thrown: ${words}`;
    });
  },
  "the words about a URL": (Command) =>
    said(() => new Command("true", { cwd: new URL("https://example.com/") }).outputSync()),
  "the words of an error": (Command) => said(() => new Command("/no/such").outputSync()),
  "the words of an error about what PATH has found": (Command) =>
    said(() => new Command("true", { args: ["x".repeat(200_000)] }).outputSync()),
  "the words of an error about what PATH has not": (Command) => said(() => new Command("no-such-name").outputSync()),
  "the words about a word of stdio": (Command) => said(() => new Command("true", { stdout: "x" as "null" }).spawn()),
};
