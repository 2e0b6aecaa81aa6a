/** spawn, exec and execFile by everything that programs see of them. */
import childProcess, { exec, execFile, spawn, type SpawnOptions } from "node:child_process";
import { AsyncLocalStorage } from "node:async_hooks";
import diagnostics from "node:diagnostics_channel";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { FDS, show, told, whole } from "./observe.ts";

const FOUND = "found";
const dir = fs.mkdtempSync(path.join(os.tmpdir(), "ringspawn-"));
const sh = (script: string, options: SpawnOptions = {}) => spawn("/bin/sh", ["-c", script], options);
const once = (emitter: NodeJS.EventEmitter, event: string): Promise<unknown[]> =>
  new Promise((resolve) => emitter.once(event, (...args: unknown[]) => resolve(args)));
const CHANNELS = ["child_process", "tracing:child_process.spawn:start", "tracing:child_process.spawn:end"];

function executable(name: string, text: string): string {
  const file = path.join(dir, name);
  fs.writeFileSync(file, text, { mode: 0o755 });
  return file;
}

/** A pair of sockets that are connected with each other. */
async function connected(): Promise<readonly [net.Socket, net.Socket, net.Server]> {
  const server = net.createServer();
  server.listen(path.join(dir, "socket"));
  await once(server, "listening");
  const client = net.connect(path.join(dir, "socket"));
  const [socket] = (await once(server, "connection")) as [net.Socket];
  return [client, socket, server];
}

const holes: string[] = ["a"];
holes[2] = "c";

await show({
  "arguments with a hole": () => whole(spawn("echo", holes)),
  "events and their order": () => whole(sh("echo out; echo err >&2; exit 3")),
  "stdio of every kind": async () => {
    const fd = fs.openSync("/dev/zero", "r");
    const child = sh(FDS, { stdio: ["pipe", "pipe", "ignore", "pipe", "ignore", "overlapped", fd, "inherit"] });
    fs.closeSync(fd);
    return [await whole(child), child.stdio.map((stream) => stream?.constructor.name)];
  },
  "a pipe beyond stderr goes both ways": async () => {
    const child = sh("read x <&3; echo got $x >&3", { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const third = child.stdio[3] as net.Socket;
    const seen = whole(child);
    third.write("this\n");
    const [chunk] = await once(third, "data");
    return [String(chunk), await seen];
  },
  "signals that the program ignores": () => whole(spawn("grep", ["SigIgn", "/proc/self/status"])),
  "a script in the working directory, by an empty entry of PATH": () => {
    executable("script", "#!/bin/echo with");
    return whole(spawn("script", ["q"], { cwd: dir, env: { PATH: ":/bin" } }));
  },
  inherit: () => whole(sh("echo inherited", { stdio: "inherit" })),
  "streams as stdio": async () => {
    const file = fs.createWriteStream(path.join(dir, "file"));
    await once(file, "open");
    const [client, socket, server] = await connected();
    const read = once(client, "data");
    const seen = await whole(sh("echo file; echo socket >&2", { stdio: ["ignore", file, socket] }));
    socket.destroy();
    const text = String((await read)[0]);
    server.close();
    return [seen, fs.readFileSync(path.join(dir, "file"), "utf8"), text];
  },
  "much data both ways": async () => {
    const child = sh("cat");
    child.stdin?.end(Buffer.alloc(3_000_000, "x"));
    let count = 0;
    child.stdout?.on("data", (chunk: Buffer) => (count += chunk.length));
    await once(child, "close");
    return count;
  },
  "what was written is read before the end is told": async () => {
    let late = 0;
    for (let i = 0; i < 50; i++) {
      const child = sh("echo text; exit 0", { stdio: ["ignore", "pipe", "ignore"] });
      let text = "";
      child.stdout?.on("data", (chunk) => (text += String(chunk)));
      child.on("exit", () => (late += text === "text\n" ? 0 : 1));
      await once(child, "close");
    }
    return late;
  },
  "output that nobody reads": async () => {
    const child = sh("echo nobody");
    const order: string[] = [];
    for (const event of ["exit", "close"]) child.on(event, () => order.push(event));
    await once(child, "close");
    return order;
  },
  "a grandchild that holds the output": () => whole(sh("sleep 0.2 & echo out")),
  "the handle": async () => {
    const child = sh("exit 0") as childProcess.ChildProcess & { _handle: { hasRef(): boolean } & object };
    const handle = child._handle;
    const before = [Object.keys(child), Object.keys(handle), handle.constructor.name, handle.hasRef()];
    child.unref();
    const unrefd = handle.hasRef();
    child.ref();
    const refd = handle.hasRef();
    await once(child, "close");
    return [before, unrefd, refd, child._handle];
  },
  "env, argv0, cwd": async () => [
    await whole(sh("echo $A $0 $HOME", { env: { A: "a=b", PATH: process.env["PATH"] } })),
    await whole(spawn("/bin/sh", ["-c", "echo $0"], { argv0: "another" })),
    await whole(spawn("tr '\\0' ' ' < /proc/self/cmdline", { shell: true, argv0: "another" })),
    await whole(sh("pwd", { cwd: "/usr" })),
    await whole(sh("pwd", { cwd: pathToFileURL("/usr") })),
  ],
  "the search for a program": async () => {
    executable(FOUND, "#!/bin/sh\necho found $0\n");
    const env = { PATH: `/nothing:${dir}` };
    const seen = [
      await whole(spawn(FOUND, { env })),
      await whole(spawn(FOUND, { env: { PATH: "." }, cwd: dir })),
      await whole(spawn(`./${FOUND}`, { cwd: dir })),
      await whole(spawn("true", { env: {} })),
      await whole(spawn(executable("text", "echo text $1\n"), ["argument"])),
    ];
    return JSON.parse(JSON.stringify(seen).replaceAll(dir, "DIR")) as unknown;
  },
  detached: async () => {
    const session = "cut -d' ' -f6 /proc/$$/stat";
    const own = fs.readFileSync("/proc/self/stat", "utf8").split(" ")[5];
    const sessions = [];
    for (const detached of [true, false]) {
      const child = sh(session, { detached });
      const [chunk] = await once(child.stdout as net.Socket, "data");
      await once(child, "close");
      const text = String(chunk).trim();
      sessions.push(text === String(child.pid) ? "its own" : text === own ? "ours" : text);
    }
    return sessions;
  },
  "other ids": async () =>
    process.getuid?.() === 0
      ? [
          await whole(sh("id -u; id -g; id -G", { uid: 65_533, gid: 65_534 })),
          await whole(sh("id -u; id -g; id -G", { uid: 0 })),
          await whole(sh("id -u", { uid: -2 })),
        ]
      : "for root alone",
  exec: async () => {
    const run = promisify(exec);
    return [
      await run("echo out; echo err >&2"),
      await run("echo failed >&2; exit 7").catch(told),
      await run("kill -USR1 $$").catch(told),
      await run("sleep 9", { timeout: 50 }).catch(told),
      await run("yes", { maxBuffer: 10 }).catch(told),
      (await run("printf '\\351'", { encoding: "latin1" })).stdout,
      await promisify(execFile)("printf", ["%s", "abc"]),
      await promisify(execFile)("/no/such").catch(told),
    ];
  },
  "an abort": async () => {
    const controller = new AbortController();
    const child = spawn("sleep", ["9"], { signal: controller.signal });
    const seen = whole(child);
    child.on("spawn", () => controller.abort(new Error("enough")));
    const aborted = spawn("sleep", ["9"], { signal: AbortSignal.abort(), killSignal: "SIGUSR1" });
    return Promise.all([seen, whole(aborted)]);
  },
  "a timeout": () => whole(spawn("sleep", ["9"], { timeout: 50, killSignal: "SIGINT" })),
  kill: async () => {
    const child = spawn("sleep", ["9"]);
    const answers = [child.kill(0), child.kill("sigterm" as NodeJS.Signals)];
    const seen = await whole(child);
    return [answers, seen, child.kill(), child.kill(0)];
  },
  "each signal": async () => {
    const signals = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31, 34];
    const ends = signals.map(async (signal) => {
      const child = sh(`ulimit -c 0; kill -${signal} $$; sleep 1`, { stdio: "ignore" });
      return [signal, ...(await once(child, "exit"))];
    });
    return Promise.all(ends);
  },
  "an error of a listener": async () => {
    const caught = once(process, "uncaughtException");
    const child = sh("exit 0");
    child.on("exit", () => {
      throw new Error("of a listener");
    });
    return [told((await caught)[0])];
  },
  "the context of a listener": async () => {
    const storage = new AsyncLocalStorage<string>();
    const child = storage.run("the spawn's", () => sh("exit 0"));
    return new Promise((resolve) => child.on("exit", () => resolve(storage.getStore() ?? null)));
  },
  "channels of diagnostics": async () => {
    const told: string[] = [];
    const listener = (_message: unknown, name: string | symbol): void => void told.push(String(name));
    for (const name of CHANNELS) diagnostics.subscribe(name, listener);
    await whole(sh("exit 0"));
    for (const name of CHANNELS) diagnostics.unsubscribe(name, listener);
    return told;
  },
  "a ChildProcess made by hand": async () => {
    const child = new childProcess.ChildProcess() as childProcess.ChildProcess & { spawn(options: object): number };
    const answer = child.spawn({ file: "/bin/echo", args: ["echo", "by hand"], envPairs: ["A=b"], stdio: "pipe" });
    return [answer, await whole(child)];
  },
});
fs.rmSync(dir, { recursive: true });
