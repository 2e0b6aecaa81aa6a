import { spawn, spawnSync } from "node:child_process";
import type { Case } from "../harness.ts";
import { assert } from "../tools.ts";

const cases: Case[] = [
  {
    name: "children of other libraries are reaped by those, and children of ringspawn by ringspawn",
    async run(t) {
      const theirs: Promise<number | null>[] = [];
      const ours: Promise<number>[] = [];
      for (let i = 0; i < 60; i++) {
        const child = spawn(t.witness, ["exit", String(i)], { stdio: "ignore" });
        theirs.push(new Promise((resolve) => child.on("exit", resolve)));
        ours.push(t.spawn([t.witness, "exit", String(100 + i)], { stdout: "ignore" }).exited);
        if (i % 10 !== 0) continue;
        assert.equal(spawnSync(t.witness, ["exit", "7"]).status, 7);
        assert.equal(t.spawnSync([t.witness, "exit", "8"]).exitCode, 8);
      }
      assert.deepEqual(
        await Promise.all(theirs),
        Array.from({ length: 60 }, (_, i) => i),
      );
      assert.deepEqual(
        await Promise.all(ours),
        Array.from({ length: 60 }, (_, i) => 100 + i),
      );
    },
  },
  {
    name: "a handler for SIGCHLD, and signals that arrive during spawns, disturb nothing",
    async run(t) {
      let seen = 0;
      const note = (): void => {
        seen++;
      };
      process.on("SIGCHLD", note);
      process.on("SIGUSR2", note);
      const timer = setInterval(() => process.kill(process.pid, "SIGUSR2"), 1);
      try {
        for (let i = 0; i < 100; i++) {
          assert.equal(await t.spawn([t.witness, "exit", String(i)], { stdout: "ignore" }).exited, i);
          const report = i % 25 === 0 ? await t.report() : undefined;
          if (report) assert.deepEqual([report.signals.caught, report.signals.mask], [[], []]);
        }
      } finally {
        clearInterval(timer);
        process.off("SIGCHLD", note);
        process.off("SIGUSR2", note);
      }
      assert.ok(seen > 0);
    },
  },
];
export default cases;
