/** A face of our own: what starting a command would do. */
import type { Explanation, Launcher } from "../launcher.js";
import { type CommandOptions, commandInput, commandOptions } from "./deno.js";

/**
 * What starting this command would do: the engine, why not the ones before it, and the chain. Starts nothing.
 *
 * @throws {TypeError} for usage mistakes.
 */
export type ExplainFunction = (command: string | URL, options?: CommandOptions) => Explanation;

export function createExplain(launcher: Launcher): ExplainFunction {
  return (command, options = {}) => {
    return launcher.explain(commandInput(launcher.host, command, commandOptions(options), "spawn"));
  };
}
