/** How a function that ringspawn has put in the place of one of Node's is known, also to another copy of the package. */

const ORIGINAL: unique symbol = Symbol.for("ringspawn.original") as never;

type Function = (this: unknown, ...args: readonly unknown[]) => unknown;

/** What is behind a replacement. */
export interface Replaced {
  readonly original: Function;
  /** Puts the original back. */
  readonly restore: () => void;
}

export function mark(replacement: Function, replaced: Replaced): void {
  Object.defineProperty(replacement, ORIGINAL, { value: replaced });
}

/** Undefined for a function that replaces none. */
export function replacedBy(replacement: unknown): Replaced | undefined {
  const isMarked = typeof replacement === "function" && Object.hasOwn(replacement, ORIGINAL);
  return isMarked ? (replacement as unknown as { readonly [ORIGINAL]: Replaced })[ORIGINAL] : undefined;
}

/** Options with which a blocking spawn goes to Node's own, whatever is in its place. Node hands on what it is given. */
export function forOriginal<T extends object>(options: T): T {
  return Object.assign(options, { [ORIGINAL]: true });
}

export function isForOriginal(options: unknown): boolean {
  return typeof options === "object" && options !== null && Object.hasOwn(options, ORIGINAL);
}
