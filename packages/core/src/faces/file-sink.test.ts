import { describe, expect, test, vi } from "vitest";
import type { Sink } from "../engine.js";
import { FileSink } from "./file-sink.js";

/** A pipe that is full until it is told to go on. */
function fullPipe(): { sink: Sink; got: string[]; drain: () => void } {
  const got: string[] = [];
  const waiting: (() => void)[] = [];
  const sink: Sink = {
    write: (chunk) =>
      new Promise((resolve) =>
        waiting.push(() => {
          got.push(new TextDecoder().decode(chunk));
          resolve();
        }),
      ),
    settle() {},
    close: vi.fn(() => {
      got.push("end");
    }),
  };
  return { sink, got, drain: () => waiting.shift()?.() };
}

const epipe = Object.assign(new Error("EPIPE"), { code: "EPIPE" });

describe("FileSink", () => {
  test("returns numbers while the pipe takes everything", () => {
    const got: number[][] = [];
    const close = vi.fn();
    const stdin = new FileSink({ write: (chunk) => void got.push([...chunk]), settle() {}, close });
    expect(stdin.write("aé")).toBe(3);
    expect(stdin.write(new Uint16Array([1]))).toBe(2);
    expect(stdin.flush()).toBe(5);
    expect(stdin.write(new Uint8Array([7]).buffer)).toBe(1);
    expect(stdin.end()).toBe(1);
    expect(got).toEqual([[97, 0xc3, 0xa9], [1, 0], [7]]);
    expect(close).toHaveBeenCalledTimes(1);
    expect(stdin.write("late")).toBe(0);
    expect(stdin.end()).toBe(0);
    expect(close).toHaveBeenCalledTimes(1);
  });

  test("writes one after the other when the pipe is full, and ends after them", async () => {
    const { sink, got, drain } = fullPipe();
    const stdin = new FileSink(sink);
    const bytes = new Uint8Array([49]);
    const first = stdin.write(bytes);
    bytes[0] = 50; // the caller may use its memory again
    const second = stdin.write("two");
    const ended = stdin.end();
    expect(got).toEqual([]);
    drain();
    expect(await first).toBe(1);
    expect(got).toEqual(["1"]);
    await vi.waitFor(() => {
      drain();
      expect(got).toEqual(["1", "two", "end"]);
    });
    expect(await second).toBe(3);
    expect(await ended).toBe(4);
  });

  test("goes back to numbers once the pipe has room", async () => {
    const writes = [Promise.resolve(), undefined];
    const stdin = new FileSink({ write: () => writes.shift(), settle() {}, close() {} });
    expect(await stdin.write("a")).toBe(1);
    await stdin.flush();
    expect(stdin.write("b")).toBe(1);
  });

  test("a child that reads no more is told by flush(), not by a write that returned at once", async () => {
    const stdin = new FileSink({
      write: (): never => {
        throw epipe;
      },
      settle() {},
      close() {},
    });
    expect(stdin.write("abc")).toBe(3);
    expect(() => stdin.flush()).toThrow(epipe);
    expect(stdin.write("abc")).toBe(3);
    expect(() => stdin.flush()).toThrow(epipe);
    expect(stdin.end()).toBe(0);
    expect(stdin.flush()).toBe(0);
  });

  test("a write that waits, and what waits for it, rejects; nobody has to listen", async () => {
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    const close = vi.fn();
    const stdin = new FileSink({ write: () => Promise.reject(epipe), settle() {}, close });
    const waits = [stdin.write("abc"), stdin.write("def"), stdin.flush(), stdin.end()];
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(unhandled).not.toHaveBeenCalled();
    process.off("unhandledRejection", unhandled);
    for (const promise of waits) await expect(promise).rejects.toBe(epipe);
    expect(close).toHaveBeenCalledTimes(1);
  });

  test("takes no other types", () => {
    const stdin = new FileSink({ write() {}, settle() {}, close() {} });
    expect(() => stdin.write(5 as never)).toThrow(TypeError);
  });
});
