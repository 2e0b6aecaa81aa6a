/** A stream of Node's child that keeps the program alive only while a read or a write of it waits. */
import type { Duplex } from "node:stream";
import { isPromise, type Pipe, type PipeSlot, watched } from "@ringspawn/core/seam";
import { streamPipe } from "./stream-pipe.js";

export interface HeldPipe {
  readonly pipe: Pipe;
  /** The child was ref'd or unref'd. */
  readonly update: () => void;
}

/** @param isRefd whether the child is. */
export function heldPipe(
  stream: Duplex & { ref?(): void; unref?(): void },
  slot: PipeSlot,
  isRefd: () => boolean,
): HeldPipe {
  let waiting = 0;
  const update = (): void => {
    if (waiting > 0 && isRefd()) stream.ref?.();
    else stream.unref?.();
  };
  const pipe = watched(streamPipe(stream, slot), (operation) => {
    if (!isPromise(operation)) return operation;
    waiting++;
    update();
    return operation.finally(() => {
      waiting--;
      update();
    });
  });
  // A living child keeps the program alive itself.
  update();
  return { pipe, update };
}
