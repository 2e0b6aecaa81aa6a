import { type Case } from "../harness.ts";
import { expectedLines } from "../programs/children-end.ts";
import { assert } from "../tools.ts";

const cases: Case[] = [
  {
    name: "children end, and timeouts come, while the mocks of node:test are on, which were there first",
    timeout: 20_000,
    async run(t) {
      const { stdout, code, stderr } = await t.program("faked-first", ["node:test"]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(stdout.trim().split("\n"), expectedLines(t.ENGINE));
    },
  },
];
export default cases;
