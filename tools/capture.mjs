/** Runs a program to its end and keeps what it says, each stream for itself. */
import { spawn } from "node:child_process";

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: Record<string, string>, timeout: number }} options `timeout` in ms, then SIGKILL to its
 *   whole process group
 * @returns {Promise<{ end: string, stdout: string, stderr: string }>} `end` is `status 3`, `SIGTERM`, …
 */
export function captureApart(command, args, { timeout, ...options }) {
  return new Promise((resolve) => {
    const said = { stdout: [], stderr: [] };
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const finish = (end) => {
      clearTimeout(timer);
      resolve({ end, stdout: Buffer.concat(said.stdout).toString(), stderr: Buffer.concat(said.stderr).toString() });
    };
    let late = "";
    const timer = setTimeout(() => {
      late = `, after ${timeout / 1000} s without an end`;
      process.kill(-child.pid, "SIGKILL");
    }, timeout);
    for (const name of ["stdout", "stderr"]) child[name].on("data", (chunk) => said[name].push(chunk));
    child.once("error", (error) => finish(error.message));
    child.once("close", (code, signal) => finish((signal ?? `status ${code}`) + late));
  });
}
