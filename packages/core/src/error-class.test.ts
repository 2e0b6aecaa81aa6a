import { expect, test } from "vitest";
import { requestOf } from "../tests/support.js";
import type { Sink } from "./engine.js";
import { inClassOf, SpawnError, spawnError } from "./error.js";
import type { Host } from "./host.js";
import { writableStream } from "./streams.js";

class NotFound extends Error {}

const host = { errorClass: (code: string) => (code === "ENOENT" ? NotFound : undefined) } as Partial<Host> as Host;
const failed = (errno: number): SpawnError => spawnError(requestOf({}), "vfork", { errno, step: "file", index: 0 });

test("a runtime's own class and SpawnError at once", () => {
  const error = inClassOf(host, failed(2));
  expect(error).toBeInstanceOf(NotFound);
  expect(error).toBeInstanceOf(SpawnError);
  expect(error).toMatchObject({ name: "NotFound", code: "ENOENT", step: "file", engine: "vfork" });
});

test("without such a class it stays what it is", () => {
  for (const error of [inClassOf(host, failed(13)), inClassOf({} as Host, failed(2))]) {
    expect(error).toBeInstanceOf(SpawnError);
    expect(error).not.toBeInstanceOf(NotFound);
    expect(error.name).toBe("Error");
  }
});

test("nothing else is a SpawnError", () => {
  for (const value of [new Error("ENOENT"), new NotFound(), {}, null, undefined, "SpawnError"]) {
    expect(value instanceof SpawnError).toBe(false);
  }
});

test("errors of pipes too, and nothing that has no code", async () => {
  const host = { errorClass: () => NotFound } as Partial<Host> as Host;
  const gone = Object.assign(new Error("gone"), { code: "EPIPE" });
  const sink: Sink = { write: () => Promise.reject(gone), settle() {}, close() {} };
  await expect(writableStream(sink, host).getWriter().write(new Uint8Array(1))).rejects.toBeInstanceOf(NotFound);
  const plain = new Error("plain");
  expect(inClassOf(host, plain)).toBe(plain);
  expect(plain).not.toBeInstanceOf(NotFound);
  expect(inClassOf(host, "a string")).toBe("a string");
});
