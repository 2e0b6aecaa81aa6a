/**
 * One failure that several promises tell of. A rejection is nobody's business as long as one of them is listened to;
 * with promises of their own, each one that was only looked at would be an unhandled rejection more.
 */
export class SharedFailure {
  readonly #failure: Promise<Error | undefined>;
  /** Rejects, and is handled by whoever listens to any promise of ours. */
  readonly #alarm: Promise<void>;
  #heard = false;

  /** @param failure resolves to it, or to undefined; never rejects. */
  constructor(failure: Promise<Error | undefined>) {
    this.#failure = failure;
    this.#alarm = failure.then((error) => {
      if (error !== undefined) throw error;
    });
  }

  /** What `work` resolves to; rejects with the failure if there is one. */
  unless<T>(work: T | Promise<T>): Promise<T> {
    const both = Promise.all([this.#failure, work]).then(([error, result]) => {
      if (error !== undefined) throw error;
      return result;
    });
    return new Telling(both, this.#failure, () => this.#hear());
  }

  #hear(): void {
    if (this.#heard) return;
    this.#heard = true;
    this.#alarm.catch(() => {});
  }
}

/** A promise that says when somebody listens to it. */
class Telling<T> extends Promise<T> {
  // `then`, `catch` and `finally` make plain promises: those are for whoever called them to look after.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  readonly #hear: () => void;

  constructor(work: Promise<T>, failure: Promise<Error | undefined>, hear: () => void) {
    super((resolve, reject) => void work.then(resolve, reject));
    this.#hear = hear;
    // Silent about this one failure, which the alarm tells; about any other it is a promise like all.
    void failure.then((error) => {
      if (error !== undefined) super.then(undefined, () => {});
    });
  }

  // `await` comes here, too: a subclass is no promise that it takes as it is.
  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#hear();
    return super.then(fulfilled, rejected);
  }
}
