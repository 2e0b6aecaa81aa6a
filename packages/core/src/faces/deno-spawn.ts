/** The face in the shape of `Deno.spawn`, `Deno.spawnAndWait` and `Deno.spawnAndWaitSync`. */
import { object, usageError } from "../check.js";
import type { ChildProcess, Command, CommandConstructor, CommandOptions, CommandOutput } from "./deno.js";

/** A command whose arguments stand beside it, or in its options, but not in both. */
interface Run<Result> {
  (command: string | URL, options?: CommandOptions): Result;
  (command: string | URL, args: readonly string[], options?: Omit<CommandOptions, "args">): Result;
}

/** The same as `new Command(…).spawn()`. */
export type CommandSpawnFunction = Run<ChildProcess>;
/** The same as `new Command(…).output()`. */
export type CommandSpawnAndWaitFunction = Run<Promise<CommandOutput>>;
/** The same as `new Command(…).outputSync()`. */
export type CommandSpawnAndWaitSyncFunction = Run<CommandOutput>;

export function createCommandSpawn(Command: CommandConstructor): {
  readonly spawn: CommandSpawnFunction;
  readonly spawnAndWait: CommandSpawnAndWaitFunction;
  readonly spawnAndWaitSync: CommandSpawnAndWaitSyncFunction;
} {
  return {
    // Named as Deno's are, and with as many parameters.
    spawn: function spawn(command: string | URL, first?: unknown, second?: unknown): ChildProcess {
      return commandOf(Command, command, first, second).spawn();
    },
    spawnAndWait: function spawnAndWait(command: string | URL, first?: unknown, second?: unknown) {
      return commandOf(Command, command, first, second).output();
    },
    spawnAndWaitSync: function spawnAndWaitSync(command: string | URL, first?: unknown, second?: unknown) {
      return commandOf(Command, command, first, second).outputSync();
    },
  };
}

function commandOf(Command: CommandConstructor, command: string | URL, first: unknown, second: unknown): Command {
  if (!Array.isArray(first)) return new Command(command, first as CommandOptions | undefined);
  const options = object("options", second ?? {}) as CommandOptions;
  if (Object.hasOwn(options, "args") && options.args !== undefined) {
    const words = "Passing 'args' in options is not allowed when args are passed as a separate argument";
    throw usageError("ERR_INVALID_ARG_VALUE", words);
  }
  return new Command(command, { ...options, args: first as string[] });
}
