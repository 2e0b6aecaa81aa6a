/** What is loaded when the first process is started. */
import { createRequire, Module } from "node:module";
import { asAtLoad } from "./at-load.js";
import { onceUnwound } from "./once-unwound.js";
import type * as Engines from "./served.js";

type Declined = Engines.Declined;
type Served = typeof Engines;

/** What tsup.config.ts makes of served.ts. */
const SERVED: string = createRequire(import.meta.url).resolve("./served.cjs");
/**
 * Its `require` is Node's own, also where a test framework has replaced all others: the engines are evaluated where the
 * globals are Node's, some of which a framework with a DOM does not have.
 */
const parent = new Module(SERVED) as Module & { require(path: string): unknown };
let loaded: Served | undefined;
let isBusy = false;

export function served(): Served {
  return (loaded ??= asAtLoad(() => parent.require(SERVED) as Served));
}

/**
 * Prepares a start, and carries it out. Whatever goes wrong while it is prepared is a reason for Node's own to serve;
 * after that something may run already. Undefined while such a call is under way: then it is this package that starts
 * something, or a function of the program that it has called.
 */
export function serve<P extends object, R extends object>(
  prepare: () => P | Declined,
  carryOut: (prepared: P) => R | Declined,
): R | Declined | undefined {
  if (isBusy) return undefined;
  isBusy = true;
  void onceUnwound(free);
  try {
    const prepared = orWhyNot(prepare);
    return "why" in prepared ? prepared : carryOut(prepared);
  } finally {
    free();
  }
}

function free(): void {
  isBusy = false;
}

function orWhyNot<P extends object>(prepare: () => P | Declined): P | Declined {
  try {
    return prepare();
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}
