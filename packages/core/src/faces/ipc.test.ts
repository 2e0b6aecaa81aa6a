import v8 from "node:v8";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { thrown } from "../../tests/support.js";
import { type Structured, type V8, v8Structured } from "../structured.js";
import { ChannelError, type Codec, codecOf, handleAnswer, NOTHING } from "./ipc.js";

const V8_FORMAT = v8Structured(() => v8 as unknown as V8);
/** Frames of JSC around what is no less opaque to them: JSC itself is not here. */
const JSC_FORMAT: Structured = {
  format: "jsc",
  serialize: (value) => new TextEncoder().encode(JSON.stringify(value)),
  deserialize: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as unknown,
};
const FORMS: readonly [name: string, make: () => Codec][] = [
  ["lines of JSON", () => codecOf("json", V8_FORMAT)],
  ["frames of V8", () => codecOf("advanced", V8_FORMAT)],
  ["frames of JSC", () => codecOf("advanced", JSC_FORMAT)],
];
const MESSAGES = [1, "é\n日本", { a: [null, true, { b: "" }] }, [], "x".repeat(300), 0, "\x02", false];

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

function all(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** The messages in these chunks. Each chunk is of its own memory, as every read gives one. */
function decoded(codec: Codec, chunks: readonly Uint8Array[]): unknown[] {
  const messages: unknown[] = [];
  for (const chunk of chunks) codec.decode(chunk.slice(), (message) => messages.push(message));
  return messages;
}

describe.each(FORMS)("%s", (_, make) => {
  const written = (): Uint8Array => {
    const codec = make();
    return all(codec.greeting ?? new Uint8Array(), ...MESSAGES.map((message) => codec.encode(message)));
  };

  test("what was written is read, wherever it is cut in two", () => {
    const bytes = written();
    for (let cut = 0; cut <= bytes.length; cut++) {
      const codec = make();
      expect(decoded(codec, [bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(MESSAGES);
      expect(codec.isWithin).toBe(false);
    }
  });

  test("what was written is read byte by byte, and in pieces of any length", () => {
    const bytes = written();
    expect(
      decoded(
        make(),
        Array.from(bytes, (byte) => Uint8Array.of(byte)),
      ),
    ).toEqual(MESSAGES);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (lengths) => {
        const chunks: Uint8Array[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const length = lengths[i % lengths.length] as number;
          chunks.push(bytes.subarray(at, at + length));
          at += length;
        }
        expect(decoded(make(), chunks)).toEqual(MESSAGES);
      }),
    );
  });

  test("whatever comes, it is a message or a ChannelError, and nothing else is thrown", () => {
    let errors = 0;
    const change = fc.tuple(fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), fc.nat(), (changes, cut) => {
        const bytes = written();
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
        const middle = cut % bytes.length;
        try {
          decoded(make(), [bytes.subarray(0, middle), bytes.subarray(middle)]);
        } catch (error) {
          errors++;
          expect(error).toBeInstanceOf(ChannelError);
        }
      }),
      { numRuns: 1000 },
    );
    expect(errors).toBeGreaterThan(10);
  });

  test("the messages before a wrong one are handed out", () => {
    const codec = make();
    const wrong = all(
      codec.greeting ?? new Uint8Array(),
      codec.encode("a"),
      codec.encode("b"),
      Uint8Array.of(7, 0, 0, 0, 0, 10),
    );
    const messages: unknown[] = [];
    expect(thrown(() => codec.decode(wrong, (message) => messages.push(message)))).toBeInstanceOf(ChannelError);
    expect(messages).toEqual(["a", "b"]);
  });

  test("a part of a message is told", () => {
    const codec = make();
    const bytes = codec.encode({ a: 1 });
    expect(codec.isWithin).toBe(false);
    expect(decoded(codec, [bytes.subarray(0, bytes.length - 1)])).toEqual([]);
    expect(codec.isWithin).toBe(true);
    expect(decoded(codec, [bytes.subarray(bytes.length - 1)])).toEqual([{ a: 1 }]);
    expect(codec.isWithin).toBe(false);
  });

  test("a long message is put together once", () => {
    const codec = make();
    const message = "y".repeat(3_000_000);
    const bytes = codec.encode(message);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 65_536) chunks.push(bytes.subarray(at, at + 65_536));
    expect(decoded(codec, chunks)).toEqual([message]);
  });
});

describe("bytes as the runtimes write them", () => {
  test("lines of JSON", () => {
    const codec = codecOf("json", V8_FORMAT);
    expect(Buffer.from(codec.encode({ a: "é" })).toString()).toBe('{"a":"é"}\n');
    expect(decoded(codec, [new TextEncoder().encode(' 1 \r\n\x02{"cmd":"x"}\n2\n')])).toEqual([1, 2]);
    for (const line of ["", "undefined", "\ufeff1"]) {
      expect(
        thrown(() => decoded(codecOf("json", V8_FORMAT), [new TextEncoder().encode(`${line}\n`)])).message,
      ).toMatch(/not JSON/);
    }
  });

  test("JSON holds no function, and nothing in the place of an object", () => {
    const codec = codecOf("json", V8_FORMAT);
    for (const message of [() => 1, { toJSON: () => undefined }]) {
      expect(thrown(() => codec.encode(message))).toMatchObject({ name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
    }
  });

  test("frames of V8: the length with the most significant byte first, and views as objects of the embedder", () => {
    const codec = codecOf("advanced", V8_FORMAT);
    const bytes = "0000000f ff0f 6f 220162 5c000a03010203 7b01";
    expect(hex(codec.encode({ b: Buffer.from([1, 2, 3]) }))).toBe(bytes.replaceAll(" ", ""));
    const [message] = decoded(codec, [bytesOf(bytes)]) as [{ b: Buffer }];
    expect(message.b).toBeInstanceOf(Buffer);
    expect([...message.b]).toEqual([1, 2, 3]);
    // Of another object that V8 does not write, its own properties are left.
    expect(hex(V8_FORMAT.serialize(new MessageChannel().port1))).toBe("ff0f5c016f7b00");
    expect(V8_FORMAT.deserialize(bytesOf("ff0f5c016f7b00"))).toEqual({});
  });

  test("frames of V8: the newer version is read, and a later one is not", () => {
    expect(decoded(codecOf("advanced", V8_FORMAT), [bytesOf("00000004 ff10 4902")])).toEqual([1]);
    const later = (): unknown => decoded(codecOf("advanced", V8_FORMAT), [bytesOf("00000004 ff7f 4902")]);
    expect(thrown(later).message).toMatch(/cannot be deserialized/);
  });

  test("frames of V8: each message has memory of its own", () => {
    const codec = codecOf("advanced", V8_FORMAT);
    const bytes = all(codec.encode(Uint8Array.of(1, 2)), codec.encode(Uint8Array.of(3)));
    const [first, second] = decoded(codec, [bytes]) as [Uint8Array, Uint8Array];
    expect(first.buffer).not.toBe(second.buffer);
  });

  test("frames of JSC: a type, and the length with the least significant byte first", () => {
    const codec = codecOf("advanced", JSC_FORMAT);
    expect(codec.greeting && hex(codec.greeting)).toBe("0102000000");
    expect(hex(codec.encode("hi"))).toBe("0204000000" + hex(Buffer.from('"hi"')));
    expect(codec.isUnheard).toBe(true);
    expect(decoded(codec, [bytesOf("0102000000 0301000000 31 0201000000 32")])).toEqual([2]);
    expect(codec.isUnheard).toBe(false);
    const other = (): unknown => decoded(codecOf("advanced", JSC_FORMAT), [bytesOf("0103000000")]);
    expect(thrown(other).message).toMatch(/version 3, not 2/);
  });

  test("frames of JSC: a type of their own for values with Buffers, which the runtime marks by its first bytes", () => {
    const marked: Structured = {
      format: "jsc",
      serialize: (value) => bytesOf(`ff42554e01 ${hex(value as Uint8Array)}`),
      deserialize: hex,
    };
    const codec = codecOf("advanced", marked);
    expect(hex(codec.encode(Uint8Array.of(1, 2)))).toBe("04020000000102");
    expect(decoded(codec, [bytesOf("0102000000 04020000000102 0201000000 07")])).toEqual(["ff42554e010102", "07"]);
  });

  test("what the other engine writes is told by its first five bytes, whatever length they claim", () => {
    for (const [format, bytes] of [
      [V8_FORMAT, "0102000000"],
      [JSC_FORMAT, "0000001dff"],
      [JSC_FORMAT, "7fffffffff"],
    ] as const) {
      const error = thrown(() => decoded(codecOf("advanced", format), [bytesOf(bytes)]));
      expect(error).toMatchObject({ code: "ERR_IPC_CHANNEL_BROKEN", isForeign: true });
      expect(error.message).toMatch(/use serialization: "json"/);
    }
  });
});

test("only the runtimes' own messages about handles are kept from the user", () => {
  expect(handleAnswer({ cmd: "NODE_HANDLE", msg: 1 })).toEqual({ cmd: "NODE_HANDLE_NACK" });
  expect(handleAnswer({ cmd: "NODE_HANDLE", nativeKind: "tcp" })).toEqual({ cmd: "NODE_HANDLE_ACK" });
  expect(handleAnswer({ cmd: "NODE_HANDLE_ACK" })).toBe(NOTHING);
  expect(handleAnswer({ cmd: "NODE_HANDLE_NACK" })).toBe(NOTHING);
  const inherited: unknown = Object.create({ cmd: "NODE_HANDLE" });
  for (const message of [null, 1, "NODE_HANDLE", {}, { cmd: "NODE_" }, { cmd: 1 }, inherited]) {
    expect(handleAnswer(message)).toBeUndefined();
  }
});
