/** Runs one stage of setup or test: quiet while all is well, everything it said when not. */
import { spawn } from "node:child_process";

/** Seconds since `start` (a performance.now()), for people. */
export function seconds(start) {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/**
 * Runs a program to its end and keeps what it says: both streams in the order in which they came, and each for itself.
 * It has no stdin, so that nothing can wait for an answer.
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions & { timeout?: number }} [options] `timeout` in ms, then SIGKILL
 *   to its whole process group
 * @returns {Promise<{ code: number, signal: string | null, output: string, stdout: string, stderr: string }>} `code` is
 *   124 when it was stopped, 128 after another signal, 127 if it did not start
 */
export function capture(command, args, { timeout, ...options } = {}) {
  return new Promise((resolve) => {
    const chunks = { both: [], stdout: [], stderr: [] };
    let late = false;
    // A group of its own, so that a timeout also ends what it started.
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const kill = () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // Already gone.
      }
    };
    const forward = () => {
      kill();
      process.exit(130);
    };
    process.once("SIGINT", forward).once("SIGTERM", forward);
    const timer = timeout === undefined ? undefined : setTimeout(() => ((late = true), kill()), timeout);
    for (const name of ["stdout", "stderr"]) {
      child[name].on("data", (chunk) => {
        chunks.both.push(chunk);
        chunks[name].push(chunk);
      });
    }
    const text = (name) => Buffer.concat(chunks[name]).toString();
    const done = (code, note = "") => {
      clearTimeout(timer);
      process.off("SIGINT", forward).off("SIGTERM", forward);
      const { signalCode: signal } = child;
      resolve({ code, signal, output: text("both") + note, stdout: text("stdout"), stderr: text("stderr") });
    };
    child.once("error", (error) => done(127, `${error.message}\n`));
    child.once("close", (code, signal) => {
      if (late) done(124, `\nStopped: it took longer than ${timeout / 1000} s.\n`);
      else if (signal) done(128, `\nKilled by ${signal}.\n`);
      else done(code ?? 1);
    });
  });
}
