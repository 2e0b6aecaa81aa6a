/**
 * Starts a child that lives half a second; how long this program lives is looked at from outside: `lives.ts CASE
 * [own]`.
 */
import * as ringspawn from "ringspawn";
import { fs, parent } from "../../tools.ts";

const { Command } = ringspawn;
/** Bun's own, or ours. */
const { spawn, Terminal } =
  parent.argv[3] === "own" ? (globalThis as unknown as { Bun: typeof ringspawn }).Bun : ringspawn;

const say = (text: string): void => void fs.writeSync(1, `${text}\n`);
// The children do not inherit stderr: its reader would wait for all that hold it.
const half = () => spawn(["sleep", "0.5"], { stderr: "ignore" });
const talker = (lazy: boolean) => spawn(["sh", "-c", "sleep 0.5; echo late"], { stderr: "ignore", lazy });

const cases: Readonly<Record<string, () => unknown>> = {
  nothing: () => {},
  "ref'd": () => half(),
  "unref'd": () => half().unref(),
  "unref'd and ref'd again": () => {
    const child = half();
    child.unref();
    child.ref();
  },
  "ref'd and read": () => void talker(true).stdout.text().then(say),
  "read, then unref'd": () => {
    const child = talker(false);
    void child.stdout.text().then(say);
    child.unref();
  },
  "unref'd, then read": () => {
    const child = talker(true);
    child.unref();
    void child.stdout.text().then(say);
  },
  "unref'd, with a timeout": () => spawn(["sleep", "0.6"], { stderr: "ignore", timeout: 550 }).unref(),
  "unref'd, a pipe beyond 2 is read": () => {
    const options = { args: ["0.5"], stdout: "null", stderr: "null", setup: { fds: { 3: { pipe: "out" } } } } as const;
    const child = new Command("sleep", options).spawn();
    void (child.fds[3] as ReturnType<typeof half>["stdout"]).text().then(say);
    child.unref();
  },
  "ref'd, with a channel": () => spawn(["sleep", "0.5"], { stderr: "ignore", ipc() {} }),
  "unref'd, with a channel": () => spawn(["sleep", "0.5"], { stderr: "ignore", ipc() {} }).unref(),
  "unref'd, at a terminal": () => spawn(["sleep", "0.5"], { terminal: {} }).unref(),
  "unref'd, at a terminal that is unref'd": () => {
    const child = spawn(["sleep", "0.5"], { terminal: {} });
    child.unref();
    child.terminal?.unref();
  },
  "none, a terminal being open": () => {
    const terminal = new Terminal({});
    setTimeout(() => terminal.close(), 500).unref();
  },
  "awaited at the top": async () => say(`code ${await half().exited}`),
  "unref'd and awaited at the top": async () => {
    const child = half();
    child.unref();
    say(`code ${await child.exited}`);
  },
  "output awaited at the top": async () => {
    const { stdout } = await new Command("sh", { args: ["-c", "sleep 0.5; echo late"] }).output();
    say(new TextDecoder().decode(stdout));
  },
  "finished, its pipes untouched": async () => {
    const child = spawn(["echo", "x"], { stdin: "pipe", stderr: "pipe", lazy: true });
    say(`code ${await child.exited}`);
  },
  "finished, a grandchild has its pipe and is read": async () => {
    const child = spawn(["sh", "-c", "(sleep 0.5; echo late) & exit 0"], { stderr: "ignore", lazy: true });
    await child.exited;
    void child.stdout.text().then(say);
  },
};

const start = performance.now();
parent.on("exit", () => say(String(Math.round(performance.now() - start))));
await cases[parent.argv[2] as string]?.();
