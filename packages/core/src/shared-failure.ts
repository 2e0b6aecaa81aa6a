import { type Box, isPromise, NativePromise } from "./builtins.js";

/**
 * One failure that several promises report. One listener on any of these promises handles the failure for all of them.
 * With independent promises, each one without a listener would be an unhandled rejection of its own.
 */
export class SharedFailure {
  readonly #failure: Promise<Box<Error> | undefined>;
  /** Rejects with the failure; handled as soon as a user listens to any of the promises. */
  readonly #unheard: Promise<void>;
  #hasListener = false;

  /** @param failure resolves to the failure, or to undefined; never rejects. */
  constructor(failure: Promise<Box<Error> | undefined>) {
    this.#failure = failure;
    this.#unheard = failure.then((failed) => {
      if (failed !== undefined) throw failed.value;
    });
  }

  /** A promise of what `work` resolves to; it rejects with the failure if there is one. */
  unless<T>(work: T | Promise<T>): Promise<T> {
    // It may come first and reject, and where the start has failed it is nobody's business.
    if (isPromise(work)) void work.catch(() => {});
    const both = this.#failure.then((failed) => {
      if (failed !== undefined) throw failed.value;
      return work;
    });
    return new ListenedPromise(both, this.#failure, () => this.#listen());
  }

  #listen(): void {
    if (this.#hasListener) return;
    this.#hasListener = true;
    this.#unheard.catch(() => {});
  }
}

/** A promise that calls back when a user listens to it. */
class ListenedPromise<T> extends NativePromise<T> {
  // `then`, `catch` and `finally` make plain promises, whose rejections are the affair of their callers.
  static override get [Symbol.species](): PromiseConstructor {
    return NativePromise;
  }

  readonly #onListen: () => void;

  constructor(work: Promise<T>, failure: Promise<Box<Error> | undefined>, onListen: () => void) {
    super((resolve, reject) => void work.then(resolve, reject));
    this.#onListen = onListen;
    // The shared promise reports this failure if there is no listener; this promise reports any other.
    void failure.then((failed) => {
      if (failed !== undefined) super.then(undefined, () => {});
    });
  }

  // `await` calls this as well, because an instance of a subclass is not taken as it is.
  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#onListen();
    return super.then(fulfilled, rejected);
  }
}
