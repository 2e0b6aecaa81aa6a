/** Ours in the place of Bun's own, as Bun's own types see that. The compiler looks at this; nothing runs it. */
import * as ringspawn from "ringspawn";
import type { SpawnInput, SpawnOptions, SpawnSyncOptions, Subprocess, SyncSubprocess } from "ringspawn";

export const spawn: typeof Bun.spawn = ringspawn.spawn;

type BunHandle<In extends Bun.SpawnOptions.Writable, Out extends Bun.SpawnOptions.Readable> = Bun.Subprocess<
  In,
  Out,
  Out
>;
declare const piped: Subprocess<"pipe", "pipe", "pipe">;
declare const ignored: Subprocess<"ignore", "ignore", "inherit">;
declare const numbered: Subprocess<"ignore", number, number>;
declare const any: Subprocess;
export const handles: readonly [
  BunHandle<"pipe", "pipe">,
  BunHandle<"ignore", "ignore">,
  BunHandle<"ignore", number>,
  Bun.Subprocess,
] = [piped, ignored, numbered, any];

/** Without what is given a handle. */
type BunOptions = Omit<Bun.SpawnOptions.SpawnOptions<"pipe", "pipe", "pipe">, "onExit" | "ipc" | "terminal">;
type BunSyncOptions = Omit<Bun.SpawnOptions.SpawnSyncOptions<"pipe", "pipe", "pipe">, "onExit" | "ipc">;
declare const options: BunOptions;
declare const syncOptions: BunSyncOptions;
declare const input: Bun.SpawnOptions.Writable;
export const taken: readonly [
  SpawnOptions<"pipe", "pipe", "pipe">,
  SpawnSyncOptions<"pipe", "pipe", "pipe">,
  SpawnInput,
] = [options, syncOptions, input];

/**
 * Ours says that the output is a Uint8Array, because not every runtime has a Buffer (under Bun it is one), and that the
 * exit code is null after a signal, which Bun does and does not say.
 */
type BunResult = Omit<Bun.SyncSubprocess<"pipe", "pipe">, "stdout" | "stderr" | "exitCode" | "resourceUsage">;
declare const result: SyncSubprocess<"pipe", "pipe">;
export const results: BunResult & { readonly stdout: Uint8Array } = result;

declare const sink: ringspawn.FileSink;
export const stdin: Bun.FileSink = sink;
declare const usage: ringspawn.ResourceUsage;
export const used: Bun.ResourceUsage = usage;
