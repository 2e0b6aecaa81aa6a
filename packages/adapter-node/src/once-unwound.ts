/**
 * Calls back when this call and its callers have returned, or were terminated: by a timeout of node:vm, or by Ctrl-C
 * in the REPL, after which the program goes on. A termination runs no `finally`. `call` must not throw.
 */
export async function onceUnwound(call: () => void): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/await-thenable -- a promise of the global class may be a library's
  await undefined;
  call();
}
