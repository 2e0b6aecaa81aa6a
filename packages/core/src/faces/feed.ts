/** Feeds data of the caller to a child. */
import { bare, isArrayBuffer } from "../builtins.js";
import type { Sink } from "../engine.js";
import type { Process } from "../process.js";
import type { InputData } from "../stdio.js";
import { asBytes } from "../streams.js";

const utf8 = new TextEncoder();

type Chunk = ReadableStreamReadResult<unknown>;

/** Writes all of it, then the end. The child may stop reading whenever it likes. */
export async function feed(process: Process, sink: Sink, data: InputData): Promise<void> {
  try {
    // Bytes are taken as they are now: the caller may change them once spawn() has returned.
    if (ArrayBuffer.isView(data) || isArrayBuffer(data)) await sink.write(asBytes(data).slice());
    else await pump(process, sink, data);
  } catch {
    // EPIPE, or a stream of the caller that failed: the child sees the end of its input.
  }
  await sink.close();
}

async function pump(
  process: Process,
  sink: Sink,
  data: ReadableStream<Uint8Array> | Blob | Response | Request,
): Promise<void> {
  const stream = "getReader" in data ? data : "stream" in data ? data.stream() : data.body;
  if (stream === null) return;
  const reader = (stream as ReadableStream<unknown>).getReader();
  // Async, because a reader of the caller's own may throw, or answer with no promise.
  const cancel = async (): Promise<void> => await reader.cancel();
  const stop = (): void => void cancel().catch(() => {});
  // The stream may end long after the child, or never; and one of the caller's own may not heed its cancel.
  let leave = (): void => {};
  process.whenExited(() => {
    stop();
    leave();
  });
  const unlessExited = (reading: Promise<Chunk>): Promise<Chunk> =>
    new Promise((resolve, reject) => {
      leave = () => resolve(bare({ done: true, value: undefined }));
      reading.then(resolve, reject);
    });
  // A stream that fails forgets what it had queued, but not what a read was waiting for: hence one read ahead.
  const ahead = (): Promise<Chunk> => {
    const reading = reader.read();
    reading.catch(() => {});
    return reading;
  };
  let next = ahead();
  try {
    while (process.exit === undefined) {
      const reading = next;
      next = ahead();
      const { done, value } = await unlessExited(reading);
      if (done) return;
      await sink.write(typeof value === "string" ? utf8.encode(value) : asBytes(value));
    }
  } finally {
    stop();
  }
}
