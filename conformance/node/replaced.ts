import type { Case } from "../harness.ts";
import { assert } from "../tools.ts";

const cases: Case[] = [
  {
    name: "a program that has put ringspawn in the place of child_process still has child_process on engine runtime",
    async run(t) {
      const { code, stdout, stderr } = await t.program("node/replaced");
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), [
        "through\n",
        128 + 10,
        "blocking",
        0,
        "replaced\n",
        "runtime",
        "replaced\n",
        "runtime",
        2,
      ]);
    },
  },
];
export default cases;
