/** The names that programs know from the APIs whose shape ours has. */
import * as deno from "ringspawn/deno";
import { ChildProcess } from "ringspawn";
import type { Case } from "../harness.ts";
import { assert, fs } from "../tools.ts";

const text = new TextDecoder();

const cases: Case[] = [
  {
    name: "what Command starts is an instance of ChildProcess, which nobody else can make",
    async run(t) {
      const child = t.command(t.witness, { args: ["exit", "3"] }).spawn();
      assert.ok(child instanceof ChildProcess, "the child is none");
      assert.equal(Object.getPrototypeOf(child), ChildProcess.prototype);
      assert.equal(ChildProcess.name, "ChildProcess");
      assert.equal(deno.ChildProcess, ChildProcess);
      assert.equal((await child.status).code, 3);
      for (const args of [[], [null, {}], [{ pid: 1 }]]) {
        assert.throws(() => Reflect.construct(ChildProcess, args), {
          name: "TypeError",
          message: "Illegal constructor",
        });
      }
      class Derived extends ChildProcess {}
      assert.throws(() => new Derived(), { message: "Illegal constructor" });
    },
  },
  {
    name: "Deno's spawn, spawnAndWait and spawnAndWaitSync take arguments beside the command or in the options",
    async run(t) {
      const engine = t.ENGINE;
      const args = ["-c", 'printf "%s|" "$@"; echo error >&2; exit 3', "sh", "a", "b c"];
      const out = { stdout: "piped", stderr: "piped" } as const;
      const children = [deno.spawn("sh", { args, engine, ...out }), deno.spawn("sh", args, { engine, ...out })];
      for (const child of children) {
        assert.ok(child instanceof ChildProcess, "the child is none");
        const { code, stdout, stderr } = await child.output();
        assert.deepEqual(
          [child.engine, code, text.decode(stdout), text.decode(stderr)],
          [engine, 3, "a|b c|", "error\n"],
        );
      }
      const outputs = [
        await deno.spawnAndWait("sh", { args, engine }),
        await deno.spawnAndWait("sh", args, { engine }),
        deno.spawnAndWaitSync("sh", { args, engine }),
        deno.spawnAndWaitSync("sh", args, { engine }),
      ];
      for (const { engine: ran, code, stdout, stderr } of outputs) {
        assert.deepEqual([ran, code, text.decode(stdout), text.decode(stderr)], [engine, 3, "a|b c|", "error\n"]);
      }
    },
  },
  {
    name: "arguments that are given twice start nothing",
    run(t) {
      const options = { args: ["report", t.mark], engine: t.ENGINE };
      for (const run of [deno.spawn, deno.spawnAndWait, deno.spawnAndWaitSync]) {
        // The types forbid it, too.
        const call = run as (command: string, args: readonly string[], options: object) => unknown;
        assert.throws(() => call(t.witness, ["report", t.mark], options), {
          name: "TypeError",
          message: "Passing 'args' in options is not allowed when args are passed as a separate argument",
        });
      }
      assert.equal(fs.existsSync(t.mark), false, "it ran");
    },
  },
];
export default cases;
