/** What a file of questions/ exports. */
import type { Results } from "./result.ts";
import type { RuntimeName } from "./runtimes.ts";

export interface Settings {
  /** Only to see that it works. */
  readonly quick: boolean;
  /** How big a big program is, in GB. */
  readonly gigabytes: number;
}

interface Ask extends Settings {
  /** One of {@link Question.parts}, or an empty text. */
  readonly part: string;
  /** `full`, or one that takes no time with --quick. */
  readonly rounds: (full: number) => number;
}

export interface Question {
  readonly title: string;
  /** For a reader of the document: what is measured, in whole sentences; lines may end anywhere. */
  readonly about: string;
  /** Default: all. */
  readonly runtimes?: readonly RuntimeName[];
  /** Each is answered by a process of its own. Default: one, without a name. */
  readonly parts?: readonly string[];
  /** What the runtime is started with besides. */
  readonly environment?: (part: string) => Readonly<Record<string, string>>;
  /** It fills its memory with objects, and needs to be let. */
  readonly fillsHeap?: boolean;
  answer(ask: Ask): Promise<Results>;
}
