import path from "node:path";
import { type Case, finished } from "../harness.ts";
import { assert } from "../tools.ts";

const cases: Case[] = ([undefined, "runtime"] as const).map((engine) => ({
  name: `workers spawn beside the main thread, and may end while their children run${engine ? ", on runtime" : ""}`,
  slow: engine === "runtime",
  timeout: 60_000,
  async run(t) {
    const script = path.join(t.plan.root, "programs", "node", `workers${t.plan.extension}`);
    const { code, stdout, stderr } = await finished(
      t.spawn([...t.plan.command, script, engine ?? t.ENGINE, t.witness], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      }),
    );
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "well\n");
  },
}));
for (const engine of [undefined, "runtime"] as const) {
  cases.push({
    name: `what a worker has given to a child is not closed again at its end${engine ? ", on runtime" : ""}`,
    async run(t) {
      const script = path.join(t.plan.root, "programs", "node", `given${t.plan.extension}`);
      const command = [...t.plan.command, script, engine ?? t.ENGINE, t.witness];
      const { code, stdout, stderr } = await finished(
        t.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" }),
      );
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "well\n", stderr: "" });
    },
  });
}
export default cases;
