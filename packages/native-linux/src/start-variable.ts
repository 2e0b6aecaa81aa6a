/** The variables that this program was started with, as bytes. */
import { Buffer, isUtf8 } from "node:buffer";
import fs from "node:fs";

// As it was at load: the program may replace it later.
const { readFileSync } = fs;

/**
 * Whether a variable with this value is one that this program was started with, in bytes that are not UTF-8. A runtime
 * reads such bytes as U+FFFD.
 */
export function isMisread(name: string, value: string): boolean {
  const before = `${name}=`;
  let entries: string[];
  try {
    entries = readFileSync("/proc/self/environ", "latin1").split("\0");
  } catch {
    // Another system, or no /proc: most likely somebody wrote U+FFFD.
    return false;
  }
  const entry = entries.find((one) => one.startsWith(before));
  if (entry === undefined) return false;
  const bytes = Buffer.from(entry.slice(before.length), "latin1");
  return !isUtf8(bytes) && comparable(bytes.toString()) === comparable(value);
}

/** Runtimes differ in how many characters they make of several bytes. */
function comparable(text: string): string {
  return text.replaceAll(/\uFFFD+/g, "\uFFFD");
}
