import { constants } from "node:os";
import { describe, expect, test } from "vitest";
import {
  errnoCode,
  errnoOf,
  errnoText,
  limitName,
  LIMITS,
  NAMESPACES,
  SIGNALS,
  signalName,
  signalNumber,
} from "./numbers.js";

// Node's tables come from the system's headers: on Linux they are the truth for ours.
describe.runIf(process.platform === "linux")("against the system's own tables", () => {
  test("every signal that Node knows has the same number", () => {
    expect(SIGNALS).toMatchObject(constants.signals);
  });

  test("every errno that Node knows has a name of that number", () => {
    const byNumber = new Map<number, string[]>();
    for (const [code, number] of Object.entries(constants.errno)) {
      byNumber.set(number, [...(byNumber.get(number) ?? []), code]);
    }
    expect(byNumber.size).toBeGreaterThan(70);
    for (const [number, codes] of byNumber) expect(codes).toContain(errnoCode(number));
  });
});

test("signals have one name, and real-time ones have none", () => {
  expect(signalName(6)).toBe("SIGABRT");
  expect(signalName(29)).toBe("SIGIO");
  expect(signalName(31)).toBe("SIGSYS");
  for (const number of [0, 32, 34, 64, 65, -1]) expect(signalName(number)).toBeUndefined();
  for (let number = 1; number <= 31; number++) expect(SIGNALS[signalName(number) as "SIGINT"]).toBe(number);
});

test("an errno by its code: that of Linux, whichever system it comes from", () => {
  for (const errno of [1, 2, 11, 13, 24, 32, 95, 110, 133]) expect(errnoOf(errnoCode(errno))).toBe(errno);
  expect([errnoOf("EWOULDBLOCK"), errnoOf("EOPNOTSUPP"), errnoOf("EBADARCH")]).toEqual([11, 95, 8]);
  // EIO, for what no system on Linux says.
  for (const code of ["UNKNOWN", "Unknown system error -86", "constructor", ""]) expect(errnoOf(code)).toBe(5);
});

test("a signal by its name", () => {
  expect([signalNumber("SIGUSR1"), signalNumber("SIGIOT"), signalNumber("SIGKILL")]).toEqual([10, 6, 9]);
  for (const name of ["SIGINFO", "SIGEMT", "SIGBREAK", "sigterm", "toString"])
    expect(signalNumber(name)).toBeUndefined();
});

test("an errno that nobody knows still has a code and words", () => {
  expect(errnoCode(999)).toBe("E999");
  expect(errnoText(999)).toBe("error number 999");
  expect(errnoText(72)).toBe("error number 72"); // known, but to no purpose of ours
});

test("the sixteen limits go from name to number and back", () => {
  expect(Object.values(LIMITS).sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
  for (const [name, number] of Object.entries(LIMITS)) expect(limitName(number)).toBe(name);
  expect(limitName(16)).toBeUndefined();
});

test("each namespace is a bit of its own", () => {
  const bits = Object.values(NAMESPACES);
  for (const bit of bits) expect(bit & (bit - 1)).toBe(0);
  expect(new Set(bits).size).toBe(8);
});
