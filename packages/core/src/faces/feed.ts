/** Feeds data of the caller to a child. */
import { isArrayBuffer } from "../builtins.js";
import type { Sink } from "../engine.js";
import type { Process } from "../process.js";
import type { InputData } from "../stdio.js";
import { asBytes } from "../streams.js";

const utf8 = new TextEncoder();

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
  const stop = (): void => void reader.cancel().catch(() => {});
  // The stream may end long after the child, or never.
  process.whenExited(stop);
  // A stream that fails forgets what it had queued, but not what a read was waiting for: hence one read ahead.
  const ahead = (): Promise<ReadableStreamReadResult<unknown>> => {
    const reading = reader.read();
    reading.catch(() => {});
    return reading;
  };
  let next = ahead();
  try {
    for (;;) {
      const reading = next;
      next = ahead();
      const { done, value } = await reading;
      if (done) return;
      await sink.write(typeof value === "string" ? utf8.encode(value) : asBytes(value));
    }
  } finally {
    stop();
  }
}
