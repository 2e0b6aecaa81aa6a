/**
 * Calls back when this call and all its callers have returned, or were terminated: by a timeout of node:vm, or by Ctrl-C
 * in the REPL. A termination runs no `finally`, and the program goes on. `call` must not throw.
 */
export async function onceUnwound(call: () => void): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/await-thenable -- a promise of the global class may be a library's
  await undefined;
  call();
}
