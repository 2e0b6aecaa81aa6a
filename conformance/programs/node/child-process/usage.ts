/** What the functions of child_process take, refuse and default to. */
import { exec, execFile, execFileSync, execSync, fork, spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { FDS, result, show, told, whole } from "./observe.ts";

type Loose = (...args: unknown[]) => unknown;

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "ringspawn-"));
const run = { spawn, exec, execFile, fork, spawnSync, execSync, execFileSync } as unknown as Record<string, Loose>;
/** What a call threw, or that it did not. What it has started is ended. */
function thrown(name: string, ...args: unknown[]): unknown {
  try {
    const child = run[name]?.(...args) as { on?: Loose; kill?: Loose } | null;
    child?.on?.("error", () => {});
    child?.kill?.("SIGKILL");
    return "nothing thrown";
  } catch (error) {
    return told(error);
  }
}
const eachWay = (options: object): unknown =>
  ["spawn", "execFile", "spawnSync"].map((name) => thrown(name, "/bin/true", [], options));
const module = (name: string, text: string): string => {
  const file = path.join(dir, name);
  fs.writeFileSync(file, text);
  return file;
};

await show({
  "NUL bytes": () => [
    thrown("spawn", "a\0b"),
    thrown("spawn", "/bin/true", ["a\0b"]),
    thrown("spawnSync", "/bin/true", ["a\0b"]),
    ...[{ cwd: "/a\0b" }, { argv0: "a\0b" }, { shell: "a\0b" }, { env: { A: "a\0b" } }].map(eachWay),
    thrown("exec", "echo a\0b"),
    thrown("execSync", "echo a\0b"),
    thrown("fork", "a\0b"),
  ],
  "a file or arguments of another type": () => [
    ...["spawn", "spawnSync", "execFile", "execFileSync", "exec", "execSync", "fork"].flatMap((name) =>
      ["", 5, null, undefined].map((file) => thrown(name, file)),
    ),
    ...["spawn", "spawnSync", "execFile"].map((name) => thrown(name, "/bin/true", "argument")),
    ...["spawn", "spawnSync"].map((name) => thrown(name, "/bin/true", [], "options")),
  ],
  "options of another type": () =>
    [
      { cwd: 5 },
      { cwd: new URL("https://example.com/") },
      { detached: "yes" },
      { uid: 1.5 },
      { uid: "0" },
      { gid: 2 ** 32 },
      { shell: 5 },
      { argv0: 5 },
      { windowsHide: "yes" },
      { windowsVerbatimArguments: "yes" },
      { signal: {} },
      { timeout: -1 },
      { timeout: 1.5 },
      { timeout: "5" },
      { maxBuffer: -1 },
      { killSignal: "SIGNOPE" },
      { killSignal: 99 },
      { killSignal: {} },
      { stdio: "piped" },
      { stdio: ["piped"] },
      { stdio: [{}] },
      { stdio: ["ipc", "ipc"] },
      { stdio: 5 },
      { serialization: "other" },
      { env: 5 },
      { input: 5 },
    ].map((options) => [Object.keys(options), eachWay(options)]),
  "killSignal in lower case": async () => [
    await whole(spawn("sleep", ["9"], { timeout: 50, killSignal: "sigint" as NodeJS.Signals })),
    result(spawnSync("sleep", ["9"], { timeout: 50, killSignal: "sigint" as NodeJS.Signals })),
  ],
  "kill() of what is no signal": async () => {
    const child = spawn("sleep", ["9"]);
    const seen = ["SIGNOPE", 99, -1, {}].map((signal) => {
      try {
        return child.kill(signal as number);
      } catch (error) {
        return told(error);
      }
    });
    child.kill("SIGKILL");
    return [seen, await whole(child)];
  },
  disposal: async () => {
    const child = spawn("sleep", ["9"]);
    const seen = whole(child);
    child[Symbol.dispose]();
    return [Symbol.asyncDispose in child, await seen];
  },
  "null and undefined in stdio": async () => {
    const stdio = [undefined, null, undefined, null, undefined, "pipe"];
    const child = spawn("/bin/sh", ["-c", FDS], { stdio: stdio as "pipe"[] });
    const seen = await whole(child);
    return [seen, child.stdio.map((stream) => stream?.constructor.name ?? null)];
  },
  "cwd as bytes": async () => {
    const cwd = Buffer.from("/usr") as unknown as string;
    return [
      await whole(spawn("/bin/sh", ["-c", "pwd"], { cwd })),
      result(spawnSync("/bin/sh", ["-c", "pwd"], { cwd })),
    ];
  },
  "the environment at the call": async () => {
    process.env["LATER"] = "later";
    const seen = [await whole(spawn("/bin/sh", ["-c", "echo $LATER"])), execSync("echo $LATER").toString()];
    delete process.env["LATER"];
    return [...seen, await whole(spawn("/bin/sh", ["-c", "echo $LATER"]))];
  },
  "what exec calls back": async () => {
    const called = (start: (callback: (...args: unknown[]) => void) => unknown): Promise<unknown> =>
      new Promise((resolve) => start((error, ...rest) => resolve([told(error), ...rest])));
    return [
      await called((callback) => exec("echo $0; echo err >&2", callback)),
      await called((callback) => exec("echo out; exit 3", callback)),
      await called((callback) => exec("head -c 3000000 /dev/zero", (error, out) => callback(error, out.length))),
      await called((callback) => exec("echo bytes", { encoding: "buffer" }, (error, out) => callback(error, [...out]))),
      await called((callback) => exec("echo $0", { shell: "/bin/dash" }, callback)),
      await called((callback) => execFile("echo", ["a b"], callback)),
      await called((callback) => execFile("echo $0", { shell: true }, callback)),
      await called((callback) => execFile("yes", { maxBuffer: 10 }, callback)),
    ];
  },
  "a promise has its child": async () => {
    const promise = promisify(exec)("echo out");
    const seen = [promise.child.spawnfile, Object.keys(await promise)];
    const failed = promisify(execFile)("/bin/sh", ["-c", "echo out; echo err >&2; exit 4"]);
    return [...seen, await failed.catch((error: unknown) => [Object.keys(error as object), told(error)])];
  },
  "stderr of a blocking call comes to this program's": () => {
    const copied = execFileSync("/bin/sh", ["-c", "echo copied >&2; echo out"]).toString();
    execSync("echo not copied >&2", { stdio: ["pipe", "pipe", "pipe"] });
    return copied;
  },
  "what fork starts": async () => {
    const text = "process.send([process.argv.slice(2), process.execArgv, process.argv0]);";
    const file = module("child.cjs", text);
    const seen = [];
    for (const options of [
      { execArgv: ["--no-warnings"] },
      { execArgv: [], execPath: process.execPath },
      { execArgv: [], stdio: ["ignore", "inherit", "inherit", "pipe", "ipc"] as "pipe"[] },
      { execArgv: [], silent: true },
    ]) {
      const child = fork(file, ["argument"], options);
      seen.push([(await whole(child)).slice(0, 4), child.stdio.map((stream) => stream?.constructor.name ?? null)]);
    }
    return JSON.parse(JSON.stringify(seen).replaceAll(process.execPath, "node")) as unknown;
  },
  "a fork without a channel, or with two": () => [
    thrown("fork", "/no/such.js", [], { stdio: ["pipe", "pipe", "pipe"] }),
    thrown("fork", "/no/such.js", [], { stdio: ["pipe", "pipe", "ipc", "ipc"] }),
    thrown("spawn", "/bin/true", [], { stdio: ["ipc", "ipc"] }),
  ],
  "a child that is blocked by what nobody reads": async () => {
    const child = spawn("/bin/sh", ["-c", "head -c 2000000 /dev/zero; echo done >&2"]);
    child.stdout.pause();
    let isDone = false;
    child.stderr.on("data", () => (isDone = true));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const early = isDone;
    let count = 0;
    child.stdout.on("data", (chunk: Buffer) => (count += chunk.length)).resume();
    await new Promise((resolve) => child.on("close", resolve));
    return [early, isDone, count];
  },
  "how much a pipe takes that nobody reads": async () => {
    const child = spawn("sleep", ["9"]);
    const handle = () => (child.stdin as unknown as { _handle: { writeQueueSize: number } })._handle;
    const taken = [child.stdin.write(Buffer.alloc(1_000_000)), handle().writeQueueSize];
    child.stdin.on("error", () => {});
    child.kill();
    await new Promise((resolve) => child.on("close", resolve));
    return taken;
  },
});
fs.rmSync(dir, { recursive: true });
