/** Node's own spawn, for the engine that serves when no native one can. */
import childProcess from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import type { Duplex } from "node:stream";
import util from "node:util";
import { bare, type RuntimeApi, type RuntimeCall, type RuntimeChild } from "@ringspawn/core/seam";
import { withOriginalSpawn } from "./internals.js";
import { forOriginal } from "@ringspawn/core/replaced";
import { mayRead } from "./permission.js";
import { withFds } from "./free-fds.js";
import { type HeldPipe, heldPipe } from "./held-pipe.js";

type Method = (this: childProcess.ChildProcess, argument?: unknown) => unknown;
type Methods = Record<"spawn" | "kill" | "ref" | "unref", Method>;

// Taken now: a program may put ringspawn in their place.
const { ChildProcess, spawnSync } = childProcess;
const { spawn, kill, ref, unref } = ChildProcess.prototype as unknown as Methods;
const { openSync, closeSync, readSync, accessSync, statSync, fstatSync } = fs;
const killPid = process.kill.bind(process);
const { getSystemErrorName } = util;

export const childProcessApi: RuntimeApi = {
  name: "child_process",
  serves: new Set(["session", "uid", "gid", "fds"]),
  lastFd: 255,
  features: new Set([
    "argv0",
    "empty argv0",
    "socket",
    "give",
    "crossed",
    "blocking pipes",
    "maxBuffer 0",
    "real-time signals",
    "shell",
    "int32",
  ]),
  files: { openSync, closeSync, readSync, accessSync, statSync, fstatSync },
  devNull: os.devNull,
  mayLook: mayRead,
  openTerminal: undefined,
  start,
  runSync(call, { input, timeout, maxBuffer = Infinity }, killSignal) {
    const options = { ...optionsOf(call), env: call.env ?? process.env, argv0: call.argv[0], input: input.get(0) };
    // 0 would be no limit to Node, but a part of a byte is one.
    const limits = { timeout, maxBuffer: maxBuffer || 0.5, killSignal: killSignal as NodeJS.Signals };
    const limited = forOriginal(bare({ ...options, ...limits }));
    const { error, status, signal, pid, output } = spawnSync(call.file, call.argv.slice(1), limited);
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    // EPIPE: the child did not want all of its input; it ran all the same.
    if (error && code !== "ETIMEDOUT" && code !== "ENOBUFS" && code !== "EPIPE") throw error;
    const outputs = output as readonly (Buffer | null)[];
    const [timedOut, overflowed] = [code === "ETIMEDOUT", code === "ENOBUFS"];
    return { pid, exit: { code: status, signal, usage: undefined }, output: outputs, timedOut, overflowed };
  },
  codeOf({ errno }) {
    return typeof errno === "number" ? getSystemErrorName(errno) : undefined;
  },
};

function optionsOf({ cwd, stdio, session, uid, gid, verbatim }: RuntimeCall): childProcess.SpawnSyncOptions {
  const hidden = { windowsVerbatimArguments: verbatim, windowsHide: true, detached: session };
  return { cwd, stdio: [...stdio], uid, gid, ...hidden };
}

/** child_process.spawn reports a missing program one tick later; ChildProcess.spawn answers with its errno. */
function start(call: RuntimeCall): RuntimeChild | string {
  const child = withOriginalSpawn(new ChildProcess() as childProcess.ChildProcess & { _handle?: unknown });
  child.on("error", () => {});
  const envPairs = Object.entries(call.env ?? process.env).map(([name, value]) => `${name}=${value}`);
  const options = bare({ ...optionsOf(call), file: call.file, args: call.argv, envPairs });
  const pipes = call.stdio.filter((kind) => kind === "pipe").length;
  const error = withFds(pipes, () => spawn.call(child, options)) as number;
  if (error) {
    // ChildProcess.spawn leaves its pipes in the options, and after EMFILE forgets them.
    type Entry = { readonly socket?: Duplex; readonly handle?: { close(): void } };
    for (const { socket, handle } of options.stdio as Entry[]) {
      if (socket === undefined) handle?.close();
      else socket.destroy();
    }
    return getSystemErrorName(error);
  }
  let isRefd = true;
  const held: HeldPipe[] = [];
  return {
    pid: child.pid as number,
    exited: new Promise((resolve) =>
      child.once("exit", (code, signal) => resolve(bare({ code, signal, usage: undefined }))),
    ),
    pipe(slot) {
      const made = heldPipe(child.stdio[slot.target] as Duplex, slot, () => isRefd);
      held.push(made);
      return made.pipe;
    },
    terminal: undefined,
    kill(signal) {
      if (typeof signal === "string") return kill.call(child, signal) as boolean;
      // ChildProcess.kill refuses what has no name. A child that has not ended has not been reaped: its pid is its own.
      return child.exitCode === null && child.signalCode === null && killPid(child.pid as number, signal);
    },
    ref() {
      isRefd = true;
      ref.call(child);
      for (const { update } of held) update();
    },
    unref() {
      isRefd = false;
      unref.call(child);
      for (const { update } of held) update();
    },
  };
}
