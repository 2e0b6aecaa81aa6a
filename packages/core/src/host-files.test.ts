import { describe, expect, test } from "vitest";
import { hostWith, requestOf, thrown } from "../tests/support.js";
import type { Failure } from "./engine.js";
import type { Host } from "./host.js";
import { withHostFiles } from "./host-files.js";
import type { SpawnRequest } from "./request.js";
import type { FileSlot } from "./stdio.js";

const request = requestOf({
  setup: { fds: { 3: { file: "/a" }, 4: "null", 5: { file: "/b", open: "w", mode: 0o600 } } },
});

/** A host that gives its files the fds 10, 11, …, and what is open. */
function hostOfFiles(refusal?: (slot: FileSlot) => Error | undefined): { host: Host; open: Map<number, string> } {
  const open = new Map<number, string>();
  let next = 10;
  const host: Host = {
    ...hostWith({}),
    openFile(slot) {
      const error = refusal?.(slot);
      if (error !== undefined) throw error;
      const fd = next++;
      open.set(fd, slot.path);
      return { fd, close: () => expect(open.delete(fd)).toBe(true) };
    },
  };
  return { host, open };
}

const fdsOf = ({ slots }: SpawnRequest): unknown[] =>
  slots.slice(3).map((slot) => ("fd" in slot ? slot.fd : slot.kind));
// The number is of another system.
const systemError = (code: string): Error => Object.assign(new Error("no"), { code, errno: -4000 });

describe("files that the host opens", () => {
  test("are fds of the request, and closed when the child has them", () => {
    const { host, open } = hostOfFiles();
    const result = withHostFiles(host, request, (carried) => {
      expect(fdsOf(carried)).toEqual([10, "null", 11]);
      expect([...open.values()]).toEqual(["/a", "/b"]);
      return { pid: 1 };
    });
    expect(result).toEqual({ pid: 1 });
    expect(open.size).toBe(0);
    expect(fdsOf(request)).toEqual(["file", "null", "file"]);
  });

  test("are closed after a failure and after a throw", () => {
    const { host, open } = hostOfFiles();
    const failure: Failure = { errno: 2, step: "file", index: 0 };
    expect(withHostFiles(host, request, () => failure)).toBe(failure);
    const broken = (): never => {
      throw new Error("broken");
    };
    expect(thrown(() => withHostFiles(host, request, broken)).message).toBe("broken");
    expect(open.size).toBe(0);
  });

  test("a file that the system refuses is the failure of its slot", () => {
    const error = systemError("EACCES");
    const { host, open } = hostOfFiles(({ path }) => (path === "/b" ? error : undefined));
    const result = withHostFiles(host, request, () => expect.fail("it was carried out") as object);
    expect(result).toEqual({ errno: 13, step: "stdio", index: 5, cause: error });
    expect(open.size).toBe(0);
  });

  test("a file that the runtime does not permit throws the runtime's own error", () => {
    const { host, open } = hostOfFiles(({ path }) => (path === "/b" ? new Error("not permitted") : undefined));
    const attempt = (): object => withHostFiles(host, request, () => expect.fail("it was carried out") as object);
    expect(thrown(attempt).message).toBe("not permitted");
    expect(open.size).toBe(0);
  });

  test("what is given to the child is closed by a host that knows it, once the child runs", async () => {
    const closed: number[] = [];
    const closerOf = (fd: number): (() => void) | undefined => (fd === 20 ? () => closed.push(fd) : undefined);
    const host: Host = { ...hostWith({}), closerOf };
    const giving = requestOf({ setup: { fds: { 3: { give: 20 }, 4: { give: 21 } } } });
    const given: boolean[] = [];
    const carryOut = <T extends object>(answer: T) =>
      withHostFiles(host, giving, ({ slots }) => {
        given.splice(0, 2, ...slots.slice(3).map((slot) => slot.kind === "fd" && slot.given));
        expect(closed).toEqual([]);
        return answer;
      });
    const failure: Failure = { errno: 2, step: "file", index: 0 };
    carryOut(failure);
    carryOut({ started: Promise.resolve(failure) });
    await Promise.resolve();
    expect([given, closed]).toEqual([[false, true], []]);
    carryOut({ pid: 1 });
    expect(closed.splice(0)).toEqual([20]);
    carryOut({ started: Promise.resolve(undefined) });
    expect(closed).toEqual([]);
    await Promise.resolve();
    expect(closed).toEqual([20]);
  });

  test("what the program has closed itself meanwhile is nobody's failure", () => {
    const thrower = (): never => {
      throw systemError("EBADF");
    };
    const host: Host = { ...hostWith({}), closerOf: () => thrower };
    const child = { pid: 1 };
    expect(withHostFiles(host, requestOf({ setup: { fds: { 3: { give: 20 } } } }), () => child)).toBe(child);
  });

  test("without files, without a host that opens them, or left to the engine, the request is as it was", () => {
    const same = (host: Host, given: SpawnRequest): boolean => {
      let seen: SpawnRequest | undefined;
      withHostFiles(host, given, (carried) => {
        seen = carried;
        return {};
      });
      return seen === given;
    };
    expect(same(hostOfFiles().host, requestOf())).toBe(true);
    expect(same(hostWith({}), request)).toBe(true);
    const left = { ...hostWith({}), openFile: () => undefined };
    withHostFiles(left, request, (carried) => {
      expect(carried.slots).toEqual(request.slots);
      return {};
    });
  });
});
