/** Engine `runtime` under a program that has put ringspawn in the place of Bun's own spawn. */
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert } from "../tools.ts";
import { run } from "./self.ts";

void test("Bun's own spawn is the one that Bun had when ringspawn was loaded", async () => {
  const { code, stdout, stderr } = await run([fileURLToPath(new URL("programs/replaced.ts", import.meta.url))]);
  assert.deepEqual([code, stderr], [0, ""]);
  const expected = ["through", 128 + 40, "blocking", 0, "replaced\n", "runtime", "replaced\n", "runtime", 2];
  assert.deepEqual(JSON.parse(stdout), expected);
});
