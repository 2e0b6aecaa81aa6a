/** Node's own spawn, for the engine that serves when no native one can. */
import childProcess from "node:child_process";
import type { ChildProcess, SpawnSyncReturns } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import type { Duplex } from "node:stream";
import util from "node:util";
import type { RuntimeApi, RuntimeCall, RuntimeChild } from "@ringspawn/core/seam";
import { streamPipe } from "./stream-pipe.js";

// Taken now: a program may put ringspawn in their place.
const { ChildProcess: Child, spawnSync } = childProcess;
const { spawn, kill, ref, unref } = Child.prototype as unknown as Methods;
const { openSync, closeSync, readSync, accessSync, statSync } = fs;
const { devNull } = os;
const { kill: killPid } = process;
const { getSystemErrorName } = util;

/** The methods that child_process.spawn itself calls. */
interface Methods {
  /** Answers with libuv's number of an error; throws those that it does not expect. */
  spawn(this: ChildProcess, options: object): number | undefined;
  kill(this: ChildProcess, signal: string | number): boolean;
  ref(this: ChildProcess): void;
  unref(this: ChildProcess): void;
}

/** What ChildProcess.spawn makes of an entry of `stdio`. */
interface Entry {
  readonly socket?: Duplex;
  readonly handle?: { close(): void };
}

export const childProcessApi: RuntimeApi = {
  name: "child_process",
  serves: new Set(["session", "uid", "gid", "fds"]),
  // It fills every fd below.
  lastFd: 255,
  features: new Set(["argv0", "socket", "give", "crossed", "blocking pipes", "shell", "int32"]),
  files: { openSync, closeSync, readSync, accessSync, statSync },
  devNull,
  start,
  runSync(call, { input, timeout, maxBuffer, killSignal }) {
    const result = spawnSync(call.file, call.argv.slice(1), {
      ...optionsOf(call),
      argv0: call.argv[0],
      env: call.env ?? process.env,
      stdio: [...call.stdio],
      input: input.get(0),
      timeout,
      maxBuffer: maxBuffer ?? Infinity,
      killSignal: killSignal as NodeJS.Signals,
    }) as SpawnSyncReturns<Buffer>;
    const { pid, status, signal, output, error } = result;
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    // EPIPE: the child did not want all of its input; it ran all the same.
    if (error !== undefined && code !== "ETIMEDOUT" && code !== "ENOBUFS" && code !== "EPIPE") throw error;
    return {
      pid,
      exit: { code: status, signal },
      output,
      timedOut: code === "ETIMEDOUT",
      overflowed: code === "ENOBUFS",
    };
  },
  codeOf(error) {
    const { errno } = error as NodeJS.ErrnoException;
    return typeof errno === "number" ? getSystemErrorName(errno) : undefined;
  },
};

function optionsOf({ cwd, session, uid, gid, verbatim }: RuntimeCall): object {
  return { cwd, detached: session, uid, gid, windowsVerbatimArguments: verbatim, windowsHide: true };
}

/** child_process.spawn reports a missing program one tick later; ChildProcess.spawn answers with its errno. */
function start(call: RuntimeCall): RuntimeChild | string {
  const child = new Child();
  child.on("error", () => {});
  const options: { stdio: readonly unknown[]; [option: string]: unknown } = {
    ...optionsOf(call),
    file: call.file,
    args: call.argv,
    envPairs: Object.entries(call.env ?? process.env).map(([name, value]) => `${name}=${value}`),
    stdio: call.stdio,
  };
  const error = withoutLowFds(() => spawn.call(child, options));
  if (error) {
    // ChildProcess.spawn leaves its pipes here, and after EMFILE forgets them.
    for (const { socket, handle } of options.stdio as readonly Entry[]) socket ? socket.destroy() : handle?.close();
    return getSystemErrorName(error);
  }
  const streams = child.stdio as readonly ((Duplex & { ref?(): void; unref?(): void }) | null)[];
  return {
    pid: child.pid as number,
    exited: new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal }))),
    pipe: (slot) => streamPipe(streams[slot.target] as Duplex, slot),
    // ChildProcess.kill refuses a signal without a name. A child that has not ended for us has not been reaped either.
    kill(signal) {
      if (typeof signal === "string") return kill.call(child, signal);
      // ChildProcess.kill refuses what has no name. A child that has not ended has not been reaped: its pid is its own.
      return child.exitCode === null && child.signalCode === null && killPid(child.pid as number, signal);
    },
    ref() {
      ref.call(child);
      for (const stream of streams) stream?.ref?.();
    },
    unref() {
      unref.call(child);
      for (const stream of streams) stream?.unref?.();
    },
  };
}

/** libuv aborts the program when it closes a handle that got fd 0, 1 or 2, so those that are free are taken meanwhile. */
function withoutLowFds<T>(run: () => T): T {
  const taken: number[] = [];
  try {
    do taken.push(openSync(devNull, "r"));
    while ((taken.at(-1) as number) <= 2);
    closeSync(taken.pop() as number);
    return run();
  } finally {
    for (const fd of taken) closeSync(fd);
  }
}
