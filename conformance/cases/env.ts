import type { Case } from "../harness.ts";
import type { Report } from "../report.ts";
import { assert, envOf, parent } from "../tools.ts";

function parsed(bytes: Uint8Array): Report {
  return JSON.parse(new TextDecoder().decode(bytes)) as Report;
}

const cases: Case[] = [
  {
    name: "the child inherits the whole environment of the parent by default",
    async run(t) {
      const env = envOf(await t.report());
      assert.deepEqual(env, { ...parent.env });
      assert.equal(env["CONFORMANCE"], "inherited");
    },
  },
  {
    name: "spawn's env replaces the parent's environment",
    async run(t) {
      assert.deepEqual((await t.report({ env: { A: "1", B: "two words" } })).env.toSorted(), ["A=1", "B=two words"]);
    },
  },
  {
    name: "with an empty env the child has no variables",
    async run(t) {
      assert.deepEqual((await t.report({ env: {} })).env, []);
    },
  },
  {
    name: "spawn leaves out variables whose value is undefined",
    async run(t) {
      assert.deepEqual((await t.report({ env: { A: "1", GONE: undefined } })).env, ["A=1"]);
    },
  },
  {
    name: "Command's env is merged over the parent's",
    async run(t) {
      const { stdout } = await t.command(t.witness, { env: { ADDED: "yes", CONFORMANCE: "changed" } }).output();
      assert.deepEqual(envOf(parsed(stdout)), { ...parent.env, ADDED: "yes", CONFORMANCE: "changed" });
    },
  },
  {
    name: "Command's clearEnv leaves only env",
    async run(t) {
      const { stdout } = await t.command(t.witness, { clearEnv: true, env: { ONLY: "this" } }).output();
      assert.deepEqual(parsed(stdout).env, ["ONLY=this"]);
      const none = await t.command(t.witness, { clearEnv: true }).output();
      assert.deepEqual(parsed(none.stdout).env, []);
    },
  },
  {
    name: "odd names and values arrive as given",
    async run(t) {
      const env = { "a.b-c d": "odd", ünï: "😀", EMPTY: "", EQUALS: "a=b==", LINES: "1\n2\n", "%": "%" };
      const got = (await t.report({ env })).env.toSorted();
      assert.deepEqual(
        got,
        Object.entries(env)
          .map(([name, value]) => `${name}=${value}`)
          .toSorted(),
      );
    },
  },
  {
    name: "a value of 100 KiB and a thousand variables arrive whole",
    async run(t) {
      const env: Record<string, string> = { BIG: "z".repeat(100 * 1024) };
      for (let i = 0; i < 1000; i++) env[`V${i}`] = `${i}`;
      assert.deepEqual(envOf(await t.report({ env })), env);
    },
  },
  {
    name: "the next child sees a change of the parent's environment, unless spawn here hands on that of the start",
    async run(t) {
      const seen = async (): Promise<unknown> => [
        envOf(await t.report())["CONFORMANCE_CHANGED"],
        envOf(parsed(t.spawnSync([t.witness]).stdout))["CONFORMANCE_CHANGED"],
        envOf(parsed((await t.command(t.witness).output()).stdout))["CONFORMANCE_CHANGED"],
      ];
      const bySpawn = (value: string): string | undefined => (t.runtime.spawnEnv === "at the call" ? value : undefined);
      try {
        for (const value of ["first", "second"]) {
          parent.env["CONFORMANCE_CHANGED"] = value;
          assert.deepEqual(await seen(), [bySpawn(value), bySpawn(value), value]);
        }
      } finally {
        delete parent.env["CONFORMANCE_CHANGED"];
      }
      assert.deepEqual(await seen(), [undefined, undefined, undefined]);
    },
  },
  {
    name: "a child's environment is whole while another thread changes it",
    // A runtime whose own spawn takes the lock of the environment waits for that thread each time.
    timeout: 30_000,
    async run(t) {
      const { stdout, stderr } = await t.program("changing-env", [], [], { env: { ...parent.env, STEADY: "yes" } });
      assert.equal(stdout, "[]\n", stderr);
    },
  },
  {
    name: "an environment that the program has put in place of its own is what children get, as by the runtime itself",
    async run(t) {
      const { code, stdout, stderr } = await t.program("replaced-env");
      assert.equal(code, 0, stderr);
      const { own, ours } = JSON.parse(stdout) as { own: string; ours: Record<string, string> };
      assert.deepEqual(Object.keys(ours), ["output", "outputSync", "start"]);
      for (const [call, env] of Object.entries(ours)) assert.equal(env, own, call);
    },
  },
  {
    name: "the child's own PATH decides where its command is found",
    async run(t) {
      const dir = t.witness.slice(0, t.witness.lastIndexOf("/"));
      const report = await t.report({ env: { PATH: dir } }, [], "witness");
      assert.equal(report.exe, t.witness);
      const error = t.fails(() => t.spawn(["witness"], { env: { PATH: "/nonexistent" } }));
      assert.equal(error.code, "ENOENT");
      // Where `env` has no PATH, the parent's PATH is searched.
      const saved = parent.env["PATH"];
      parent.env["PATH"] = dir;
      try {
        assert.equal((await t.report({ env: { NO: "path" } }, [], "witness")).exe, t.witness);
      } finally {
        parent.env["PATH"] = saved;
      }
    },
  },
  {
    name: "an entry of PATH that is not UTF-8 is never passed over for a program behind it",
    needs: ["/bin/sh"],
    async run(t) {
      // Only a shell can set such a variable.
      const script = `cd '${t.dir}'; middle="$(printf 'middle\\377')"; mkdir early "$middle" late
        for file in early/both "$middle/both" late/both "$middle/late" late/late; do
          printf '#!/bin/sh\\necho %s' "\${file%%/*}" >"$file"; chmod +x "$file"
        done
        PATH="$PWD/early:$PWD/$middle:$PWD/late:$PATH" exec "$0" "$@"`;
      const { code, stdout, stderr } = await t.program("misread-path", [], [], {}, ["/bin/sh", "-c", script]);
      assert.deepEqual([code, stderr], [0, ""]);
      const [both, late] = JSON.parse(stdout) as [string, string];
      assert.ok(both === "early" || both === "refused", both);
      assert.equal(late, "refused");
    },
  },
];
export default cases;
