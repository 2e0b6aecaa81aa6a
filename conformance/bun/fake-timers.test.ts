/** Bun's fake timers, which lie below the globals: also a setTimeout that was taken before is one of them. */
import { after, before, test } from "node:test";
import { engines } from "ringspawn";
import { childrenEnd, expectedLines } from "../programs/children-end.ts";
import { assert } from "../tools.ts";

type Mocks = Readonly<Record<"useFakeTimers" | "useRealTimers", () => void>>;

// A name that is not a literal: the types of this folder are not Bun's.
const name: string = "bun:test";
const { jest } = (await import(name)) as { readonly jest: Mocks };

before(() => jest.useFakeTimers());
after(() => jest.useRealTimers());

for (const { name, available } of engines()) {
  if (!available) continue;
  void test(`children end, and timeouts come, while timers are fake: ${name}`, async () => {
    assert.deepEqual(await childrenEnd(name), expectedLines(name));
  });
}
