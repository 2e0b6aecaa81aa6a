/** Bun's own spawn, for the engine that serves when no native one can. */
import fs from "node:fs";
import os from "node:os";
import { bare, webSource } from "@ringspawn/core/seam";
import type { Pipe, PipeSlot, RuntimeApi, RuntimeCall, RuntimeChild, TerminalSize } from "@ringspawn/core/seam";
import { exitOf, hasEnded } from "./exit.js";
import { FileSinkPipe } from "./file-sink-pipe.js";
import { Hold } from "./hold.js";
import { rawPipe, socketPipe } from "./socket-pipe.js";
import { BunTerminal, openTerminal, Relay } from "./terminal.js";

type Child = Bun.Subprocess<"pipe", "pipe", "pipe">;
type Terminal = RuntimeCall["terminal"];

// Taken now: a program may put ringspawn in their place. Bun's types do not know all that they take.
const { spawn, spawnSync } = Bun as unknown as {
  spawn: (options: object) => Child;
  spawnSync: (options: object) => Bun.SyncSubprocess<"pipe", "pipe">;
};
const kill = process.kill.bind(process);
const { openSync, closeSync, readSync, accessSync, statSync, fstatSync } = fs;
/** Bun's own kill() takes none of the real-time signals, and none that only looks. */
const REAL_TIME = 32;

export const bunSpawn: RuntimeApi = {
  name: "Bun.spawn",
  serves: new Set(["session", "uid", "gid", "cgroup", "fds"]),
  lastFd: 255,
  // Bun leaves its own end open of a pipe beyond 2 in a call that blocks, and tells nothing of what comes there.
  features: new Set(["argv0", "socket", "raw sockets", "give", "blocking signal", "real-time signals", "int32"]),
  files: { openSync, closeSync, readSync, accessSync, statSync, fstatSync },
  devNull: os.devNull,
  mayLook: () => true,
  openTerminal,
  start(call) {
    const relay = isNew(call.terminal) ? new Relay() : undefined;
    const terminal = terminalOf(call.terminal, relay);
    const hold = new Hold();
    try {
      // Not lazy would mean that Bun reads without limit what is not asked for.
      const child = spawn(bare({ ...optionsOf(call), lazy: true, ...(terminal && { terminal }) }));
      return childOf(child, hold, relay);
    } catch (error) {
      hold.end();
      throw error;
    }
  },
  runSync(call, { input, timeout, maxBuffer, signal }, killSignal) {
    const stdio = [input.get(0) ?? call.stdio[0], ...call.stdio.slice(1)];
    const result = spawnSync(bare({ ...optionsOf(call), stdio, killSignal, timeout, maxBuffer, signal }));
    return {
      pid: result.pid,
      exit: exitOf(result, result.resourceUsage),
      output: [undefined, result.stdout, result.stderr],
      timedOut: result.exitedDueToTimeout ?? false,
      overflowed: result.exitedDueToMaxBuffer ?? false,
    };
  },
  codeOf({ errno, code }) {
    return typeof errno === "number" ? (code as string) : undefined;
  },
};

function isNew(terminal: Terminal): terminal is TerminalSize {
  return terminal !== undefined && "cols" in terminal;
}

function terminalOf(terminal: Terminal, relay: Relay | undefined): object | undefined {
  if (isNew(terminal)) return relay?.options(terminal);
  return terminal?.open;
}

function optionsOf({ file, argv, verbatim, env, session, terminal: _, ...same }: RuntimeCall): object {
  const renamed = { argv0: argv[0], env: env ?? process.env, detached: session, windowsVerbatimArguments: verbatim };
  return { ...same, cmd: [file, ...argv.slice(1)], ...renamed };
}

function childOf(child: Child, hold: Hold, relay: Relay | undefined): RuntimeChild {
  child.unref();
  return {
    pid: child.pid,
    exited: child.exited.then(() => {
      hold.end();
      return exitOf(child, child.resourceUsage());
    }),
    pipe: (slot) => (slot.raw ? rawPipe(extraFd(child, slot)) : hold.pipe(pipeOf(child, slot))),
    terminal: relay && new BunTerminal(child.terminal as Bun.Terminal, relay),
    kill(signal) {
      if (hasEnded(child)) return false;
      // It has not been reaped, so its pid is its own.
      if (typeof signal === "number" && (signal === 0 || signal >= REAL_TIME)) kill(child.pid, signal);
      else child.kill(signal as NodeJS.Signals);
      return true;
    },
    ref: () => hold.ref(true),
    unref: () => hold.ref(false),
  };
}

function pipeOf(child: Child, slot: PipeSlot): Pipe {
  if (slot.target === 0) {
    return { source: undefined, sink: new FileSinkPipe(child.stdin, () => hasEnded(child)), fd: undefined };
  }
  if (slot.target > 2) return socketPipe(extraFd(child, slot), slot);
  return { source: webSource(slot.target === 1 ? child.stdout : child.stderr), sink: undefined, fd: undefined };
}

/** Bun's own end of a pipe beyond 2. */
function extraFd(child: Child, { target }: PipeSlot): number {
  return child.stdio[target as 3] as number;
}
