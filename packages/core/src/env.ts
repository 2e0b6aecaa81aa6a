/** Environments: which variables a child gets. */
import { object, shown, text, usageError } from "./check.js";

/** An environment without a prototype, so that `__proto__` is a name like any other. */
export function emptyEnv(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}

/**
 * Copies variables into `onto`, checking each. With `loose`, `undefined` is left out and other values are made strings;
 * else both are mistakes.
 *
 * @throws {TypeError} naming the variable.
 */
export function addVariables(onto: Record<string, string>, env: unknown, loose: boolean): Record<string, string> {
  const variables = object("env", env);
  for (const name of Object.keys(variables)) {
    if (name === "" || name.includes("=") || name.includes("\0")) {
      const why = `a name of a variable must not be empty nor hold "=" or NUL, got ${shown(name)}`;
      throw usageError("ERR_INVALID_ARG_VALUE", `env: ${why}`);
    }
    const value = variables[name];
    if (loose && value === undefined) continue;
    onto[name] = text(`env.${name}`, loose ? String(value) : value);
  }
  return onto;
}
