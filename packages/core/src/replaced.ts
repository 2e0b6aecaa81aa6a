/** How what stands in the place of a function of the runtime is known, also to another copy of the package. */

const ORIGINAL: unique symbol = Symbol.for("ringspawn.original") as never;

/** What is behind a replacement. */
export interface Replaced<F> {
  readonly original: F;
  /** Puts all originals back. */
  readonly restore: () => void;
}

export function mark<F extends object>(replacement: F, replaced: Replaced<F>): void {
  Object.defineProperty(replacement, ORIGINAL, { value: replaced });
}

/** Undefined for a function that replaces none. */
export function replacedBy<F extends object>(replacement: F): Replaced<F> | undefined {
  const isMarked = Object.hasOwn(replacement, ORIGINAL);
  return isMarked ? (replacement as unknown as { readonly [ORIGINAL]: Replaced<F> })[ORIGINAL] : undefined;
}

/** Options with which a call goes to the original, whatever is in its place. */
export function forOriginal<T extends object>(options: T): T {
  return Object.assign(options, { [ORIGINAL]: true });
}

export function isForOriginal(options: object): boolean {
  return Object.hasOwn(options, ORIGINAL);
}
