import { setImmediate as turn } from "node:timers/promises";
import v8 from "node:v8";
import { expect, test } from "vitest";
import type { Sink } from "../engine.js";
import { FedSource } from "../fed-source.js";
import { type V8, v8Structured } from "../structured.js";
import { Channel, type Listener } from "./channel.js";
import { codecOf } from "./ipc.js";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A channel whose other end is this test. `accept` lets the write that waits go on. */
class End {
  readonly heard: unknown[] = [];
  readonly written: string[] = [];
  readonly source = new FedSource({ want: undefined, settle: undefined, enough: undefined, close() {} });
  readonly channel: Channel;
  isFull = false;
  isClosed = false;
  accept: ((error?: Error) => void) | undefined;

  constructor(listener: Partial<Listener> = {}) {
    const sink: Sink = {
      write: (chunk) => {
        this.written.push(new TextDecoder().decode(chunk));
        if (!this.isFull) return;
        return new Promise((resolve, reject) => {
          this.accept = (error) => (error === undefined ? resolve() : reject(error));
        });
      },
      settle() {},
      close: () => void (this.isClosed = true),
    };
    const codec = codecOf(
      "json",
      v8Structured(() => v8 as unknown as V8),
    );
    this.channel = new Channel(this.source, sink, codec, {
      message: (message) => void this.heard.push(message),
      disconnect: (error) => void this.heard.push(`disconnect ${error?.message ?? "as usual"}`),
      ...listener,
    });
  }

  send(message: unknown): boolean {
    return this.channel.send(message, (error) => this.heard.push(`${String(message)} ${error?.message ?? "sent"}`));
  }
}

test("nothing is handed out before who started the child has its handle", async () => {
  const end = new End();
  end.source.push(text("1\n2\n"));
  end.source.end();
  expect(end.heard).toEqual([]);
  await end.channel.over;
  expect(end.heard).toEqual([1, 2, "disconnect as usual"]);
  expect([end.channel.connected, end.isClosed]).toEqual([false, true]);
});

test("one message is written at a time, those behind it together, and each is called back in order", async () => {
  const end = new End();
  end.isFull = true;
  for (const message of ["a", "b", "c"]) expect(end.send(message)).toBe(true);
  expect(end.written).toEqual(['"a"\n']);
  end.isFull = false;
  await turn();
  expect(end.heard).toEqual([]);
  end.accept?.();
  await turn();
  expect(end.written).toEqual(['"a"\n', '"b"\n"c"\n']);
  expect(end.heard).toEqual(["a sent", "b sent", "c sent"]);
});

test("send says when it is too much, and when it no longer is", async () => {
  const end = new End();
  end.isFull = true;
  const long = "x".repeat(100_000);
  expect([end.channel.send(long, undefined), end.channel.send(long, undefined)]).toEqual([true, false]);
  end.isFull = false;
  end.accept?.();
  await turn();
  expect(end.channel.send(1, undefined)).toBe(true);
});

test("disconnect writes what waits, and closes then", async () => {
  const end = new End();
  end.isFull = true;
  end.send("a");
  end.send("b");
  end.channel.disconnect();
  expect([end.channel.connected, end.isClosed]).toEqual([false, false]);
  end.isFull = false;
  await end.channel.over;
  expect(end.heard).toEqual(["disconnect as usual"]);
  expect(end.isClosed).toBe(false);
  end.accept?.();
  await turn();
  expect(end.written.join("")).toBe('"a"\n"b"\n');
  expect(end.heard).toEqual(["disconnect as usual", "a sent", "b sent"]);
  expect(end.isClosed).toBe(true);
});

test("when nobody reads any more, each message that waits is called back once, and the channel ends", async () => {
  const end = new End();
  end.isFull = true;
  end.send("a");
  end.send("b");
  end.source.push(text("1\n2"));
  end.accept?.(new Error("EPIPE"));
  await end.channel.over;
  await turn();
  expect(end.heard.toSorted()).toEqual([1, "a EPIPE", "b EPIPE", "disconnect the channel ended within a message"]);
  expect(end.heard.indexOf(1)).toBeLessThan(end.heard.findIndex((event) => String(event).startsWith("disconnect")));
});

test("the end of the process fails what waits, and hands out what came", async () => {
  const end = new End();
  end.isFull = true;
  end.send("a");
  end.source.push(text("1\n"));
  end.channel.end();
  await end.channel.over;
  end.accept?.();
  await turn();
  expect(end.heard.filter((event) => String(event).startsWith("a "))).toEqual([
    expect.stringMatching(/^a write EPIPE/),
  ]);
  expect(end.heard).toContain(1);
  expect(end.heard.at(-1)).toBe("disconnect as usual");
});

test("a handle is refused at once, and its answers are not handed out", async () => {
  const end = new End();
  end.source.push(text('{"cmd":"NODE_HANDLE","msg":1}\n{"cmd":"NODE_HANDLE_ACK"}\n2\n'));
  await turn();
  expect(end.heard).toEqual([2]);
  expect(end.written).toEqual(['{"cmd":"NODE_HANDLE_NACK"}\n']);
});
