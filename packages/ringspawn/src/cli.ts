#!/usr/bin/env node
/** The `ringspawn` command: what it takes, and the status it ends with. */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { SETUP } from "@ringspawn/core/seam";
import { Command, CommanderError } from "commander";
import { exitStatusOf, run } from "./run.js";
import type { RunFlags } from "./run.js";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

const collect = (value: string, before: string[]): string[] => [...before, value];

/** Prints to stdout. A full disk is reported; that the reader has gone (`| head`) is not. */
function print(text: string): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exitCode = 125;
    if (error.code !== "EPIPE") process.stderr.write(`ringspawn: ${error.message}\n`);
  });
  process.stdout.write(text);
}

/** The options that say how a command is started: `run` starts it, `explain` tells what that would do. */
function startOptions(command: Command): Command {
  return command
    .argument("<command>", "the program; write -- before it")
    .argument("[args...]", "its arguments")
    .passThroughOptions()
    .option("--engine <names>", "engine, or engines in order of preference: io_uring, vfork, runtime, auto")
    .option("--setup <key=value>", "one thing to be born with, as in umask=022 (repeatable)", collect, [])
    .option("--cwd <dir>", "working directory")
    .option("--env <KEY=VALUE>", "set a variable (repeatable)", collect, [])
    .option("--clear-env", "start from an empty environment");
}

const program = new Command("ringspawn")
  .description("Starts processes by ringspawn's engines.")
  .version(version)
  .enablePositionalOptions()
  .exitOverride()
  .showHelpAfterError("(see --help)")
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "ringspawn: ")) })
  .addHelpText(
    "after",
    `
Examples:
  ringspawn doctor
  ringspawn run -- make -j8
  ringspawn run --time --setup priority=10 --setup limits.nofile=64 -- ./job
  ringspawn run --setup 'signals.ignore=["SIGHUP"]' --setup session=true -- ./daemon
  ringspawn explain --cwd /tmp --setup umask=077 -- tar xf a.tar
  ringspawn exec -- node build.js
  ringspawn exec --preload -- make -j8

Exit status of run and exec: the command's own; its signal if one killed it; 127 if it was not found, 126 if it could
not be executed, 125 if anything else kept it from starting. RINGSPAWN_ENGINE sets the default of --engine.

Signals: one that was sent to this command alone is handed on, and the command's end is this one's. But SIGPROF and
real-time signals end this command and leave the other running, and SIGSTOP and SIGTSTP stop only this one. Where
stdin, stdout or stderr was closed, the command gets /dev/null there, which Node has opened.

Fds above 2: what this command was given it hands on, but for what cannot be told from what Node itself opens. That is
only where a number below is free: there an fd of epoll, an eventfd, /dev/null and both ends of one pipe, and, with
options of Node (NODE_OPTIONS), any. Name these to run: --setup fds.9=inherit.

Every key of --setup, with an example (values are JSON, or else plain strings; docs/setup.md has all forms):
${Object.values(SETUP)
  .map(({ written }) => `  ${written}`)
  .join("\n")}`,
  );

startOptions(program.command("run"))
  .description("run a command; stdio, signals and exit status pass through")
  .option("--time", "then say on stderr what it took: wall, user and system time, peak memory")
  .action(async (file: string, args: string[], flags: RunFlags) => {
    process.exitCode = await run(file, args, flags);
  });

program
  .command("doctor")
  .description("what works here: runtime, kernel, each engine or the reason why not")
  .argument("[trace]", "a file of RINGSPAWN_TRACE: then what it has, counted")
  .option("--json", "for programs")
  .action(async (file: string | undefined, flags: { json?: boolean }) => {
    if (file !== undefined) {
      const { traceSummary } = await import("./trace-summary.js");
      return print(traceSummary(file, flags.json ?? false));
    }
    // Loaded when needed: `run` must not so much as look at process.stdout, which may make the child's pipe
    // non-blocking, and these write to it.
    const { doctor } = await import("./doctor.js");
    print(doctor(version, flags.json ?? false));
  });

startOptions(program.command("explain"))
  .description("print what starting a command would do, step by step; starts nothing")
  .action(async (file: string, args: string[], flags: RunFlags) => {
    const { explainCommand } = await import("./explain.js");
    print(explainCommand(file, args, flags));
  });

program
  .command("exec")
  .description("run a command, whose programs of Node and Bun start their children by ringspawn")
  .argument("<command>", "the program; write -- before it")
  .argument("[args...]", "its arguments")
  .passThroughOptions()
  .option("--register", "by ringspawn/register, in NODE_OPTIONS and BUN_OPTIONS (the default)")
  .option("--preload", "by LD_PRELOAD: all programs have our posix_spawn in place of libc's; Linux with glibc")
  .action(async (file: string, args: string[], flags: { register?: boolean; preload?: boolean }) => {
    const { preloadVariable, registerVariables } = await import("./preload.js");
    const register = flags.register === true || flags.preload !== true;
    const env = [...(register ? registerVariables() : []), ...(flags.preload === true ? [preloadVariable()] : [])];
    process.exitCode = await run(file, args, { setup: [], env });
  });

/**
 * A string cannot hold bytes that are not UTF-8: Node reads each such as U+FFFD, and the command would delete, say,
 * another file than the one that was named.
 */
function refuseChangedArguments(): void {
  if (!process.argv.some((arg) => arg.includes("\uFFFD"))) return;
  let given: string[];
  try {
    given = readFileSync("/proc/self/cmdline", "latin1").split("\0");
  } catch {
    // Another system, or no /proc: then the bytes are not to be had, and most likely somebody wrote U+FFFD.
    return;
  }
  const changed = given.map((arg) => Buffer.from(arg, "latin1")).find((arg) => !isUtf8(arg));
  if (changed !== undefined) throw new Error(`the argument ${JSON.stringify(changed.toString())} is not UTF-8`);
}

try {
  refuseChangedArguments();
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // The parser has printed its message already. Its exit code is 1 for a usage mistake, 0 for --help and --version.
    process.exitCode = error.exitCode === 0 ? 0 : 125;
  } else {
    process.stderr.write(`ringspawn: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitStatusOf(error);
  }
}
