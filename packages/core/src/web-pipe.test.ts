import { expect, test } from "vitest";
import { WebSink, webSource } from "./web-pipe.js";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

/** A stream of these chunks that counts how often it was asked. */
function counted(chunks: readonly Uint8Array[]): {
  stream: ReadableStream<Uint8Array>;
  pulls: () => number;
  cancelled: () => boolean;
} {
  let pulls = 0;
  let cancelled = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[pulls++];
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, pulls: () => pulls, cancelled: () => cancelled };
}

test("a chunk larger than the buffer is given in parts, the later ones at once", async () => {
  const { stream, pulls } = counted([bytes(1, 2, 3, 4, 5), bytes(6)]);
  const source = webSource(stream);
  const into = new Uint8Array(2);
  expect(pulls()).toBe(0);
  expect(await source.read(into)).toBe(2);
  expect([...into]).toEqual([1, 2]);
  expect(source.read(into)).toBe(2);
  expect([...into]).toEqual([3, 4]);
  expect(source.read(into)).toBe(1);
  expect(into[0]).toBe(5);
  expect(pulls()).toBe(1);
  expect(await source.read(into)).toBe(1);
  expect(into[0]).toBe(6);
  expect(await source.read(into)).toBe(0);
  expect(source.read(into)).toBe(0);
});

test("an empty chunk is not taken for the end", async () => {
  const source = webSource(counted([bytes(), bytes(), bytes(7)]).stream);
  const into = new Uint8Array(4);
  expect(await source.read(into)).toBe(1);
  expect(into[0]).toBe(7);
});

test("close() cancels the stream, ends a read under way with 0, and may be called again", async () => {
  let cancelled = 0;
  const stream = new ReadableStream<Uint8Array>({
    cancel() {
      cancelled++;
    },
  });
  const source = webSource(stream);
  const reading = source.read(new Uint8Array(4));
  source.close();
  source.close();
  expect(await reading).toBe(0);
  expect(source.read(new Uint8Array(4))).toBe(0);
  expect(cancelled).toBe(1);
});

test("what was left of a chunk is gone after close()", async () => {
  const { stream, cancelled } = counted([bytes(1, 2, 3)]);
  const source = webSource(stream);
  await source.read(new Uint8Array(1));
  source.close();
  expect(source.read(new Uint8Array(4))).toBe(0);
  expect(cancelled()).toBe(true);
});

test("a stream that fails rejects the read, and can be closed all the same", async () => {
  const stream = new ReadableStream<Uint8Array>({
    pull() {
      throw new Error("broken");
    },
  });
  const source = webSource(stream);
  await expect(source.read(new Uint8Array(4))).rejects.toThrow("broken");
  source.close();
  await new Promise((resolve) => setTimeout(resolve, 0));
});

test("a write waits until the stream has taken it; close() ends the stream once", async () => {
  const taken: number[][] = [];
  let release: (() => void) | undefined;
  let closed = 0;
  const stream = new WritableStream<Uint8Array>({
    write: (chunk) =>
      new Promise((resolve) => {
        taken.push([...chunk]);
        release = resolve;
      }),
    close() {
      closed++;
    },
  });
  const sink = new WebSink(stream);
  let done = false;
  const writing = sink.write(bytes(1, 2)).then(() => (done = true));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(taken).toEqual([[1, 2]]);
  expect(done).toBe(false);
  release?.();
  await writing;
  const first = sink.close();
  expect(sink.close()).toBe(first);
  await first;
  expect(closed).toBe(1);
  await expect(sink.write(bytes(1))).rejects.toMatchObject({ code: "EPIPE", errno: -32 });
});

test("a failed write rejects with EPIPE, or with the stream's own coded error, and close() does not fail", async () => {
  const coded = (code: string): Error => Object.assign(new Error("os error"), { code });
  for (const [thrown, isBroken] of [
    [coded("EPIPE"), true],
    [coded("ECONNRESET"), true],
    [new TypeError("it is closed"), true],
    [coded("EIO"), false],
  ] as const) {
    const sink = new WebSink(
      new WritableStream<Uint8Array>({
        write() {
          throw thrown;
        },
      }),
    );
    const error = await sink.write(bytes(1)).catch((error: unknown) => error);
    if (isBroken) expect(error).toMatchObject({ code: "EPIPE", errno: -32, syscall: "write", cause: thrown });
    else expect(error).toBe(thrown);
    await sink.close();
  }
});

test("a stream that always has more at hand does not keep the program from its timers", async () => {
  const source = webSource(
    new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }),
  );
  const into = new Uint8Array(65_536);
  let isTime = false;
  setTimeout(() => (isTime = true), 0);
  let read = 0;
  while (!isTime && read < 64 * 1024 * 1024) read += await source.read(into);
  expect(isTime).toBe(true);
  source.close();
});
