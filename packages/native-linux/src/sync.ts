/** A spawn that blocks: the same pipes and the same kind of loop, turned here until the process has ended. */
import type { Exit, SpawnRequest, SyncOptions, SyncResult } from "@ringspawn/core/seam";
import { ERRNO, READY } from "./abi.gen.js";
import { openPipes } from "./child.js";
import type { ExitStatus, Outcome } from "./decode.js";
import type { Door } from "./door.js";
import type { Loop } from "./loop.js";
import type { PipeSink, PipeSource } from "./pipe.js";

const CHUNK = 64 * 1024;
/** Reads of one pipe before the loop is turned again: a firehose must not outrun the timeout. */
const READS_A_TURN = 16;
/** One for all: nothing else runs while a spawn blocks. */
let scratch: Uint8Array | undefined;

export function waitSync(
  door: Door,
  loop: Loop,
  request: SpawnRequest,
  options: SyncOptions,
  outcome: Outcome,
  status: ExitStatus,
): SyncResult {
  const { pid, pidfd } = outcome;
  const pipes = openPipes(door, loop, request, outcome, undefined);
  const outputs = new Map<number, Uint8Array[]>();
  let exit: Exit | undefined;
  let open = 0;
  let timedOut = false;
  let overflowed = false as boolean; // set in a callback, which TypeScript does not see

  const kill = (): void => {
    if (exit === undefined) door.kill(pidfd, options.killSignal);
  };
  const feed = (sink: PipeSink, bytes: Uint8Array | undefined): void => {
    let left = bytes;
    const pump = (): void => {
      try {
        left = left && sink.attempt(left);
      } catch {
        left = undefined; // EPIPE: the child does not want the rest, and that is its business
      }
      if (left === undefined) sink.close();
      else sink.whenReady(pump);
    };
    pump();
  };
  const collect = (source: PipeSource, chunks: Uint8Array[]): void => {
    const buffer = (scratch ??= new Uint8Array(CHUNK));
    let total = 0;
    open++;
    const pump = (): void => {
      for (let i = 0; i < READS_A_TURN; i++) {
        const count = source.attempt(buffer);
        if (count === 0) {
          open--;
          return;
        }
        if (count === -ERRNO.EAGAIN) break;
        chunks.push(buffer.slice(0, count));
        total += count;
        if (options.maxBuffer !== undefined && total > options.maxBuffer) {
          open--;
          overflowed = true;
          kill();
          return;
        }
      }
      source.whenReady(pump);
    };
    pump();
  };
  const look = (): void => {
    if (door.reap(pidfd, status.words) === 0) {
      loop.watch(pidfd, READY.readable, look);
      return;
    }
    exit = status.read();
    door.close(pidfd);
  };

  for (const [fd, { source, sink }] of pipes) {
    if (sink !== undefined) feed(sink, options.input.get(fd));
    if (source !== undefined) {
      const chunks: Uint8Array[] = [];
      outputs.set(fd, chunks);
      collect(source, chunks);
    }
  }
  loop.watch(pidfd, READY.readable, look);

  const deadline = options.timeout === undefined ? Infinity : performance.now() + options.timeout;
  // A grandchild may hold the pipes for ever: once we have killed, only the process itself is waited for.
  while (exit === undefined || (open > 0 && !timedOut && !overflowed)) {
    const left = timedOut ? Infinity : deadline - performance.now();
    if (left <= 0) {
      timedOut = true;
      kill();
    } else {
      loop.turn(left === Infinity ? -1 : Math.ceil(left));
    }
  }
  for (const { source, sink } of pipes.values()) {
    source?.close();
    sink?.close();
  }
  const output = new Map<number, Uint8Array>();
  for (const [fd, chunks] of outputs) output.set(fd, joined(chunks));
  return { pid, exit, output, timedOut, overflowed };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const all = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
