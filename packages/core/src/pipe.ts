/** What all pipes of a runtime's own child have in common. */
import type { Pipe, Sink, Source } from "./engine.js";
import { errnoText } from "./numbers.js";
import type { PipeSlot } from "./runtime-api.js";

const EPIPE = 32;

/** What systems and runtimes say when the other end of a pipe or of a pair of sockets is gone. */
const BROKEN: ReadonlySet<unknown> = new Set([
  "EPIPE",
  "ECANCELED",
  "ECONNRESET",
  "EOF",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ERR_STREAM_WRITE_AFTER_END",
]);

export function isBrokenPipe(error: unknown): boolean {
  return BROKEN.has((error as { code?: unknown } | null | undefined)?.code);
}

/** The one error of writing where nothing reads, whichever error the runtime has for it. */
export function brokenPipe(cause?: unknown): Error {
  const error = new Error(`write EPIPE: ${errnoText(EPIPE)}`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code: "EPIPE", errno: -EPIPE, syscall: "write" });
}

export type Half = "source" | "sink";

/** The halves that the parent's side of a slot has. */
export function halvesOf(slot: PipeSlot): Set<Half> {
  if (slot.kind === "socket") return new Set(["source", "sink"]);
  return new Set([slot.direction === "in" ? "sink" : "source"]);
}

/** The parent's side, of the halves that it has. */
export function pipeOf(halves: ReadonlySet<Half>, source: Source, sink: Sink): Pipe {
  return {
    source: halves.has("source") ? source : undefined,
    sink: halves.has("sink") ? sink : undefined,
    fd: undefined,
  };
}

/** The same pipe, with every read and write handed to `during`, whose answer is theirs. */
export function watched({ source, sink, fd }: Pipe, during: <T>(operation: T | Promise<T>) => T | Promise<T>): Pipe {
  return {
    source: source && {
      read: (into) => during(source.read(into)),
      settle: (isEnd) => source.settle(isEnd),
      close: () => source.close(),
    },
    sink: sink && {
      write: (chunk) => during(sink.write(chunk)),
      settle: (isWanted, isEnd) => sink.settle(isWanted, isEnd),
      close: () => sink.close(),
    },
    fd,
  };
}
