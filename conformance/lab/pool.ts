import { createPool } from "ringspawn/pool";
import type { StartedProcess, StartOptions } from "ringspawn";
import type { Pool, PoolOptions } from "ringspawn/pool";
import { type Case, finished, type T } from "../harness.ts";
import type { Report } from "../report.ts";
import { alive, assert, children, fs, leavesNothing, os, parent, path, until } from "../tools.ts";

/** Makes a pool on the engine of this cell, and disposes of it when the work is done. */
async function withPool(t: T, options: Partial<PoolOptions>, work: (pool: Pool) => Promise<void>): Promise<void> {
  const pool = createPool({ size: 3, engine: t.ENGINE, stdin: "null", stdout: "piped", stderr: "null", ...options });
  try {
    await until("all wait", () => pool.stats().waiting === (options.size ?? 3));
    await work(pool);
  } finally {
    await pool[Symbol.asyncDispose]();
  }
  assert.equal(pool.stats().waiting, 0);
}

function run(t: T, pool: Pool, args: readonly string[], options: StartOptions = {}): StartedProcess {
  const child = pool.spawn(t.witness, { args, ...options });
  assert.equal(child.engine, t.ENGINE, "another engine has it");
  return child;
}

async function report(child: StartedProcess): Promise<Report> {
  const { code, stdout } = await child.output();
  assert.equal(code, 0);
  return JSON.parse(new TextDecoder().decode(stdout)) as Report;
}

const cases: Case[] = [
  {
    name: "a prespawned child becomes the program, with its args, env and cwd",
    run: (t) =>
      withPool(t, {}, async (pool) => {
        const waiting = [...children().keys()];
        assert.equal(waiting.length, 3);
        const child = run(t, pool, ["a b", "ü"], { env: { ONLY: "here" }, clearEnv: true, cwd: t.dir });
        await child.started;
        assert.ok(waiting.includes(child.pid ?? 0), "it was not one of those that waited");
        const { argv, env, cwd, pid } = await report(child);
        assert.deepEqual([argv.slice(-2), env], [["a b", "ü"], ["ONLY=here"]]);
        assert.deepEqual([cwd, pid], [fs.realpathSync(t.dir), child.pid]);
        const { served, passedOn } = pool.stats();
        assert.deepEqual([served, passedOn], [1, 0]);
      }),
  },
  {
    name: "without env the program has the parent's environment of its start, not of the child's birth",
    run: (t) =>
      withPool(t, {}, async (pool) => {
        parent.env["CONFORMANCE_POOL"] = "later";
        try {
          const { env } = await report(run(t, pool, []));
          assert.ok(env.includes("CONFORMANCE_POOL=later"));
        } finally {
          delete parent.env["CONFORMANCE_POOL"];
        }
        assert.equal(pool.stats().served, 1);
      }),
  },
  {
    name: "the program has the setup and stdio of the pool, and no other fd",
    run: (t) =>
      withPool(t, { setup: { limits: { nofile: 77 }, priority: 4, umask: 0o27, fds: { 5: "null" } } }, async (pool) => {
        const { limits, nice, umask, fds, signals } = await report(run(t, pool, []));
        assert.deepEqual(limits["nofile"], ["77", "77"]);
        assert.deepEqual([nice, umask, fds.map(({ fd }) => fd)], [4, 0o27, [0, 1, 2, 5]]);
        assert.deepEqual([signals.mask, signals.ignored], [[], []]);
        assert.equal(pool.stats().served, 1);
      }),
  },
  {
    name: "a missing command and a missing cwd are told as by start, and nothing is left",
    run: (t) =>
      withPool(t, {}, async (pool) => {
        await assert.rejects(pool.spawn("/nonexistent/x").started, { code: "ENOENT", step: "file", engine: t.ENGINE });
        await assert.rejects(pool.spawn("nonexistent-command").started, { code: "ENOENT", step: "file" });
        await assert.rejects(run(t, pool, [], { cwd: "/nonexistent" }).started, {
          code: "ENOENT",
          step: "cwd",
          path: "/nonexistent",
        });
        assert.equal(pool.stats().served, 3);
      }),
  },
  {
    name: "a program that finds no prespawned child is started in the ordinary way, and counted",
    run: (t) =>
      withPool(t, {}, async (pool) => {
        const all = Array.from({ length: 10 }, (_, i) => run(t, pool, ["exit", String(i)]));
        const codes = await Promise.all(all.map(async (child) => (await child.output()).code));
        assert.deepEqual(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        const { served, passedOn, unlike } = pool.stats();
        assert.deepEqual([served, passedOn, unlike], [3, 7, 0]);
        await until("three wait again", () => pool.stats().waiting === 3);
      }),
  },
  {
    name: "a program that needs other stdio than the pool has is started in the ordinary way, with the pool's setup",
    run: (t) =>
      withPool(t, { setup: { umask: 0o27 } }, async (pool) => {
        const file = path.join(t.dir, "report");
        const child = run(t, pool, ["report", file], { stdout: "null" });
        assert.equal((await child.status).code, 0);
        assert.equal((JSON.parse(fs.readFileSync(file, "utf8")) as Report).umask, 0o27);
        const { served, passedOn, unlike } = pool.stats();
        assert.deepEqual([served, passedOn, unlike], [0, 1, 1]);
      }),
  },
  {
    name: "prespawned children are not used once the parent has changed",
    needs: ["root"],
    run: (t) =>
      withPool(t, {}, async (pool) => {
        const before = os.getPriority();
        os.setPriority(before + 2);
        try {
          const { nice } = await report(run(t, pool, []));
          assert.equal(nice, before + 2);
          const { served, passedOn, stale } = pool.stats();
          assert.deepEqual([served, passedOn, stale], [0, 1, 1]);
          await until("three wait again", () => pool.stats().waiting === 3);
          assert.equal((await report(run(t, pool, []))).nice, before + 2);
          assert.equal(pool.stats().served, 1);
        } finally {
          os.setPriority(before);
        }
      }),
  },
  {
    name: "a prespawned child that is killed is replaced",
    run: (t) =>
      withPool(t, {}, async (pool) => {
        for (const pid of children().keys()) parent.kill(pid, "SIGKILL");
        await until("all are replaced", () => pool.stats().lost === 3 && pool.stats().waiting === 3);
        assert.equal((await run(t, pool, ["exit", "6"]).output()).code, 6);
        assert.equal(pool.stats().served, 1);
      }),
  },
  {
    name: "disposal ends the prespawned children and no running one, and then nothing is started any more",
    async run(t) {
      const pool = createPool({ size: 2, engine: t.ENGINE, stdin: "piped", stdout: "null" });
      const child = run(t, pool, ["cat"]);
      await child.started;
      await pool[Symbol.asyncDispose]();
      assert.deepEqual([...children().keys()], [child.pid]);
      assert.throws(() => pool.spawn(t.witness), TypeError);
      await child.stdin.close();
      assert.equal((await child.status).code, 0);
    },
  },
  {
    name: "10,000 uses leave no fd, no zombie and no memory",
    slow: true,
    timeout: 60_000,
    run: (t) =>
      withPool(t, { size: 32, stdout: "null" }, async (pool) => {
        // As many on a slow machine, too: a use is cheap, and a pool must bear ten thousand.
        const uses = 10_000;
        const round = async (count: number): Promise<void> => {
          let left = count;
          const lane = async (): Promise<void> => {
            while (left-- > 0) assert.equal((await run(t, pool, ["exit", "3"]).status).code, 3);
          };
          await Promise.all(Array.from({ length: 16 }, lane));
          await until("all wait again", () => pool.stats().waiting === 32);
        };
        await round(uses / 4);
        await leavesNothing(round, (uses / 4) * 3);
        const { served, passedOn, unlike, stale, lost } = pool.stats();
        assert.ok(served + passedOn >= uses);
        assert.ok(served > 9 * passedOn, `${served} served, ${passedOn} passed on`);
        assert.deepEqual([unlike, stale, lost], [0, 0, 0]);
      }),
  },
  {
    name: "no prespawned child is left when the program is killed, crashes, or ends without disposing",
    timeout: 20_000,
    async run(t) {
      for (const how of ["killed", "aborts", "throws", "ends"]) {
        const { stdout, code, signal } = await finished(
          t.spawn([...t.plan.command, path.join(t.plan.root, "programs", `pool${t.plan.extension}`), t.ENGINE, how], {
            stdin: "ignore",
            stdout: "pipe",
            stderr: how === "killed" || how === "ends" ? "inherit" : "ignore",
          }),
        );
        const pids = stdout.trim().split(" ").map(Number);
        assert.equal(pids.length, 4, stdout);
        if (how === "killed") assert.equal(signal, "SIGKILL");
        // A runtime may handle the signal or the error, and end in its own way.
        else assert.equal(code === 0, how === "ends", `${how}: ${code} ${String(signal)}`);
        await until("no child is left", () => !pids.some(alive));
      }
    },
  },
];
export default cases;
