/** What supervise.ts hands to a runner (run-cell.ts), and the events that the runner hands back. */
import type { EngineName } from "ringspawn";
import type { Family } from "./apis.ts";

/** The fd that supervise.ts leaves open in the runner without CLOEXEC: too high for the start of most runtimes. */
export const LEAKY_FD = 200;
/** What supervise.ts puts in the runner's stdin. */
export const STDIN_TEXT = "the runner's stdin\n";

export interface Plan {
  readonly cell: string;
  readonly engine: EngineName;
  readonly family: Family;
  /** Argument vector that runs a script under the same runtime. */
  readonly command: readonly string[];
  /** Of every script: `.js` for runtimes that cannot run TypeScript. */
  readonly extension: ".ts" | ".js";
  /** The directory of harness.ts, or of its copy without types. */
  readonly root: string;
  /** Where the compiled C programs are. */
  readonly build: string;
  /** The file to which events are appended. */
  readonly events: string;
  readonly quick: boolean;
  /** Case files. */
  readonly files: readonly string[];
  /** Only cases whose id contains this text; "": all. */
  readonly filter: string;
  /** Ids of the cases that an earlier runner of this cell has finished, or died of. */
  readonly done: readonly string[];
  /** The argument vector of every runtime of this machine, for cases that compare them. */
  readonly runtimes: readonly (readonly string[])[];
}

/** An id is `file: name of the case`. */
export type RunnerEvent =
  | { readonly result: "started"; readonly id: string; readonly timeout: number }
  /** `refused`: the option that the engine lacks, where the case ended with the assertion of its refusal. */
  | { readonly result: "passed"; readonly id: string; readonly ms: number; readonly refused?: string | undefined }
  | { readonly result: "failed"; readonly id: string; readonly ms: number; readonly error: string }
  | { readonly result: "skipped"; readonly id: string; readonly reason: string }
  /** Left out of a quick run. */
  | { readonly result: "slow"; readonly id: string }
  /** An error that no case caught. */
  | { readonly result: "stray"; readonly error: string }
  /** The case before did not end, so this runner does; the other cases need a new one. */
  | { readonly result: "again" }
  | { readonly result: "end" };
