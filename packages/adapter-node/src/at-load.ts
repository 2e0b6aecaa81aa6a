/**
 * The built-ins of Node as they are when this is loaded. A test framework may replace them before the first process is
 * started, which is when register loads the engines, that keep what they find, and when the native addon is loaded.
 */
import fs from "node:fs";
import process from "node:process";

type Descriptors = Readonly<Record<PropertyKey, PropertyDescriptor>>;

/** Those that the engines take, and those by which Node's own loader reads files. */
const TIMERS = ["setTimeout", "clearTimeout", "setImmediate", "clearImmediate", "queueMicrotask", "Date"];
const taken: readonly (readonly [object, Descriptors])[] = [
  [globalThis, descriptorsOf(globalThis, TIMERS)],
  [fs, descriptorsOf(fs, Reflect.ownKeys(fs))],
  [process, descriptorsOf(process, ["kill", "report", "dlopen"])],
];

/** Calls a function that finds the built-ins as they were at load. It must call nothing of the program's. */
export function asAtLoad<T>(call: () => T): T {
  const restores = taken.map(([owner, descriptors]) => replace(owner, descriptors));
  try {
    return call();
  } finally {
    for (const restore of restores) restore();
  }
}

function descriptorsOf(owner: object, keys: readonly PropertyKey[]): Descriptors {
  const found = keys.map((key) => [key, descriptorOf(owner, key)] as const);
  return Object.fromEntries(found.filter(([, descriptor]) => descriptor !== undefined)) as Descriptors;
}

/** Without a prototype: a `get` that a program has put on Object.prototype would make it no descriptor. */
function descriptorOf(owner: object, key: PropertyKey): PropertyDescriptor | undefined {
  const descriptor = Object.getOwnPropertyDescriptor(owner, key);
  if (descriptor !== undefined) Object.setPrototypeOf(descriptor, null);
  return descriptor;
}

/** Only what differs is touched. What may not be changed stays. */
function replace(owner: object, descriptors: Descriptors): () => void {
  const replaced = Reflect.ownKeys(descriptors).flatMap((key) => {
    const now = descriptorOf(owner, key);
    const then = descriptors[key] as PropertyDescriptor;
    const isSame = now !== undefined && now.value === then.value && now.get === then.get;
    return isSame || !Reflect.defineProperty(owner, key, then) ? [] : [[key, now] as const];
  });
  return () => {
    for (const [key, now] of replaced) {
      if (now === undefined) Reflect.deleteProperty(owner, key);
      else Reflect.defineProperty(owner, key, now);
    }
  };
}
