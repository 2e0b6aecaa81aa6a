/** What keeps the program alive while a child of Bun's is there. */
import { createRequire } from "node:module";
import { isPromise, type Pipe, watched } from "@ringspawn/core/seam";

/** What holds the program while it is ref'd. It is no timer, which a test framework may have replaced. */
interface Holder {
  ref(): void;
  unref(): void;
}

type Channel = new (name: string) => Holder;

const require = createRequire(import.meta.url);
// Taken now: a program may put something else in its place.
const { BroadcastChannel: found } = globalThis as { readonly BroadcastChannel?: unknown };
let holder: Holder | undefined;
let holds = 0;

/** Closes a pipe that nothing can use any more. */
const forgotten: FinalizationRegistry<{ close(): unknown }> = new FinalizationRegistry((end) => void end.close());

/**
 * Holds the program while the child is ref'd and alive, or has reads or writes under way. Bun's own ref() and unref()
 * do not: a stream that is read goes on to hold the program after an unref(), and one that was unref'd before never
 * does. It is made before the child is, because opening what holds may fail.
 */
export class Hold {
  #alive = true;
  #refd = true;
  /** Reads and writes that wait. */
  #pending = 0;
  #isHolding = false;

  constructor() {
    this.#update();
  }

  ref(refd: boolean): void {
    this.#refd = refd;
    this.#update();
  }

  /** The child has ended. */
  end(): void {
    this.#alive = false;
    this.#update();
  }

  /** The pipe with its reads and writes counted. It is closed when it is collected. */
  pipe(pipe: Pipe): Pipe {
    const counted = watched(pipe, (operation) => this.#during(operation));
    const { source, sink } = pipe;
    if (source && counted.source) forgotten.register(counted.source, source);
    if (sink && counted.sink) forgotten.register(counted.sink, sink);
    return counted;
  }

  #during<T>(operation: T | Promise<T>): T | Promise<T> {
    if (!isPromise(operation)) return operation;
    this.#pending++;
    this.#update();
    return operation.finally(() => {
      this.#pending--;
      this.#update();
    });
  }

  #update(): void {
    const isHolding = this.#refd && (this.#alive || this.#pending > 0);
    if (isHolding === this.#isHolding) return;
    this.#isHolding = isHolding;
    holds += isHolding ? 1 : -1;
    holder ??= openHolder();
    if (holds === 0) holder.unref();
    else holder.ref();
  }
}

/**
 * Nobody sends anything on the channel. Bun's own is taken where it was there, since its module may not load any more
 * once a program has changed the built-in classes.
 */
function openHolder(): Holder {
  const Channel = isBuns(found)
    ? found
    : (require("node:worker_threads") as { BroadcastChannel: Channel }).BroadcastChannel;
  return new Channel("ringspawn");
}

/** Not so of what a program has put in its place, nor where it is missing. */
function isBuns(value: unknown): value is Channel {
  return typeof value === "function" && ["ref", "unref"].every((name) => name in (value.prototype as object));
}
