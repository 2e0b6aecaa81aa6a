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
export default cases;
