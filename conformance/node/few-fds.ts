import type { Case } from "../harness.ts";
import { assert } from "../tools.ts";

const cases: Case[] = [
  {
    // A list that has lost some is one that libuv goes on to write to where memory has been freed.
    name: "starts on engine runtime with too few free fds leave libuv's list of handles as it was",
    async run(t) {
      const { code, stdout, stderr } = await t.program("node/few-fds", [], ["nofile=128"]);
      assert.equal(code, 0, stderr);
      const { outcomes, sockets } = JSON.parse(stdout) as { outcomes: string[]; sockets: number };
      assert.equal(outcomes[0], "EMFILE", stdout);
      for (const outcome of outcomes) assert.ok(outcome === "EMFILE" || outcome === "3 on runtime", stdout);
      assert.equal(outcomes.at(-1), "3 on runtime", stdout);
      assert.equal(sockets, outcomes.length, stdout);
    },
  },
];
export default cases;
