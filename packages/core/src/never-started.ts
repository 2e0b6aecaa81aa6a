/** What a handle holds where the start failed at once: all is as if the child had ended before anybody looked. */
import { bare } from "./builtins.js";
import type { Exit, Pipe, Running } from "./engine.js";
import type { SpawnRequest } from "./request.js";
import { brokenPipe } from "./pipe.js";
import type { Slot } from "./stdio.js";

const NO_EXIT: Exit = Object.freeze(bare({ code: null, signal: null, coreDumped: false, usage: undefined }));

const ENDED: Pipe = Object.freeze({
  source: Object.freeze({ read: () => 0, settle() {}, close() {} }),
  sink: undefined,
  fd: undefined,
});
const BROKEN: Pipe = Object.freeze({
  source: undefined,
  sink: Object.freeze({
    write() {
      throw brokenPipe();
    },
    settle() {},
    close() {},
  }),
  fd: undefined,
});

const BOTH: Pipe = Object.freeze({ source: ENDED.source, sink: BROKEN.sink, fd: undefined });

export function neverStarted({ slots }: SpawnRequest): Running {
  const pipes = new Map<number, Pipe>();
  const terminal = slots.find(({ kind }) => kind === "pty");
  for (const slot of slots) {
    // Of several that are one terminal, the first would have had the parent's end.
    const pipe = slot.kind === "pty" && slot !== terminal ? undefined : endedPipe(slot);
    if (pipe !== undefined) pipes.set(slot.target, pipe);
  }
  const exited = Promise.resolve(NO_EXIT);
  return {
    pid: 0,
    pipes,
    terminal: undefined,
    exited,
    kill: () => false,
    ref() {},
    unref() {},
    after: () => undefined,
  };
}

/** Undefined where there is no stream: what is raw has no fd, either. */
function endedPipe(slot: Slot): Pipe | undefined {
  switch (slot.kind) {
    case "pipe":
      if (slot.raw) return undefined;
      return slot.direction === "in" ? BROKEN : ENDED;
    case "socket":
    case "pty":
      return slot.raw ? undefined : BOTH;
    case "null":
    case "fd":
    case "file":
    case "terminal":
    case "open terminal":
      return undefined;
  }
}
