import type { Api } from "../apis.ts";
import { type Case, finished } from "../harness.ts";
import type { Report } from "../report.ts";
import { assert, parent } from "../tools.ts";
import { createPool } from "ringspawn/pool";
import type { EngineName } from "ringspawn";

/** The part of a report that two children have in common, one of which was started by this API. */
function comparable({ pid, sid, pgid, fds, env, signals, ...same }: Report, own: Api): unknown {
  return {
    ...same,
    leads: [sid === pid, pgid === pid],
    // Kinds differ, and so does what leaks, which has high numbers here.
    fds: fds.map(({ fd }) => fd).filter((fd) => fd < 10),
    env: own.keepsEnvOrder ? env : env.toSorted(),
    mask: signals.mask,
    caught: signals.caught,
    ignored: signals.ignored.filter((signal) => !own.leavesIgnored.includes(signal)),
  };
}

const cases: Case[] = [
  {
    name: "engines() lists all three in the order of auto, and says why one is not available",
    run(t) {
      const list = t.engines();
      assert.deepEqual(
        list.map(({ name }) => name),
        ["io_uring", "vfork", "runtime"],
      );
      for (const { name, available, reason } of list) {
        if (available) assert.equal(reason, undefined, name);
        else assert.match(reason ?? "", /\w+ \w+/, `${name}: ${reason}`);
      }
      assert.ok(list.find(({ name }) => name === t.ENGINE)?.available);
    },
  },
  {
    name: "auto takes the first engine that is available",
    async run(t) {
      const first = t.engines().find(({ available }) => available)?.name;
      const { Command, ENGINE } = t;
      const auto = t.spawnAny([t.witness, "exit", "0"], { engine: "auto", stdout: "ignore" });
      const child = new Command(t.witness, { args: ["exit", "0"] }).spawn();
      assert.deepEqual([auto.engine, child.engine], [first, first]);
      await Promise.all([auto.exited, child.status]);
      const ordered = t.spawnAny([t.witness, "exit", "0"], { engine: [ENGINE, "runtime"], stdout: "ignore" });
      assert.equal(ordered.engine, ENGINE);
      await ordered.exited;
    },
  },
  {
    name: "auto passes over an engine that cannot serve the request",
    async run(t) {
      const child = t.spawnAny([t.witness, "exit", "0"], {
        engine: ["runtime", "vfork"],
        setup: { umask: 0 },
        stdout: "ignore",
      });
      assert.equal(child.engine, "vfork");
      await child.exited;
    },
  },
  {
    name: "createPool refuses engines that cannot prespawn a child, and names the one that can",
    run(t) {
      const ring = t.engines().find(({ name }) => name === "io_uring");
      for (const engine of ["vfork", "runtime", ["vfork", "runtime"], "auto"] as const) {
        // Where io_uring is available, auto takes it; lab/pool.ts has cases of that.
        if (engine === "auto" && ring?.available) continue;
        const refusal = t.refusal(() => createPool({ size: 1, engine }));
        assert.match(refusal.message, /(vfork|runtime): only io_uring can have a child wait for its program/);
        assert.match(refusal.message, ring?.available ? /; io_uring could$/ : /; no other engine could here$/);
        if (engine === "auto") assert.ok(refusal.message.includes(`io_uring: ${ring?.reason}`), refusal.message);
      }
    },
  },
  {
    name: "copies of the package in one process work side by side, and each ends with its environment",
    timeout: 60_000,
    async run(t) {
      const { stdout, code, stderr } = await t.program("copies");
      assert.equal(code, 0, stderr);
      assert.equal(stdout, `3 copies ${t.ENGINE}\n`);
    },
  },
  {
    name: "RINGSPAWN_ENGINE chooses by default, and the option engine overrules it",
    async run(t) {
      const spawnWith = async (variable: string | undefined, option?: EngineName): Promise<string> => {
        if (variable === undefined) delete parent.env["RINGSPAWN_ENGINE"];
        else parent.env["RINGSPAWN_ENGINE"] = variable;
        try {
          const child = t.spawnAny([t.witness, "exit", "0"], { stdout: "ignore", ...(option && { engine: option }) });
          await child.exited;
          return child.engine;
        } finally {
          delete parent.env["RINGSPAWN_ENGINE"];
        }
      };
      assert.equal(await spawnWith(t.ENGINE), t.ENGINE);
      assert.equal(await spawnWith("runtime"), "runtime");
      assert.equal(await spawnWith("runtime, vfork"), "runtime");
      assert.equal(await spawnWith("runtime", t.ENGINE), t.ENGINE);
      assert.equal(await spawnWith(""), await spawnWith(undefined));
      await assert.rejects(spawnWith("forkvm"), /RINGSPAWN_ENGINE.*"forkvm"/);
    },
  },
  {
    name: "every handle and every result tells which engine ran it",
    async run(t) {
      const child = t.spawn([t.witness, "exit", "0"], { stdout: "ignore" });
      assert.equal(child.engine, t.ENGINE);
      await child.exited;
      const command = t.command(t.witness, { args: ["exit", "0"] });
      const handle = command.spawn();
      assert.equal(handle.engine, t.ENGINE);
      await handle.status;
      assert.equal((await command.output()).engine, t.ENGINE);
      assert.equal(command.outputSync().engine, t.ENGINE);
      assert.equal(t.spawnSync([t.witness, "exit", "0"]).engine, t.ENGINE);
    },
  },
  {
    name: "the child is the same as one of the engine runtime, in everything that both can do",
    async run(t) {
      const options = [
        {},
        { cwd: t.dir },
        { env: { A: "1", Ü: "ü", EMPTY: "" } },
        { argv0: "other" },
        { detached: true },
        { stdin: "pipe" as const },
        { setup: { fds: { 3: "null" as const, 7: { file: t.witness } } } },
      ];
      for (const option of options) {
        const lacking = t.lacks(option, "runtime");
        if (lacking !== undefined) {
          t.refuses(lacking, () => t.spawnAny([t.witness], { ...option, engine: "runtime" }));
          continue;
        }
        if (t.ENGINE === "runtime") continue;
        const reports = [];
        for (const engine of ["runtime", t.ENGINE] as const) {
          const child = t.spawnAny([t.witness, "one", ""], {
            stdin: "ignore",
            stdout: "pipe",
            stderr: "pipe",
            ...option,
            engine,
          });
          assert.equal(child.engine, engine);
          void child.stdin?.end();
          const report = JSON.parse((await finished(child)).stdout) as Report;
          reports.push(comparable(report, t.runtime.own));
        }
        assert.deepEqual(reports[1], reports[0], JSON.stringify(option));
      }
    },
  },
];
export default cases;
