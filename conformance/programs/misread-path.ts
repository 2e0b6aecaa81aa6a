/** Prints what two commands are found as, while PATH has an entry that is not UTF-8 between two others. */
import { Command } from "ringspawn";
import type { EngineName } from "ringspawn";
import { parent } from "../tools.ts";

const [engine] = parent.argv.slice(2) as [EngineName];

function found(file: string): string {
  try {
    const { stdout } = new Command(file, { engine }).outputSync();
    return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    // Deno has no variable to give whose bytes are not UTF-8, and says so.
    return /not UTF-8, and ends the search|not valid unicode/i.test(message) ? "refused" : `${String(code)} ${message}`;
  }
}

console.log(JSON.stringify([found("both"), found("late")]));
