/** Deno's own spawn, for the engine that serves when no native one can. */
import fs from "node:fs";
import os from "node:os";
import { bare, WebSink, webSource } from "@ringspawn/core/seam";
import type { RuntimeApi, RuntimeCall, RuntimeChild, RuntimeExit } from "@ringspawn/core/seam";
import { runInWorker } from "./blocking.js";
import { accessSync, mayLook } from "./permission.js";

// Taken now: a program may put ringspawn in their place.
const { Command } = Deno;
const { openSync, closeSync, readSync, statSync, fstatSync } = fs;

/** A slot in Deno's words. The number of an fd is understood, though no type says so. */
type Word = "piped" | "inherit" | "null";

export const denoCommand: RuntimeApi = {
  name: "Deno.Command",
  serves: new Set(["session", "uid", "gid"]),
  lastFd: 2,
  features: new Set(["crossed", "shell", "maxBuffer 0"]),
  files: { openSync, closeSync, readSync, accessSync, statSync, fstatSync },
  devNull: os.devNull,
  mayLook,
  openTerminal: undefined,
  start: (call) => childOf(new Command(call.file, optionsOf(call, "piped")).spawn()),
  runSync(call, options, killSignal) {
    const { input, timeout, maxBuffer } = options;
    // outputSync() knows nothing of these, and does not tell the pid.
    const needsMore = input.has(0) || timeout !== undefined || maxBuffer !== undefined || call.session;
    const stdin = input.has(0) ? "piped" : "null";
    if (needsMore || !options.withoutPid) return runInWorker(call.file, optionsOf(call, stdin), options, killSignal);
    const command = optionsOf(call, stdin);
    const result = new Command(call.file, command).outputSync();
    const bytes = (name: "stdout" | "stderr") => (command[name] === "piped" ? result[name] : undefined);
    const output = [undefined, bytes("stdout"), bytes("stderr")];
    return { pid: 0, exit: exitOf(result), output, timedOut: false, overflowed: false };
  },
  codeOf: ({ code }) => code as string | undefined,
};

function childOf(child: Deno.ChildProcess): RuntimeChild {
  return {
    pid: child.pid,
    // Deno rejects the status of a child that a real-time signal killed, and says only there which one it was.
    exited: child.status.then(exitOf).catch((error: unknown) => {
      const number = /signal\D*(\d+)/i.exec((error as Error).message)?.[1];
      return bare({ code: null, signal: number === undefined ? null : Number(number), usage: undefined });
    }),
    pipe({ target }) {
      if (target === 0) return { source: undefined, sink: new WebSink(child.stdin), fd: undefined };
      return { source: webSource(target === 1 ? child.stdout : child.stderr), sink: undefined, fd: undefined };
    },
    terminal: undefined,
    kill(signal) {
      try {
        child.kill(signal as Deno.Signal);
        return true;
      } catch (error) {
        // After a death by a signal that Deno has no name for, the child is not found.
        if (error instanceof Deno.errors.NotFound || /terminated/.test((error as Error).message)) return false;
        throw error;
      }
    },
    ref: () => child.ref(),
    unref: () => child.unref(),
  };
}

function exitOf({ code, signal }: Deno.CommandStatus): RuntimeExit {
  return bare({ code, signal, usage: undefined });
}

function optionsOf(call: RuntimeCall, input: Word): Deno.CommandOptions {
  const { argv, verbatim, cwd, env, envIsAdded, stdio, session, uid, gid } = call;
  const [stdin, stdout, stderr] = stdio.map((word, fd) => {
    if (word === "pipe") return fd === 0 ? input : "piped";
    return word === "ignore" ? "null" : word === fd ? "inherit" : word;
  }) as [Word, Word, Word];
  return bare<Deno.CommandOptions>({
    args: argv.slice(1),
    stdin,
    stdout,
    stderr,
    detached: session,
    windowsRawArguments: verbatim,
    ...(cwd !== undefined && { cwd }),
    ...(env !== undefined && { env, clearEnv: !envIsAdded }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
  });
}
