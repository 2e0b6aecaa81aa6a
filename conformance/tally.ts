/** What came of the cases of a cell, and which of it is known to be wrong. */
import { type Cell, matches } from "./cell.ts";
import { type Gap, gaps } from "./known-gaps.ts";
import type { RunnerEvent } from "./plan.ts";

export const COUNTS = ["passed", "refused", "failed", "gaps", "skipped", "slow"] as const;
/** `refused` are those of the passed cases that ended with the assertion of a refusal. */
export type Counts = Record<(typeof COUNTS)[number], number>;

export const noCounts = (): Counts => ({ passed: 0, refused: 0, failed: 0, gaps: 0, skipped: 0, slow: 0 });

/** The rows of known-gaps.ts that are about this cell. */
export function gapsOf(cell: Cell): Gap[] {
  return gaps.filter((gap) => gap.cells.some((pattern) => matches(cell, pattern)));
}

export interface TallyOptions {
  /** Prints the cases that passed as well. */
  readonly verbose: boolean;
  /** A skipped case is a failed one: the machine is the lab, which must have everything. */
  readonly strict: boolean;
}

/** How a case ended. */
export type CaseEvent = Extract<RunnerEvent, { readonly result: "passed" | "failed" | "skipped" | "slow" }>;

/** Counts the events of one cell, and prints what is worth a line. */
export class Tally {
  readonly counts: Counts = noCounts();
  /** The rows of known-gaps.ts whose case ran. */
  readonly met = new Set<Gap>();
  readonly #gaps: readonly Gap[];
  readonly #say: (line: string) => void;
  readonly #options: TallyOptions;

  constructor(cell: Cell, options: TallyOptions, say: (line: string) => void) {
    this.#gaps = gapsOf(cell);
    this.#options = options;
    this.#say = say;
  }

  fail(id: string, error: string): void {
    this.counts.failed++;
    this.#say(`  FAIL ${id}\n${error.replace(/^/gm, "       ")}`);
  }

  /** @param printed what the runner and its children wrote meanwhile. */
  heed(event: CaseEvent, printed: string): void {
    switch (event.result) {
      case "slow":
        this.counts.slow++;
        return;
      case "skipped":
        if (this.#options.strict) return this.fail(event.id, `skipped, and the lab is ours to equip: ${event.reason}`);
        this.counts.skipped++;
        return this.#say(`  skip ${event.id}: ${event.reason}`);
      case "passed":
        return this.#passed(event);
      case "failed": {
        const gap = this.#gapOf(event.id);
        if (gap === undefined) {
          return this.fail(event.id, printed === "" ? event.error : `${event.error}\nprinted meanwhile:\n${printed}`);
        }
        this.counts.gaps++;
        return this.#say(`  gap  ${event.id}: ${gap.reason}`);
      }
    }
  }

  #passed({ id, ms, refused }: CaseEvent & { readonly result: "passed" }): void {
    const gap = this.#gapOf(id);
    if (gap !== undefined) return this.fail(id, `passes now: delete its row in known-gaps.ts (${gap.reason})`);
    this.counts.passed++;
    if (refused !== undefined) this.counts.refused++;
    const how = refused === undefined ? "" : `, by refusing ${refused}`;
    if (this.#options.verbose) this.#say(`  ok   ${id} (${ms} ms${how})`);
  }

  #gapOf(id: string): Gap | undefined {
    const gap = this.#gaps.find((gap) => gap.case === id);
    if (gap !== undefined) this.met.add(gap);
    return gap;
  }
}
