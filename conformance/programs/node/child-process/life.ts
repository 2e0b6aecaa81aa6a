/** How long children hold the program, and what becomes of them at its end. This file is every program of it. */
import { execFileSync, fork, spawn } from "node:child_process";
import fs from "node:fs";
import type { Socket } from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { show, told, whole } from "./observe.ts";

const self = fileURLToPath(import.meta.url);
/** What a program of this file prints and ends with, under the same flags as this one. */
const program = (name: string) => whole(spawn(process.execPath, [...process.execArgv, self, name]));
const print = (text: string): void => void fs.writeSync(1, `${text}\n`);

const programs: Readonly<Record<string, () => void>> = {
  "an unref'd child holds nothing"() {
    const child = spawn("sleep", ["5"], { stdio: "ignore" });
    child.on("exit", () => print("exit"));
    child.unref();
    process.on("exit", () => {
      print("left");
      process.kill(child.pid as number);
    });
  },
  "a child that is ref'd again holds the program"() {
    const child = spawn("sleep", ["0.2"], { stdio: "ignore" });
    child.on("exit", () => print("exit"));
    child.unref();
    child.ref();
    process.on("exit", () => print("left"));
  },
  "pipes hold the program where the child does not"() {
    const child = spawn("sh", ["-c", "sleep 0.2; echo text"], { stdio: ["ignore", "pipe", "ignore"] });
    child.unref();
    child.stdout.on("data", (chunk) => print(String(chunk).trim()));
    process.on("exit", () => print("left"));
  },
  "pipes that are unref'd hold nothing"() {
    const child = spawn("sleep", ["5"]);
    child.unref();
    for (const stream of child.stdio) (stream as Socket | null)?.unref();
    process.on("exit", () => {
      print("left");
      process.kill(child.pid as number);
    });
  },
  "a channel holds the program where the child does not"() {
    const child = spawn("sleep", ["0.2"], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    child.on("disconnect", () => print("disconnect"));
    child.unref();
    process.on("exit", () => print("left"));
  },
  "a channel that is unref'd, too, holds nothing"() {
    const child = spawn("sleep", ["5"], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    child.on("exit", () => print("exit"));
    child.unref();
    child.channel?.unref();
    process.on("exit", () => {
      print("left");
      process.kill(child.pid as number);
    });
  },
  "nothing but the child holds the program"() {
    spawn("sleep", ["0.2"], { stdio: "ignore" }).on("close", () => print("close"));
    process.on("exit", () => print("left"));
  },
  "an exit with children that live"() {
    const child = spawn("sh", ["-c", "sleep 0.3; echo alive"], { stdio: ["ignore", "inherit", "ignore"] });
    child.on("exit", () => print("exit"));
    child.on("spawn", () => process.exit(6));
  },
  "a failed spawn holds nothing"() {
    spawn("/no/such", { stdio: "ignore" }).on("error", (error) => print(error.message));
    process.on("exit", () => print("left"));
  },
  "a fork of a fork"() {
    if (process.send !== undefined) return void process.send(`depth ${process.argv[3] ?? ""}`);
    const forked = fork(self, [process.argv[2] as string, "1"]);
    forked.on("message", (message) => print(message as string));
    forked.on("close", (code) => print(`close ${String(code)}`));
  },
};

/** In a worker. */
async function inWorker(): Promise<void> {
  const child = spawn("sh", ["-c", "echo in $WHERE"], { env: { ...process.env, WHERE: "worker" } });
  const seen = await whole(child);
  parentPort?.postMessage([seen, execFileSync("sh", ["-c", "echo blocking"]).toString()]);
}

const scenes = {
  ...Object.fromEntries(Object.keys(programs).map((name) => [name, () => program(name)])),
  "a worker": async () => {
    const worker = new Worker(self, { workerData: "in a worker" });
    return new Promise((resolve) => worker.on("message", resolve).on("error", (error) => resolve(told(error))));
  },
  "a worker that ends while its child runs": async () => {
    const worker = new Worker(self, { workerData: "with a child" });
    const pid = await new Promise<number>((resolve) => worker.once("message", resolve));
    await worker.terminate();
    const lives = process.kill(pid, 0);
    process.kill(pid);
    return lives;
  },
};

if (!isMainThread && workerData === "in a worker") await inWorker();
else if (!isMainThread) parentPort?.postMessage(spawn("sleep", ["5"], { stdio: "ignore" }).pid);
else if (process.argv[2] !== undefined) programs[process.argv[2]]?.();
else await show(scenes);
