/** Makes objects of ours look as those of a runtime's own classes, to whoever lists or prints them. */
import { bare } from "../builtins.js";

/** By this method Node's `util.inspect` and Bun's `console.log` ask an object for what to print in its place. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/**
 * Lets `for in` and printing see these members of a class, in this order, and no others. Whoever prints an instance
 * sees their values in an object of the class that is given, not that they are accessors. That class has its name by
 * its place in an object, because bundlers rename classes. A member whose reading does something is shown by
 * `instead`.
 */
export function showMembers(
  Class: { readonly prototype: object },
  named: Readonly<Record<string, new () => object>>,
  names: readonly string[],
  instead: Readonly<Record<string, (instance: object) => unknown>> = bare({}),
): void {
  const { prototype } = Class;
  const [[tag, Printed]] = Object.entries(named) as [[string, new () => object]];
  for (const name of names) {
    const property = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
    // Taken out first: members keep the order in which they came.
    Reflect.deleteProperty(prototype, name);
    Object.defineProperty(prototype, name, bare({ ...property, enumerable: true }));
  }
  Object.defineProperty(prototype, Symbol.toStringTag, bare({ value: tag, configurable: true }));
  const print = function (this: Readonly<Record<string, unknown>>): object {
    const printed = new Printed() as Record<string, unknown>;
    // The prototype itself has no values.
    if (this === prototype) return printed;
    for (const name of names) printed[name] = Object.hasOwn(instead, name) ? instead[name]?.(this) : this[name];
    return printed;
  };
  Object.defineProperty(prototype, INSPECT, bare({ value: print, configurable: true, writable: true }));
}
