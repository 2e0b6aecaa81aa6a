/** How what stands in the place of a function of the runtime is known, also to another copy of the package. */

const ORIGINAL: unique symbol = Symbol.for("ringspawn.original") as never;

/** What is behind a replacement. */
export interface Replaced<F> {
  readonly original: F;
  /** Puts all originals back. */
  readonly restore: () => void;
}

/** Functions of the runtime that something stands in the place of, until all of them are put back together. */
export class Replacements {
  #isOn = true;
  readonly #restores: (() => void)[] = [];

  /**
   * Puts what `make` returns in the place of `owner[key]`. A program may hold it longer than it stands there: once
   * `isOn()` is false, it has to do what the original does.
   */
  put<K extends PropertyKey, F extends object>(
    owner: Record<K, F>,
    key: K,
    make: (original: F, isOn: () => boolean) => F,
  ): void {
    const original = owner[key];
    const replacement = make(original, () => this.#isOn);
    const replaced: Replaced<F> = { original, restore: () => this.restore() };
    Object.defineProperty(replacement, ORIGINAL, { value: replaced });
    owner[key] = replacement;
    this.#restores.push(() => {
      // Something else may stand before it by now.
      if (owner[key] === replacement) owner[key] = original;
    });
  }

  restore(): void {
    this.#isOn = false;
    for (const restore of this.#restores) restore();
  }
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
