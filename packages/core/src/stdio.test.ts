import { describe, expect, test } from "vitest";
import { hostWith, thrown } from "../tests/support.js";
import type { Host } from "./host.js";
import { fdSlot, nullSlot, pipeSlot, slotOfBunWord, slotOfDenoWord, slotOfSpec, STDIO_NAMES } from "./stdio.js";

const host = hostWith({});

test("slots of one meaning are equal, whoever wrote them", () => {
  expect(slotOfDenoWord(0, "piped", "stdin")).toEqual({ target: 0, kind: "pipe", direction: "in", raw: false });
  expect(slotOfBunWord(host, 2, "pipe", STDIO_NAMES).slot).toEqual({
    target: 2,
    kind: "pipe",
    direction: "out",
    raw: false,
  });
  expect(slotOfDenoWord(1, "null", "stdout")).toBe(slotOfBunWord(host, 1, "ignore", STDIO_NAMES).slot);
  expect(slotOfBunWord(host, 1, null, STDIO_NAMES).slot).toBe(nullSlot(1));
  expect(slotOfDenoWord(2, "inherit", "stderr")).toBe(slotOfSpec(host, 2, "inherit", "x"));
  expect(slotOfDenoWord(2, 1, "stderr")).toEqual({ target: 2, kind: "fd", fd: 1, given: false });
  expect(fdSlot(0, 7)).toEqual({ target: 0, kind: "fd", fd: 7, given: false });
  expect(pipeSlot(0, "out")).toEqual({ target: 0, kind: "pipe", direction: "out", raw: false });
  expect(fdSlot(9, 9)).toEqual({ target: 9, kind: "fd", fd: 9, given: false });
  expect(nullSlot(9)).toEqual({ target: 9, kind: "null" });
});

test("the shared slots cannot be changed", () => {
  for (const slot of [nullSlot(0), fdSlot(1, 1), pipeSlot(2)]) expect(Object.isFrozen(slot)).toBe(true);
});

describe("setup.fds", () => {
  test("a file has its defaults", () => {
    const slot = { target: 3, kind: "file", path: "/x", open: "r", mode: 0o666 };
    expect(slotOfSpec(host, 3, { file: "/x" }, "f")).toEqual(slot);
    expect(slotOfSpec(host, 3, { file: new URL("file:///x") }, "f")).toEqual(slot);
    expect(slotOfSpec(host, 3, { file: "y", open: "a+", mode: 0o600 }, "f")).toEqual({
      target: 3,
      kind: "file",
      path: "y",
      open: "a+",
      mode: 0o600,
    });
  });

  test.each([
    [{ pipe: "both" }, { kind: "socket", raw: false }],
    [
      { pipe: "both", raw: true },
      { kind: "socket", raw: true },
    ],
    [
      { pipe: "in", raw: true },
      { kind: "pipe", direction: "in", raw: true },
    ],
    [
      { pipe: "out", raw: false },
      { kind: "pipe", direction: "out", raw: false },
    ],
    [{ pty: true }, { kind: "pty", rows: 24, cols: 80, raw: false }],
    [
      { pty: {}, raw: true },
      { kind: "pty", rows: 24, cols: 80, raw: true },
    ],
    [{ pty: { rows: 1, cols: 65_535 } }, { kind: "pty", rows: 1, cols: 65_535, raw: false }],
    [{ give: 3 }, { kind: "fd", fd: 3, given: true }],
    [
      { pipe: undefined, file: "/x" },
      { kind: "file", path: "/x", open: "r", mode: 0o666 },
    ],
  ])("%o is understood", (spec, slot) => {
    expect(slotOfSpec(host, 3, spec, "f")).toEqual({ target: 3, ...slot });
  });

  test.each([
    ["close", /^setup\.fds\.3 must be "null", "inherit".*, got "close"$/],
    [null, /got null$/],
    [-1, /not negative, got -1$/],
    [1.5, /got 1\.5$/],
    [2 ** 31, /at most 2147483583, got 2147483648$/],
    [{}, /^setup\.fds\.3\.file must be a string, got undefined$/],
    [{ pipe: "inout" }, /^setup\.fds\.3\.pipe must be "in", "out" or "both", got "inout"$/],
    [{ pipe: "in", raw: 1 }, /^setup\.fds\.3\.raw must be a boolean, got 1$/],
    [{ pipe: "in", pty: true }, /^setup\.fds\.3\.pty must be absent beside pipe/],
    [{ pipe: "in", give: 3 }, /^setup\.fds\.3\.give must be absent beside pipe/],
    [{ pty: false }, /^setup\.fds\.3\.pty must be an object, got false$/],
    [{ pty: { rows: 0 } }, /^setup\.fds\.3\.pty\.rows must be an integer from 1 to 65535, got 0$/],
    [{ pty: { cols: 65_536 } }, /^setup\.fds\.3\.pty\.cols must be an integer from 1 to 65535, got 65536$/],
    [{ pty: { columns: 80 } }, /^setup\.fds\.3\.pty\.columns is not an option; known are rows, cols$/],
    [{ pty: true, mode: 0o600 }, /^setup\.fds\.3\.mode must be absent beside pty/],
    [{ give: 2 }, /^setup\.fds\.3\.give must be 3 or more \(.*\), got 2$/],
    [{ give: -1 }, /^setup\.fds\.3\.give must be an fd number, which is not negative, got -1$/],
    [{ give: "3" }, /^setup\.fds\.3\.give must be an fd number, got "3"$/],
    [{ give: 4, raw: true }, /^setup\.fds\.3\.raw must be absent beside give/],
    [{ file: "/x", raw: true }, /^setup\.fds\.3\.raw must be absent beside file/],
    [{ pipe: "in", file: "/x" }, /^setup\.fds\.3\.file must be absent beside pipe/],
    [{ file: "" }, /must be a string that is not empty, got ""$/],
    [{ file: "/a\0b" }, /without null bytes/],
    [{ file: "/x", open: "rw" }, /^setup\.fds\.3\.open must be one of .*, got "rw"$/],
    [{ file: "/x", mode: 0o10000 }, /^setup\.fds\.3\.mode must be an integer from 0 to 4095, got 4096$/],
    [
      { file: "/x", flags: 1 },
      /^setup\.fds\.3\.flags is not an option; known are pipe, pty, give, file, raw, open, mode$/,
    ],
    [{ file: new URL("http://x/") }, /Must be a file URL/],
  ])("%o is refused", (spec, message) => {
    const error = thrown(() => slotOfSpec(host, 3, spec, "setup.fds.3"));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
  });
});

describe("words of the faces", () => {
  test.each(["pipe", "ignore", "", null, true, {}, -1, NaN])("stdin %o is none of Deno's", (word) => {
    const error = thrown(() => slotOfDenoWord(0, word, "stdin"));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(/^stdin must be /);
  });

  test.each(["piped", "null", "", true, 3.5, {}])("stdout %o is none of Bun's", (word) => {
    expect(thrown(() => slotOfBunWord(host, 1, word, STDIO_NAMES)).message).toMatch(/^stdout must be /);
  });

  test("data may be stdin, and nothing else", () => {
    const bytes = [new Uint8Array(3), new ArrayBuffer(2), new Blob(["x"])];
    for (const data of [...bytes, new Response("x"), new ReadableStream()]) {
      expect(slotOfBunWord(host, 0, data, STDIO_NAMES)).toEqual({ slot: pipeSlot(0), data });
      expect(() => slotOfBunWord(host, 1, data, STDIO_NAMES)).toThrow(TypeError);
    }
    expect(() => slotOfBunWord(host, 0, "just text", STDIO_NAMES)).toThrow(/got "just text"/);
  });

  test("data that was read already is refused, since there is none left", async () => {
    const response = new Response("x");
    await response.text();
    expect(thrown(() => slotOfBunWord(host, 0, response, STDIO_NAMES))).toMatchObject({
      code: "ERR_BODY_ALREADY_USED",
      message: "stdin has already been used",
    });
    const stream = new ReadableStream();
    stream.getReader();
    expect(thrown(() => slotOfBunWord(host, 0, stream, STDIO_NAMES)).code).toBe("ERR_INVALID_STATE");
  });

  test("a file object of the runtime's own is its file, or its fd; for all others it is nothing", () => {
    const files = new Map<object, string | number>([
      [new Blob(["a"]), "/a"],
      [new Blob(["b"]), 7],
    ]);
    const withFiles: Host = { ...host, fileOf: (value) => files.get(value) };
    const [path, fd] = files.keys();
    const file = { kind: "file", path: "/a", mode: 0o666 };
    expect(slotOfBunWord(withFiles, 0, path, STDIO_NAMES)).toEqual({ slot: { ...file, target: 0, open: "r" } });
    expect(slotOfBunWord(withFiles, 1, path, STDIO_NAMES)).toEqual({ slot: { ...file, target: 1, open: "w" } });
    expect(slotOfBunWord(withFiles, 2, fd, STDIO_NAMES)).toEqual({ slot: fdSlot(2, 7) });
    expect(() => slotOfBunWord(withFiles, 1, new Blob(["c"]), STDIO_NAMES)).toThrow(TypeError);
  });

  test("beyond 2, ignored is not there at all", () => {
    for (const word of ["ignore", null]) expect(slotOfBunWord(host, 3, word, undefined).slot).toBeUndefined();
    expect(slotOfBunWord(host, 2, "ignore", undefined).slot).toBe(nullSlot(2));
  });

  test("a pipe beyond 2 is a pair of sockets, of which the caller gets a bare end; a blocking call has none", () => {
    for (const word of ["pipe", "socket-fd", "overlapped"]) {
      expect(slotOfBunWord(host, 4, word, undefined).slot).toEqual({ target: 4, kind: "socket", raw: "any" });
    }
    expect(slotOfBunWord(host, 4, "pipe", undefined, true).slot).toEqual({ target: 4, kind: "null" });
    const words = "stdio[4]: 'socket-fd' cannot be used with spawnSync";
    expect(thrown(() => slotOfBunWord(host, 4, "socket-fd", undefined, true)).message).toBe(words);
    expect(thrown(() => slotOfBunWord(host, 2, "socket-fd", STDIO_NAMES)).message).toMatch(
      /only supported at indices >= 3/,
    );
  });

  test("beyond 2 bytes are fed, and what Bun takes for nothing is nothing", () => {
    const data = new Uint8Array(2);
    expect(slotOfBunWord(host, 3, data, undefined)).toEqual({ slot: pipeSlot(3, "in"), data });
    for (const nothing of [new Uint8Array(), new Blob([]), new Response(), new Request("http://x/")]) {
      expect(slotOfBunWord(host, 3, nothing, undefined)).toEqual({ slot: undefined, data: undefined });
    }
    for (const body of [new Blob(["x"]), new Response("x")]) {
      expect(thrown(() => slotOfBunWord(host, 3, body, undefined)).message).toContain(
        "cannot be used for stdio[3] yet",
      );
    }
  });
});
