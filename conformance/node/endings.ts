import type { Case } from "../harness.ts";
import { assert } from "../tools.ts";

const HOW = {
  terminate: "are terminated",
  busy: "are terminated in the middle of calls",
  exit: "call process.exit()",
  throw: "throw",
  unref: "have nothing more to do than unref'd children",
};

const cases: Case[] = Object.entries(HOW).map(([how, words]) => ({
  name: `workers that ${words} while their children end leave the program as it was, and no zombie`,
  slow: true,
  timeout: 120_000,
  async run(t) {
    const { code, signal, stdout, stderr } = await t.program("node/endings", [how]);
    assert.deepEqual({ code, signal, stderr, stdout }, { code: 0, signal: null, stderr: "", stdout: `${t.ENGINE}\n` });
  },
}));

cases.push(
  {
    name: "what is thrown when a child has ended is an uncaught exception, and later children are noticed",
    async run(t) {
      const { code, stdout, stderr } = await t.program("node/uncaught");
      assert.equal(code, 0, stderr);
      assert.equal(stdout, `of a tick,of a tick,of a tick,${t.ENGINE}\n`);
    },
  },
  {
    name: "a program that ends while unref'd children end has its own exit code, 30 times",
    slow: true,
    timeout: 120_000,
    async run(t) {
      for (let run = 0; run < 30; run++) {
        const { code, signal, stdout, stderr } = await t.program("node/endings", ["main", String(run % 10)]);
        assert.deepEqual(
          { code, signal, stderr, stdout },
          { code: 0, signal: null, stderr: "", stdout: `${t.ENGINE}\n` },
        );
      }
    },
  },
);
export default cases;
