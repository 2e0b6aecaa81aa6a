import { expect, test } from "vitest";
import { compare } from "./compare.ts";
import { growthOf } from "./growth.ts";
import type { Samples } from "./interleave.ts";
import type { Measured, Role } from "./result.ts";

const once = (): never => {
  throw new Error("nothing is measured here");
};
const sampled = (role: Role, calls: readonly number[], absent?: string): Samples => ({
  way: { name: role, role, absent, once },
  rounds: calls.map((call) => ({ call })),
});

function measured(role: Role, samples: readonly Samples[]): Measured | undefined {
  return compare("title", samples, { call: "µs" })[0]?.ways.find((way) => way.role === role);
}

test("a ratio is the median of the rounds' ratios, and not the ratio of the medians", () => {
  // One disturbed round: the medians are 2000 and 1000, and so 2; the rounds' ratios are 4, 1 and 4.
  const samples = [
    sampled("own", [4000, 1000, 2000]),
    sampled("ours", [1000, 1000, 500]),
    sampled("floor", [500, 500, 500]),
  ];
  const ours = measured("ours", samples);
  expect(ours?.figure).toMatchObject({ median: 1, least: 0.5, count: 3 });
  expect(ours?.ownOver?.median).toBe(4);
  expect(ours?.overFloor?.median).toBe(2);
  expect(measured("own", samples)?.ownOver).toBeUndefined();
  expect(measured("floor", samples)?.ownOver?.median).toBe(4);
});

test("what was too small to be seen has a figure and no ratio", () => {
  const ours = measured("ours", [sampled("own", [1000, 1000]), sampled("ours", [0, 1000])]);
  expect(ours?.figure?.count).toBe(2);
  expect(ours?.ownOver).toBeUndefined();
});

test("ways with other numbers of rounds are no pairs", () => {
  expect(measured("ours", [sampled("own", [1000]), sampled("ours", [1000, 1000])])?.ownOver).toBeUndefined();
});

test("a way that is not there says why, and is no base of ratios", () => {
  const samples = [sampled("floor", [], "no compiler"), sampled("ours", [1000])];
  expect(measured("floor", samples)).toEqual({
    name: "floor",
    role: "floor",
    engine: undefined,
    absent: "no compiler",
  });
  expect(measured("ours", samples)?.overFloor).toBeUndefined();
});

test("a measure that nothing has is an error", () => {
  expect(() => compare("title", [sampled("ours", [1])], { exit: "µs" })).toThrow('title: nothing has measured "exit"');
});

test("the slope is that of the medians", () => {
  const steps = [1, 2, 3].map((at) => ({ at, samples: [sampled("ours", [9000, 2000 * at, 1000 * at])] }));
  const [line] = growthOf("title", "call", "µs", "GB", steps).lines;
  expect(line?.slope).toBeCloseTo(2);
  expect(line?.fit).toBeCloseTo(1);
});
