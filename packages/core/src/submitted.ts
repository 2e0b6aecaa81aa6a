import type { EngineName } from "./engine.js";

/** The engines out of which an error came instead of an answer, after which something may run. */
const engines = new WeakMap<object, EngineName>();

/** Has an engine start something. Whatever is thrown on the way tells nothing of whether a process was born. */
export function submit<T>(engine: EngineName, start: () => T): T {
  try {
    return start();
  } catch (error) {
    if (typeof error === "object" && error !== null) engines.set(error, engine);
    throw error;
  }
}

/** The engine that may run a process although a call has thrown this: nobody may start it a second time. */
export function submittedTo(error: unknown): EngineName | undefined {
  return typeof error === "object" && error !== null ? engines.get(error) : undefined;
}
