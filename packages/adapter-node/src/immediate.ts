/** Calling back once what is to be read now has been read, whatever the program has done to timers. */
import { createRequire } from "node:module";
// eslint-disable-next-line no-restricted-syntax -- as they are at load, when a test framework may have replaced them
import timers from "node:timers";
import type WorkerThreads from "node:worker_threads";

const require = createRequire(import.meta.url);
// The globals are missing where a test framework has a DOM.
const { setImmediate, clearImmediate } = timers;

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
  // Loaded here, because few programs come here.
  const { MessageChannel } = require("node:worker_threads") as typeof WorkerThreads;
  return (callback) => {
    const { port1, port2 } = new MessageChannel();
    port1.once("message", () => {
      port1.close();
      callback();
    });
    port2.postMessage(undefined);
  };
}
