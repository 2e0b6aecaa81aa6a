/** spawnSync, execSync and execFileSync by everything that programs see of them. */
import { execFileSync, execSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { FDS, result, show, told } from "./observe.ts";

const MISSING = "no-such-program";
const sh = (script: string, options: object = {}) => result(spawnSync("/bin/sh", ["-c", script], options));
const thrown = (run: () => unknown): unknown => {
  try {
    return String(run());
  } catch (error) {
    return told(error);
  }
};

const holes: string[] = ["a"];
holes[2] = "c";

await show({
  "arguments with a hole": () => [result(spawnSync("echo", holes)), thrown(() => execFileSync("echo", holes))],
  "an empty cwd": () => result(spawnSync("pwd", { cwd: "" })),
  "an exit": () => sh("echo out; echo err >&2; exit 3"),
  "a signal": () => [sh("kill -9 $$"), sh("kill -34 $$")],
  input: () => [
    sh("cat", { input: "text" }),
    sh("cat", { input: Buffer.from("bytes") }),
    sh("cat", { input: new DataView(new TextEncoder().encode("-view-").buffer, 1, 4) }),
    sh("cat", { input: "" }),
    sh("cat"),
  ],
  "much data": () => {
    const input = Buffer.alloc(3_000_000, "x");
    const { stdout, error } = spawnSync("cat", { input, maxBuffer: Infinity });
    return [stdout.equals(input), told(error)];
  },
  "input that nobody reads": () => {
    const { status, error } = spawnSync("sh", ["-c", "exec <&-; sleep 0.1"], { input: Buffer.alloc(1_000_000) });
    return [status, told(error)];
  },
  "input that fits into the socket": () => {
    const { status, error } = spawnSync("sh", ["-c", "sleep 0.1"], { input: Buffer.alloc(100_000) });
    return [status, told(error)];
  },
  "input of a process that outlives the child": async () => {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "outlives-")), "count");
    const script = `exec 3<&0; (sleep 0.2; exec wc -c <&3 >${file}) &`;
    const options = { input: Buffer.alloc(1_000_000), stdio: ["pipe", "ignore", "ignore"] as const };
    const seen = result(spawnSync("/bin/sh", ["-c", script], { ...options, stdio: [...options.stdio] }));
    const count = (): string => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "");
    for (let i = 0; i < 200 && count() === ""; i++) await new Promise((resolve) => setTimeout(resolve, 20));
    const text = count();
    fs.rmSync(path.dirname(file), { recursive: true });
    return [seen, text];
  },
  "maxBuffer before a timeout": () =>
    sh("trap '' TERM PIPE; yes | head -c 100000; sleep 0.6; exit 3", { maxBuffer: 10, timeout: 300 }),
  "stdio of every kind": () => {
    const fd = fs.openSync("/dev/zero", "r");
    const seen = [
      sh(FDS, { stdio: ["pipe", "pipe", "ignore", "pipe", "ignore", "pipe", fd] }),
      sh("echo inherited", { stdio: "inherit" }),
      sh("echo third >&3", { stdio: ["ignore", "ignore", "ignore", "pipe"] }),
      sh("echo to stdin >&0", { stdio: ["pipe", "pipe", "pipe"] }),
    ];
    fs.closeSync(fd);
    return seen;
  },
  "a timeout": () => [
    sh("exec sleep 9", { timeout: 50 }),
    sh("exec sleep 9", { timeout: 50, killSignal: "SIGINT" }),
    sh("exit 0", { timeout: 9000 }),
    // It ignores the signal, and writes on to a pipe that nobody reads.
    sh("trap '' TERM; sleep 0.1; while echo x; do sleep 0.01; done", { timeout: 50 }),
  ],
  "more than maxBuffer": () => {
    const run = (script: string, maxBuffer: number): unknown => {
      const { status, signal, error } = spawnSync("/bin/sh", ["-c", `${script}; exec sleep 9`], { maxBuffer });
      return [status, signal, told(error)];
    };
    return [
      run("echo 12345678", 8),
      run("echo 1234; echo 1234 >&2", 9),
      sh("echo 1234567", { maxBuffer: 8 }),
      sh("echo 1234567", { maxBuffer: 0 }),
      sh("head -c 2000000 /dev/zero | tr '\\0' x | tail -c 5", {}),
    ];
  },
  "a grandchild that holds the output": () => sh("(sleep 0.2; echo late) & echo early"),
  options: () => [
    sh("echo $A $0", { env: { A: "a=b" }, argv0: "another" }),
    sh("pwd", { cwd: "/usr" }),
    sh("echo text", { encoding: "utf8" }),
    sh("echo text", { encoding: "hex" }),
    process.getuid?.() === 0 ? sh("id -u; id -g; id -G", { uid: 65_533, gid: 65_534 }) : "for root alone",
    result(spawnSync("echo $0 text", { shell: true })),
    result(spawnSync("true", { env: {} })),
  ],
  errors: () => [
    result(spawnSync("/no/such")),
    result(spawnSync(MISSING)),
    result(spawnSync("/dev/null")),
    sh("exit 0", { cwd: "/no/such" }),
    sh("exit 0", { cwd: "/dev/null" }),
    result(spawnSync("/bin/true", ["x".repeat(200_000)])),
    sh("exit 0", { stdio: ["ignore", 99, "ignore"] }),
    thrown(() => sh("exit 0", { stdio: ["ignore", "ipc", "ignore"] })),
    thrown(() => sh("a\0b")),
  ],
  execSync: () => [
    thrown(() => execSync("echo out")),
    thrown(() => execSync("echo failed >&2; exit 7", { stdio: "pipe" })),
    thrown(() => execSync("exec sleep 9", { timeout: 50 })),
    thrown(() => execSync(MISSING, { stdio: "pipe" })),
    thrown(() => execFileSync("/no/such")),
    thrown(() => execFileSync("printf", ["%s", "abc"], { encoding: "utf8" })),
    // How much there is of its output depends on the time.
    (thrown(() => execFileSync("sh", ["-c", "yes"], { maxBuffer: 10, stdio: "pipe" })) as Error).message,
  ],
});
