/** The names that programs know from the APIs whose shape ours has. */
import * as names from "ringspawn/deno";
import { ChildProcess } from "ringspawn";
import { type Case, closeFd, finished, textOf } from "../harness.ts";
import { assert, collector, fs, inspector, openFds, path, until } from "../tools.ts";

const text = new TextDecoder();

const cases: Case[] = [
  {
    name: "what Command starts is an instance of ChildProcess, which nobody else can make",
    async run(t) {
      const child = t.command(t.witness, { args: ["exit", "3"] }).spawn();
      assert.ok(child instanceof ChildProcess, "the child is none");
      assert.equal(Object.getPrototypeOf(child), ChildProcess.prototype);
      assert.equal(ChildProcess.name, "ChildProcess");
      assert.equal(names.ChildProcess, ChildProcess);
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
    name: "spawn, spawnAndWait and spawnAndWaitSync take arguments beside the command or in the options",
    async run(t) {
      const engine = t.ENGINE;
      const args = ["-c", 'printf "%s|" "$@"; echo error >&2; exit 3', "sh", "a", "b c"];
      const out = { stdout: "piped", stderr: "piped" } as const;
      const children = [names.spawn("sh", { args, engine, ...out }), names.spawn("sh", args, { engine, ...out })];
      for (const child of children) {
        assert.ok(child instanceof ChildProcess, "the child is none");
        const { code, stdout, stderr } = await child.output();
        assert.deepEqual(
          [child.engine, code, text.decode(stdout), text.decode(stderr)],
          [engine, 3, "a|b c|", "error\n"],
        );
      }
      const outputs = [
        await names.spawnAndWait("sh", { args, engine }),
        await names.spawnAndWait("sh", args, { engine }),
        names.spawnAndWaitSync("sh", { args, engine }),
        names.spawnAndWaitSync("sh", args, { engine }),
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
      for (const run of [names.spawn, names.spawnAndWait, names.spawnAndWaitSync]) {
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
  {
    name: 'stdio: "pipe" and "socket-fd" beyond 2 are sockets, of which the handle has the fd',
    async run(t) {
      const stdio = ["ignore", "ignore", "inherit", "pipe", "socket-fd", "ignore", "pipe"] as const;
      const child = t.spawn(["sh", "-c", "read line <&3; echo got $line >&3; cat <&4 >&6"], { stdio });
      const fds = child.stdio.slice(3);
      const [three, four, five, six] = fds;
      assert.ok(typeof three === "number" && typeof four === "number" && typeof six === "number", String(fds));
      assert.equal(five, null);
      assert.deepEqual(child.stdio.slice(3), fds, "another number at the second look");
      // Programs of its own have the other ends, because not every runtime reads an fd that it has not opened.
      const talk = "echo hello; read line; echo $line >&2";
      const peer = t.spawnAny(["sh", "-c", talk], { stdin: three, stdout: three, stderr: "pipe" });
      assert.equal(await textOf(peer.stderr), "got hello\n");
      assert.equal(await t.spawnAny(["printf", "through"], { stdout: four }).exited, 0);
      await closeFd(t, four);
      assert.equal(await child.exited, 0);
      assert.equal(await textOf(t.spawnAny(["cat"], { stdin: six }).stdout), "through");
      for (const fd of [three, six]) await closeFd(t, fd);
    },
  },
  {
    name: "to print a handle takes nothing: the fds of its pipes are closed with it where nobody reads stdio",
    timeout: 20_000,
    async run(t) {
      const inspect = await inspector();
      const stdio = ["ignore", "ignore", "inherit", "pipe"] as const;
      const all: (readonly [number, WeakRef<{ readonly stdio: readonly unknown[] }>])[] = [];
      /** A child that has been printed, and that nobody has any more, and the fd that it had. */
      const printed = async (): Promise<(typeof all)[number]> => {
        const child = t.spawn(["true"], { stdio });
        const text = inspect(child);
        const [, fd] = /stdio: \[\s*null,\s*null,\s*null,\s*(\d+),?\s*\]/.exec(text) ?? assert.fail(text);
        assert.equal(await child.exited, 0);
        return [Number(fd), new WeakRef(child)] as const;
      };
      for (let i = 0; i < 10; i++) all.push(await printed());
      const collect = await collector();
      const open = (): typeof all => all.filter(([fd]) => openFds().has(fd));
      await until("they are closed", () => {
        collect();
        // One may still be on the stack.
        return open().length <= 1;
      });
      for (const child of open().flatMap(([, ref]) => ref.deref() ?? [])) await closeFd(t, child.stdio[3] as number);
      assert.ok(inspect(t.command("true").spawn()).startsWith("ChildProcess {"), "a handle of the other shape");
    },
  },
  {
    name: "stdio: bytes beyond 2 are what the child reads there",
    async run(t) {
      const large = new Uint8Array(300_000).fill(65);
      const stdio = ["ignore", "pipe", "inherit", new TextEncoder().encode("three"), large] as const;
      const child = t.spawn(["sh", "-c", "cat <&3; wc -c <&4"], { stdio });
      const { code, stdout } = await finished(child);
      assert.deepEqual(
        [code, stdout.replace(/\s/g, ""), child.stdio],
        [0, "three300000", [null, null, null, null, null]],
      );
    },
  },
  {
    name: "stdio: bytes beyond 2 are what the child of a blocking call reads there",
    run(t) {
      const stdio = ["ignore", "pipe", "inherit", new TextEncoder().encode("three")] as const;
      assert.equal(text.decode(t.spawnSync(["sh", "-c", "cat <&3"], { stdio }).stdout), "three");
    },
  },
  {
    name: 'stdio: "pipe" beyond 2 takes what the child of a blocking call writes, and gives it nothing',
    run(t) {
      const stdio = ["ignore", "pipe", "inherit", "pipe"] as const;
      const result = t.spawnSync(["sh", "-c", "echo three >&3 && cat <&3 | wc -c"], { stdio });
      assert.deepEqual([result.exitCode, text.decode(result.stdout).trim()], [0, "0"]);
      assert.throws(() => t.spawnSync(["true"], { stdio: ["ignore", "pipe", "inherit", "socket-fd"] }), {
        message: "stdio[3]: 'socket-fd' cannot be used with spawnSync",
      });
    },
  },
  {
    name: "a blocking call takes a Blob, a Response and a Request as stdin, where their bytes can be read at once",
    run(t) {
      const request = new Request("http://x/", { method: "POST", body: "request" });
      for (const [stdin, expected] of [
        [new Blob(["a ", "blob"]), "a blob"],
        [new Response("response"), "response"],
        [request, "request"],
      ] as const) {
        const run = (): string => text.decode(t.spawnSync([t.witness, "cat"], { stdin }).stdout);
        if (t.runtime.readsBlobs) assert.equal(run(), expected);
        else assert.throws(run, { name: "TypeError", code: "ERR_INVALID_ARG_TYPE", message: /^stdin must be / });
      }
    },
  },
  {
    name: "a Blob with the name of a file here is its own bytes: that file is neither read nor written",
    async run(t) {
      const name = path.join(t.dir, "named");
      fs.writeFileSync(name, "of the file");
      const blobs = [Object.assign(new Blob(["of the blob"]), { name }), new File(["of the blob"], name)];
      for (const blob of blobs) {
        // What a real file of a runtime prints as, for whoever would believe it.
        const forged = { value: () => `FileRef ("${name}") {\n  type: "a/a"\n}` };
        Object.defineProperty(blob, Symbol.for("nodejs.util.inspect.custom"), forged);
        const child = t.spawn([t.witness, "cat"], { stdin: blob });
        assert.equal(await textOf(child.stdout), "of the blob");
        for (const option of ["stdout", "stderr"]) {
          const options = { [option]: blob };
          const refusal = {
            name: "TypeError",
            message: `${option}: Blobs are immutable, and cannot be used for stdout/stderr`,
          };
          assert.throws(() => t.spawn([t.witness, "report", t.mark], options), refusal);
          assert.throws(() => t.spawnSync([t.witness, "report", t.mark], options), refusal);
        }
      }
      assert.deepEqual([fs.readFileSync(name, "utf8"), fs.existsSync(t.mark)], ["of the file", false]);
    },
  },
  {
    name: "the handle, its stdin and its usage are told apart and listed as the original's are",
    async run(t) {
      const child = t.spawn([t.witness, "cat"], { stdin: "pipe" });
      const members = ["connected", "disconnect", "exitCode", "exited", "kill", "killed", "pid", "readable", "ref"];
      const more = ["resourceUsage", "send", "signalCode", "stderr", "stdin", "stdio", "stdout", "terminal", "unref"];
      const listed = (object: object): string[] => {
        const names = [];
        for (const name in object) names.push(name);
        return names;
      };
      assert.deepEqual(listed(child), [...members, ...more, "writable"]);
      assert.deepEqual(listed(child.stdin), ["close", "flush", "end", "start", "write", "ref", "unref"]);
      assert.deepEqual([Object.keys(child), Object.keys(child.stdin)], [[], []]);
      assert.equal(child.constructor.name, "Object");
      child.stdin.close();
      await child.exited;
      const tags = [child, child.stdin].map((object) => Object.prototype.toString.call(object));
      assert.deepEqual(tags, ["[object Subprocess]", "[object FileSink]"]);
      const usage = child.resourceUsage();
      assert.equal(usage === undefined, !t.api.usage);
      if (usage !== undefined) assert.equal(Object.prototype.toString.call(usage), "[object ResourceUsage]");
    },
  },
];
export default cases;
