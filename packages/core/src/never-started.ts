/** What a handle holds where the start failed at once: all is as if the child had ended before anybody looked. */
import type { Exit, Pipe, Running } from "./engine.js";
import type { SpawnRequest } from "./request.js";
import { brokenPipe } from "./pipe.js";

const NO_EXIT: Exit = Object.freeze({ code: null, signal: null, coreDumped: false, usage: undefined });

const ENDED: Pipe = Object.freeze({ source: Object.freeze({ read: () => 0, close() {} }) });
const BROKEN: Pipe = Object.freeze({
  sink: Object.freeze({
    write() {
      throw brokenPipe();
    },
    close() {},
  }),
});

export function neverStarted({ slots }: SpawnRequest): Running {
  const pipes = new Map<number, Pipe>();
  for (const slot of slots) {
    if (slot.kind === "pipe") pipes.set(slot.target, slot.direction === "in" ? BROKEN : ENDED);
    if (slot.kind === "socket" || slot.kind === "pty") pipes.set(slot.target, { ...BROKEN, ...ENDED });
  }
  return { pid: 0, pipes, exited: Promise.resolve(NO_EXIT), kill: () => false, ref() {}, unref() {} };
}
