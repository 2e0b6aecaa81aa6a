import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { hostWith } from "../tests/support.js";
import { collect, Drain, limited } from "./collect.js";
import type { Source } from "./engine.js";
import { SubprocessReadableStream, writableStream } from "./streams.js";

/** Pieces as a pipe would give them: some are at hand, some come later, some are too long for one read. */
type Piece = { readonly bytes: readonly number[]; readonly later: boolean };

class Pieces implements Source {
  settle(): void {}
  closed = 0;
  reads = 0;
  readonly #pieces: Piece[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces.map((piece) => ({ ...piece }));
  }

  read(into: Uint8Array): number | Promise<number> {
    this.reads++;
    const piece = this.#pieces[0];
    if (piece === undefined || this.closed > 0) return 0;
    const count = Math.min(into.byteLength, piece.bytes.length);
    const give = (): number => {
      if (this.closed > 0) return 0;
      into.set(piece.bytes.slice(0, count));
      return count;
    };
    if (count === piece.bytes.length) this.#pieces.shift();
    else this.#pieces[0] = { bytes: piece.bytes.slice(count), later: piece.later };
    return piece.later ? new Promise((resolve) => queueMicrotask(() => resolve(give()))) : give();
  }

  close(): void {
    this.closed++;
  }
}

const pieces = fc.array(
  fc.record({ bytes: fc.array(fc.nat(255), { minLength: 1, maxLength: 9 }), later: fc.boolean() }),
  { maxLength: 12 },
);
const joined = (list: readonly Piece[]): number[] => list.flatMap(({ bytes }) => [...bytes]);
const lines = (text: string): Piece[] => [{ bytes: [...new TextEncoder().encode(text)], later: true }];

test("however the bytes come, each way of reading gives all of them, in order, and closes the source", async () => {
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 7 }), async (list, size) => {
      const all = joined(list);
      const ways: ((source: Source) => Promise<readonly number[]>)[] = [
        async (source) => [...(await collect(source)).value],
        async (source) => [...(await collect(new Drain(source))).value],
        async (source) => [...(await collect(limited(source, 1e9, () => {}))).value],
        async (source) => [...(await new SubprocessReadableStream(source).bytes())],
        async (source) => {
          const got: number[] = [];
          for await (const chunk of new SubprocessReadableStream(source)) got.push(...chunk);
          return got;
        },
        async (source) => {
          const reader = new SubprocessReadableStream(new Drain(source)).getReader({ mode: "byob" });
          const got: number[] = [];
          for (;;) {
            const { done, value } = await reader.read(new Uint8Array(size));
            if (value) got.push(...value);
            if (done) return got;
          }
        },
        async (source) => {
          // begun by a reader, finished by bytes()
          const stream = new SubprocessReadableStream(source);
          const reader = stream.getReader();
          const { value } = await reader.read();
          reader.releaseLock();
          return [...(value ?? []), ...(await stream.bytes())];
        },
      ];
      for (const way of ways) {
        const source = new Pieces(list);
        expect(await way(source)).toEqual(all);
        expect(source.closed).toBeGreaterThan(0);
      }
    }),
    { numRuns: 200 },
  );
});

describe("collect", () => {
  test("small outputs do not keep the buffer they were read into", async () => {
    const { value: bytes } = await collect(new Pieces(lines("abc")));
    expect(bytes.buffer.byteLength).toBe(3);
  });

  test("bytes given out are not written to again", async () => {
    const { value: first } = await collect(new Pieces(lines("first")));
    const { value: second } = await collect(new Pieces(lines("other")));
    expect([first, second].map((bytes) => new TextDecoder().decode(bytes))).toEqual(["first", "other"]);
  });

  test.each(["throws", "rejects"])("a read that %s rejects, and the source is closed", async (how) => {
    const close = vi.fn();
    const error = new Error("EIO");
    const read = (): Promise<number> => {
      if (how === "throws") throw error;
      return Promise.reject(error);
    };
    await expect(collect({ read, settle() {}, close })).rejects.toBe(error);
    expect(close).toHaveBeenCalled();
    await expect(collect(new Drain({ read, settle() {}, close }))).rejects.toBe(error);
    await expect(new SubprocessReadableStream({ read, settle() {}, close }).text()).rejects.toBe(error);
    const reader = new SubprocessReadableStream({ read, settle() {}, close }).getReader();
    await expect(reader.read()).rejects.toBe(error);
  });
});

describe("Drain", () => {
  test("reads before anybody asks", async () => {
    const source = new Pieces(lines("abc"));
    const drain = new Drain(source);
    await vi.waitFor(() => expect(source.closed).toBe(1));
    expect(drain.read(new Uint8Array(2))).toBe(2);
    expect([...(await drain.rest()).value]).toEqual([99]);
    expect(drain.read(new Uint8Array(2))).toBe(0);
  });

  test("close() ends a read that waits", async () => {
    let end = (): void => {};
    const source: Source = {
      read: () => new Promise((resolve) => (end = () => resolve(0))),
      settle() {},
      close: () => end(),
    };
    const drain = new Drain(source);
    const reading = drain.read(new Uint8Array(2));
    drain.close();
    expect(await reading).toBe(0);
  });
});

test("limited tells once that too much has come, cuts no chunk, reads no further, and closes nothing", async () => {
  const exceeded = vi.fn();
  expect((await collect(limited(new Pieces([...lines("abc"), ...lines("def")]), 6, exceeded))).value.byteLength).toBe(
    6,
  );
  expect(exceeded).not.toHaveBeenCalled();
  const more = new Pieces([...lines("abc"), ...lines("def"), ...lines("ghi")]);
  expect((await collect(limited(more, 5, exceeded))).value.byteLength).toBe(6);
  expect(exceeded).toHaveBeenCalledTimes(1);
  expect(more.reads).toBe(2);
  expect(more.closed).toBe(0);
});

describe("SubprocessReadableStream", () => {
  test("reads nothing before it is asked", async () => {
    const source = new Pieces(lines("abc"));
    const stream = new SubprocessReadableStream(source);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(source.reads).toBe(0);
    expect(await stream.text()).toBe("abc");
  });

  test("cancel() closes the source, even under a read", async () => {
    let end = (): void => {};
    const close = vi.fn(() => end());
    const read = (): Promise<number> => new Promise((resolve) => (end = () => resolve(0)));
    const reader = new SubprocessReadableStream({ read, settle() {}, close }).getReader();
    const reading = reader.read();
    await reader.cancel();
    expect(close).toHaveBeenCalled();
    expect(await reading).toEqual({ done: true, value: undefined });
  });

  test("text() strips a BOM, replaces bad UTF-8; json() parses; arrayBuffer() and blob() are all of it", async () => {
    const of = (...bytes: number[]): SubprocessReadableStream =>
      new SubprocessReadableStream(new Pieces([{ bytes, later: false }]));
    expect(await of(0xef, 0xbb, 0xbf, 97, 0xff).text()).toBe("a\ufffd");
    expect(await of(91, 49, 93).json()).toEqual([1]);
    await expect(of(123).json()).rejects.toBeInstanceOf(SyntaxError);
    expect(await of(1, 2).arrayBuffer()).toEqual(new Uint8Array([1, 2]).buffer);
    expect((await of(1, 2).blob()).size).toBe(2);
  });

  test("is locked from the first method on", async () => {
    const stream = new SubprocessReadableStream(new Pieces(lines("abc")));
    const text = stream.text();
    expect(stream.locked).toBe(true);
    await expect(stream.bytes()).rejects.toBeInstanceOf(TypeError);
    expect(await text).toBe("abc");
    await expect(stream.text()).rejects.toBeInstanceOf(TypeError);
  });
});

describe("writableStream", () => {
  test("takes bytes in any dress, waits for each write, closes once", async () => {
    const got: number[][] = [];
    const close = vi.fn();
    const stream = writableStream(
      {
        write: async (chunk) => {
          await Promise.resolve();
          got.push([...chunk]);
        },
        settle() {},
        close,
      },
      hostWith({}),
    );
    const writer = (stream as WritableStream<unknown>).getWriter();
    await writer.write(new Uint8Array([1, 2]));
    await writer.write(new Uint16Array([3]));
    await writer.write(new Uint8Array([9, 4, 5]).buffer.slice(1));
    await writer.close();
    expect(got).toEqual([
      [1, 2],
      [3, 0],
      [4, 5],
    ]);
    expect(close).toHaveBeenCalledTimes(1);
  });

  test("refuses a string, which has no encoding of its own", async () => {
    const writer = (
      writableStream({ write() {}, settle() {}, close() {} }, hostWith({})) as WritableStream<unknown>
    ).getWriter();
    writer.closed.catch(() => {});
    await expect(writer.write("text")).rejects.toThrow(/Expected ArrayBuffer/);
  });
});
