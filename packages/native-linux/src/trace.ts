/** The file of RINGSPAWN_TRACE: one line for each process that is started where ringspawn is registered. */
import fs from "node:fs";
import process from "node:process";

// As they were at load: the program may replace them later.
const { openSync, writeSync, closeSync } = fs;
const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK } = fs.constants;
/** A FIFO that nobody reads is refused instead of waited for. */
const APPEND = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;
/** A line has the arguments of a process, which are nobody else's business. */
const MODE = 0o600;
// eslint-disable-next-line no-restricted-syntax -- as it was at load
const { Date } = globalThis;

/** The variable that names the file. */
export const TRACE = "RINGSPAWN_TRACE";

/** One line, as JSON behind the time and this program's pid. */
export interface TraceLine {
  /** The function of the runtime that was called. */
  readonly who: string;
  readonly argv: readonly unknown[];
  /** Null: the runtime's own, for the reason in `why`. */
  readonly engine: string | null;
  readonly why?: string;
}

/** Appends a line to the file, if there is to be one. A trace that cannot be written stops nothing. */
export function trace(path: string | undefined, line: () => TraceLine): void {
  if (path === undefined || path === "") return;
  try {
    const text = JSON.stringify({ time: new Date().toISOString(), pid: process.pid, ...line() });
    const fd = openSync(path, APPEND, MODE);
    try {
      // In one piece, so that programs which write at the same time do not mix their lines.
      writeSync(fd, `${text}\n`);
    } finally {
      closeSync(fd);
    }
  } catch {
    // A full disk, a missing folder, or a permission that the program does not have.
  }
}

/** For what the user has to know although nobody asks for a trace. */
export function warn(message: string): void {
  process.emitWarning(message, "RingspawnWarning");
}
