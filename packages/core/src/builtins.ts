/**
 * The globals that are used on the way of a spawn, as they were when this package was loaded. A test framework may
 * replace them later (fake timers), and a child must end all the same.
 */
// eslint-disable-next-line no-restricted-syntax -- here they are taken, for all others
const { setTimeout, clearTimeout, queueMicrotask, MessageChannel } = globalThis;

/** Calls back after `ms` milliseconds, and does not keep the program alive for it. Returns what cancels the call. */
export function after(ms: number, callback: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number): void => {
    timer = setTimeout(left > MAX_DELAY ? () => wait(left - MAX_DELAY) : callback, Math.min(left, MAX_DELAY));
    // A timer that is a number has no unref.
    (timer as { unref?: () => void }).unref?.();
  };
  wait(ms);
  return () => clearTimeout(timer);
}

/** The longest delay of a timer, in milliseconds: 24 days. A longer one would fire at once. */
export const MAX_DELAY = 2_147_483_647;

/**
 * Makes objects on which nothing is found that was not put there, because Object.prototype is not behind them. They are
 * as fast as any other, which an object of `Object.create(null)` is not.
 */
export const Bare: new () => object = function () {} as never;
Object.defineProperty(Bare, "prototype", { value: Object.freeze(Object.create(null)) });

/** An object that has these members and no others, because Object.prototype is not behind it. */
export function bare<T extends object>(members: T): T {
  return Object.assign(new Bare(), members);
}

/**
 * The class of what async functions return. A program may have put a library's in the place of the global one, which
 * may be without any of its behaviour: it cannot be extended, or is no class at all.
 */
export const NativePromise: PromiseConstructor = (async () => {})().constructor as PromiseConstructor;

/** Whether this is a promise, of whichever class. `instanceof` would ask for the global one of the moment. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/** What a promise is resolved with, in place of an object that has Object.prototype behind it. */
export interface Box<T> {
  readonly value: T;
}

/**
 * A promise takes every object with a `then` for another promise, and any object has one where a program has put it on
 * Object.prototype.
 */
export function boxed<T>(value: T): Box<T> {
  return bare({ value });
}

/** Gives an object a property that is not enumerable: printed or compared, the object looks as if it had none. */
export function hide<T extends object, K extends string, V>(object: T, key: K, value: V): T & Readonly<Record<K, V>> {
  return Object.defineProperty(object, key, bare({ value })) as T & Record<K, V>;
}

/** A variable of an environment, behind which a program may have put something on Object.prototype. */
export function ownVariable(env: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  return name in Object.prototype && !Object.hasOwn(env, name) ? undefined : env[name];
}

/** Resolves when the event loop has turned. By a message: a timer of Bun's may be a fake one, below the globals. */
export function turned(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Calls back once the microtasks that are queued now have run. */
export function soon(callback: () => void): void {
  queueMicrotask(callback);
}

/** Calls a callback of the program. What that throws is an uncaught error of the program, and hinders nothing else. */
export function invoke(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    soon(() => {
      throw error;
    });
  }
}

/** Calls what may throw where there is nobody who could be told, and where the rest has to be done all the same. */
export function quietly(callback: () => void): void {
  try {
    callback();
  } catch {
    // As promised.
  }
}

const byteLength = lengthOf(ArrayBuffer.prototype);
// A page that is not isolated has no such class.
const sharedLength = typeof SharedArrayBuffer === "undefined" ? undefined : lengthOf(SharedArrayBuffer.prototype);

function lengthOf(prototype: object): (() => number) | undefined {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is applied to a value of any realm
  return Object.getOwnPropertyDescriptor(prototype, "byteLength")?.get as (() => number) | undefined;
}

/** Whether this is an ArrayBuffer of whichever realm: `instanceof` knows those of one alone. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return canTell(byteLength, value);
}

/** The same of memory that is shared with other threads. */
export function isSharedArrayBuffer(value: unknown): value is SharedArrayBuffer {
  return canTell(sharedLength, value);
}

function canTell(length: (() => number) | undefined, value: unknown): boolean {
  try {
    Reflect.apply(length as () => number, value, []);
    return true;
  } catch {
    return false;
  }
}

/** Whether this is a URL of whichever realm. */
export function isURL(value: unknown): value is URL {
  // Most are strings: neither a global nor a class is looked up for these.
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof URL) return true;
  const { href, protocol } = value as { readonly href?: unknown; readonly protocol?: unknown };
  return (
    Object.prototype.toString.call(value) === "[object URL]" && typeof href === "string" && typeof protocol === "string"
  );
}

/** Whether a stream has been read or is being read. A stream does not tell; the constructor of a Response asks. */
export function isUsed(stream: ReadableStream): boolean {
  if (stream.locked) return true;
  try {
    // Looked up when it is needed: to look at this global makes Node load its whole HTTP client.
    new Response(stream);
    return false;
  } catch {
    return true;
  }
}
