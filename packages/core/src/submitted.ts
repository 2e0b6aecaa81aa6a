/** Errors that came out of an engine instead of an answer, after which something may run. */
const errors = new WeakSet<object>();

/** Has an engine start something. Whatever is thrown on the way tells nothing of whether a process was born. */
export function submit<T>(start: () => T): T {
  try {
    return start();
  } catch (error) {
    if (typeof error === "object" && error !== null) errors.add(error);
    throw error;
  }
}

/** Whether a process may run although a call has thrown this: nobody may start it a second time. */
export function wasSubmitted(error: unknown): boolean {
  return typeof error === "object" && error !== null && errors.has(error);
}
