/** Calling back once what is to be read now has been read, whatever the program has done to timers. */

// eslint-disable-next-line no-restricted-syntax -- as they were at load, when a test framework may have replaced them
const { setImmediate, clearImmediate } = globalThis;

/** What a function throws that is called back is an uncaught exception, as it is where Node's native code calls. */
export const immediately: (callback: () => void) => void = isNodes()
  ? (callback) => void setImmediate(callback)
  : byMessage();

/** A stand-in may never call back. Node's own gives each call an id by which it is traced, and a stand-in does not. */
function isNodes(): boolean {
  const immediate: unknown = setImmediate(() => {});
  clearImmediate(immediate as NodeJS.Immediate);
  if (typeof immediate !== "object" || immediate === null) return false;
  return Object.getOwnPropertySymbols(immediate).some(({ description }) => description === "asyncId");
}

/** Takes a few system calls more, and comes with the events of the next round. It holds the program until then. */
function byMessage(): (callback: () => void) => void {
  // Node loads it when it is looked up.
  const { MessageChannel } = globalThis;
  return (callback) => {
    const { port1, port2 } = new MessageChannel();
    port1.once("message", () => {
      port1.close();
      callback();
    });
    port2.postMessage(undefined);
  };
}
