/** The words of usage mistakes: every TypeError about an option is made here, in one form. */
import { Bare } from "./builtins.js";
import { MAX_SIGNAL, SIGNALS, type SignalName } from "./numbers.js";

/** The highest fd number Linux can ever give: fs.nr_open cannot be set beyond it. */
const MAX_FD = 2_147_483_583;

type UsageCode =
  | "ERR_BODY_ALREADY_USED"
  | "ERR_INVALID_ARG_TYPE"
  | "ERR_INVALID_ARG_VALUE"
  | "ERR_INVALID_STATE"
  | "ERR_OUT_OF_RANGE"
  | "ERR_UNKNOWN_SIGNAL";

/** An error with the `code` that Node and Bun give to mistakes of this kind. */
export function usageError(code: UsageCode, message: string): TypeError & { code: string } {
  return Object.assign(new TypeError(message), { code });
}

/** `setup.priority must be an integer from -20 to 19, got 99` */
export function mustBe(option: string, expected: string, value: unknown): TypeError & { code: string } {
  return usageError("ERR_INVALID_ARG_VALUE", `${option} must be ${expected}, got ${shown(value)}`);
}

export function mustBeOfType(option: string, expected: string, value: unknown): TypeError & { code: string } {
  return usageError("ERR_INVALID_ARG_TYPE", `${option} must be ${expected}, got ${shown(value)}`);
}

/** What was given, in at most a few dozen characters. Never throws, whatever it was. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return "a symbol";
    case "function":
      return "a function";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? "an array" : "an object";
    default:
      return String(value);
  }
}

/** A string the kernel can take: it ends every string at the first NUL. */
export function text(option: string, value: unknown): string {
  if (typeof value !== "string") throw mustBeOfType(option, "a string", value);
  if (value.includes("\0")) throw mustBe(option, "a string without null bytes", value);
  return value;
}

export function nonEmptyText(option: string, value: unknown): string {
  if (text(option, value) === "") throw mustBe(option, "a string that is not empty", value);
  return value as string;
}

export function boolean(option: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw mustBeOfType(option, "a boolean", value);
  return value;
}

export function integer(option: string, value: unknown, min: number, max: number): number {
  if (typeof value !== "number") throw mustBeOfType(option, `an integer from ${min} to ${max}`, value);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw mustBe(option, `an integer from ${min} to ${max}`, value);
  }
  // -0 would be printed, compared by Object.is and encoded as something else than 0
  return value + 0;
}

export function fd(option: string, value: unknown): number {
  if (typeof value !== "number") throw mustBeOfType(option, "an fd number", value);
  if (!Number.isInteger(value) || value < 0) throw mustBe(option, "an fd number, which is not negative", value);
  if (value > MAX_FD) throw mustBe(option, `an fd number, at most ${MAX_FD}`, value);
  return value + 0;
}

export function array(option: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw mustBeOfType(option, "an array", value);
  return value as unknown[];
}

/** Anything with keys: an object that is neither an array nor null. */
export function object(option: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw mustBeOfType(option, "an object", value);
  }
  return value as Record<string, unknown>;
}

/**
 * The options of a call that are known, each read once. An option is the caller's own or of the caller's class. What a
 * program has put on Object.prototype is no option.
 */
export function ownOptions<T extends object>(given: T, known: readonly (keyof T & string)[]): T {
  const options = new Bare() as Partial<T>;
  // Every call of a face comes by here, and an index makes no iterator for it.
  for (let i = 0; i < known.length; i++) {
    const key = known[i] as keyof T & string;
    const value = given[key];
    if (value !== undefined && (Object.hasOwn(given, key) || !(key in Object.prototype))) options[key] = value;
  }
  return options as T;
}

/** The own keys of an object, all of which must be known. @throws {TypeError} naming the one that is not. */
export function knownKeys(option: string, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  const given = { __proto__: null, ...object(option, value) };
  for (const key of Object.keys(given)) if (!known.includes(key)) throw unknownKey(option, key, known);
  return given;
}

/** A list of at most `most` elements: of a longer one none is looked at, because its length may be all that it has. */
export function list(option: string, value: unknown, most: number): readonly unknown[] {
  const elements = array(option, value);
  if (elements.length > most) throw mustBe(`${option}.length`, `at most ${most}`, elements.length);
  return elements;
}

/** The most arguments that are looked at: more than any kernel takes, and few enough to be counted at once. */
const MAX_ARGS = 4_194_304;

/** A list whose elements are made strings. @throws {RangeError} for a length that no argv can have. */
export function strings(option: string, value: unknown): string[] {
  const args = array(option, value);
  if (args.length > MAX_ARGS) {
    throw Object.assign(new RangeError(`${option}.length must be at most ${MAX_ARGS}, got ${args.length}`), {
      code: "ERR_OUT_OF_RANGE",
    });
  }
  // Not by map(), which would leave the holes of an array out; nor by Array.from(), which is slower.
  const made: string[] = [];
  for (let i = 0; i < args.length; i++) made.push(String(args[i]));
  return made;
}

/** One of the names of a table; its value there. */
export function named<T>(option: string, value: unknown, table: { readonly [name: string]: T }): T {
  if (typeof value === "string" && Object.hasOwn(table, value)) return table[value] as T;
  throw mustBe(option, `one of ${listed(Object.keys(table))}`, value);
}

/** The error for a key that is unknown; it names the known ones. */
export function unknownKey(option: string, key: string, known: readonly string[]): TypeError {
  return usageError("ERR_INVALID_ARG_VALUE", `${option}.${key} is not an option; known are ${known.join(", ")}`);
}

/** A name in upper case, or a number from `min` (1, or 0 where it means "only look"). */
export function signal(option: string, value: unknown, min: 0 | 1 = 1): number {
  if (typeof value === "string" && Object.hasOwn(SIGNALS, value)) return SIGNALS[value as SignalName];
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= MAX_SIGNAL) return value;
  // The names all in a row and so quoted, because programs written for Bun and Node look for that in the message.
  const names = Object.keys(SIGNALS).map((name) => `'${name}'`);
  throw mustBeOfType(option, `one of ${names.join(", ")}, or a number from ${min} to ${MAX_SIGNAL}`, value);
}

/** By shape: an AbortSignal may come from a library. */
export function abortSignal(value: unknown): AbortSignal {
  const { aborted, addEventListener, removeEventListener } = object("signal", value);
  const isSignal =
    typeof aborted === "boolean" && [addEventListener, removeEventListener].every((f) => typeof f === "function");
  if (isSignal) return value as AbortSignal;
  throw mustBeOfType("signal", "an AbortSignal", value);
}

/** `"a", "b" or "c"` */
export function listed(names: readonly string[]): string {
  const quoted = names.map((name) => JSON.stringify(name));
  const last = quoted.pop();
  return quoted.length === 0 ? String(last) : `${quoted.join(", ")} or ${last}`;
}
