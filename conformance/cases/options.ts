/** Options as hostile or careless programs give them: of another realm, polluted, sparse, throwing, without end. */
import { expectedLines } from "../programs/children-end.ts";
import type { Polluted } from "../programs/polluted.ts";
import { type Case, finished } from "../harness.ts";
import { assert, children, fs, path, vm } from "../tools.ts";

/** A value of another realm: none of this realm's classes knows it by `instanceof`. */
const foreign = (code: string): unknown => vm.runInNewContext(code);

const cases: Case[] = [
  {
    name: "an ArrayBuffer of another realm is input like any other",
    async run(t) {
      const stdin = foreign("new Uint8Array([104, 105, 10]).buffer") as ArrayBuffer;
      assert.ok(!(stdin instanceof ArrayBuffer), "the buffer is of this realm");
      const child = t.spawn(["cat"], { stdin });
      assert.equal((await finished(child)).stdout, "hi\n");
    },
  },
  {
    name: "shared memory of another realm can be written to a child",
    async run(t) {
      const shared = foreign("const b = new SharedArrayBuffer(3); new Uint8Array(b).set([104, 105, 10]); b");
      assert.ok(!(shared instanceof SharedArrayBuffer), "the buffer is of this realm");
      const child = t.spawn(["cat"], { stdin: "pipe", stdout: "pipe" });
      void child.stdin.write(shared as SharedArrayBuffer);
      await child.stdin.end();
      assert.equal((await finished(child)).stdout, "hi\n");
    },
  },
  {
    name: "a chunk of another realm can be written",
    async run(t) {
      const child = t.command("cat", { stdin: "piped", stdout: "piped" }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(foreign("new Uint8Array([104, 105, 10]).buffer") as Uint8Array);
      await writer.close();
      assert.equal(await child.stdout.text(), "hi\n");
      await child.status;
    },
  },
  {
    name: "what a program puts on Object.prototype is no option",
    async run(t) {
      const polluted = ["env", "cwd", "argv0", "uid", "setup", "detached", "stdin", "timeout", "level"];
      for (const key of polluted)
        Object.defineProperty(Object.prototype, key, { value: "polluted", configurable: true, writable: true });
      try {
        const report = await t.report({ stdin: "ignore", stdout: "pipe", stderr: "pipe" });
        assert.equal(report.argv[0], t.witness);
        const { code } = await t.command(t.witness, { args: ["exit", "3"] }).output();
        assert.equal(code, 3);
        assert.equal(await t.spawnAny([t.witness, "exit", "5"]).exited, 5, "without options");
      } finally {
        for (const key of polluted) Reflect.deleteProperty(Object.prototype, key);
      }
    },
  },
  {
    name: "what a program puts on Object.prototype changes nothing that a spawn comes to",
    slow: true,
    timeout: 240_000,
    async run(t) {
      const { stdout, code, stderr } = await t.program("polluted", [path.join(t.dir, "runs")]);
      assert.equal(code, 0, stderr);
      const { changed, leftOut, noStreams, usual, children } = JSON.parse(stdout) as Polluted;
      assert.deepEqual(changed, []);
      assert.equal(new Map(usual).get("spawn"), `"in\\nq\\n3${t.ENGINE}", ran 1 times, fd kept`);
      for (const name of noStreams) assert.ok(["get", "set", "value", "writable"].includes(name), name);
      // The runtimes' own spawns are changed by some of the names, and leave children then.
      assert.ok(leftOut.length <= (t.native ? 0 : 30), `left out: ${leftOut.join(" ")}`);
      if (t.native) assert.equal(children, 0, "children are left");
    },
  },
  {
    name: "options may be getters of a class",
    async run(t) {
      class Options {
        get stdout(): "pipe" {
          return "pipe";
        }
      }
      const child = t.spawnAny([t.witness, "exit", "0"], new Options());
      assert.ok(child.stdout instanceof ReadableStream);
      await child.exited;
    },
  },
  {
    name: "every option is read once, before anything is started, so that a getter that throws leaves no child",
    async run(t) {
      for (const key of ["onExit", "lazy", "signal", "timeout", "maxBuffer", "killSignal", "env"]) {
        let reads = 0;
        const options = {
          engine: t.ENGINE,
          get [key](): never {
            reads++;
            throw new Error(`the getter of ${key}`);
          },
        };
        assert.throws(() => t.spawnAny([t.witness, "exit", "0"], options as never), new RegExp(`the getter of ${key}`));
        assert.equal(reads, 1, key);
      }
      assert.equal([...children()].length, 0, "a child was started");
    },
  },
  {
    name: "a signal that throws when it is listened to, or asked whether it is aborted, leaves no child",
    async run(t) {
      const refused = (): never => {
        throw new Error("not this signal");
      };
      let asked = 0;
      const isFirst = (): boolean => (asked++ === 0 ? false : refused());
      const deaf = { aborted: false, addEventListener: refused, removeEventListener: refused };
      const mute = { addEventListener: refused, removeEventListener: refused };
      for (const make of [() => deaf, () => Object.defineProperty({ ...mute }, "aborted", { get: isFirst })]) {
        const starts = {
          spawn: (signal: AbortSignal) => t.spawn([t.witness, "exit", "0"], { signal }),
          Command: (signal: AbortSignal) => t.command(t.witness, { args: ["exit", "0"], signal }).spawn(),
          output: (signal: AbortSignal) => t.command(t.witness, { args: ["exit", "0"], signal }).output(),
          start: (signal: AbortSignal) => t.start(t.witness, { args: ["exit", "0"], signal }),
        };
        for (const [name, start] of Object.entries(starts)) {
          asked = 0;
          assert.throws(() => void start(make() as unknown as AbortSignal), /not this signal/, name);
          assert.deepEqual([...children()], [], name);
        }
      }
    },
  },
  {
    name: "every key of setup and of its fds is read once",
    async run(t) {
      const reads: string[] = [];
      const fds = {
        get 3(): "null" {
          reads.push("fds.3");
          return "null";
        },
      };
      const setup = {
        get umask(): number {
          reads.push("umask");
          return 0o77;
        },
        fds,
      };
      await t.spawn([t.witness, "exit", "0"], { setup }).exited;
      // The harness looks at some of the keys itself, to know what the engine lacks.
      const before = reads.length;
      await t.spawnAny([t.witness, "exit", "0"], { setup, engine: t.ENGINE }).exited;
      assert.deepEqual(reads.slice(before).sort(), ["fds.3", "umask"]);
    },
  },
  {
    name: "a signal to which nobody could stop listening is a usage mistake",
    run(t) {
      const signal = { aborted: false, addEventListener() {} } as unknown as AbortSignal;
      assert.throws(
        () => t.spawnAny([t.witness, "exit", "0"], { signal, engine: t.ENGINE }),
        /signal must be an AbortSignal/,
      );
    },
  },
  {
    name: "children end, and timeouts come, while a test framework has stopped the clocks and timers",
    timeout: 15_000,
    async run(t) {
      const { stdout, code, stderr } = await t.program("fake-timers");
      assert.equal(code, 0, stderr);
      const lines = ["spawn 3", "spawn 3", "start 4", "spawnSync true"];
      assert.deepEqual(
        stdout.trim().split("\n"),
        lines.map((line) => `${line} ${t.ENGINE}`),
      );
    },
  },
  {
    name: "children end, and timeouts come, while clocks and timers are fake, which were so before this was loaded",
    timeout: 20_000,
    async run(t) {
      const { stdout, code, stderr } = await t.program("faked-first", ["sinon"]);
      assert.equal(code, 0, stderr);
      assert.deepEqual(stdout.trim().split("\n"), expectedLines(t.ENGINE));
    },
  },
  {
    name: "a hole in an array is a usage mistake that names its place",
    run(t) {
      const holes = (length: number): number[] => new Array<number>(length);
      const start = (setup: object) => () => t.spawnAny([t.witness, "exit", "0"], { setup, engine: t.ENGINE } as never);
      assert.throws(start({ groups: holes(3) }), /setup\.groups\[0\] must be/);
      assert.throws(start({ groups: Object.assign(holes(2), { 1: 7 }) }), /setup\.groups\[0\] must be/);
      assert.throws(start({ affinity: holes(1) }), /setup\.affinity\[0\] must be/);
      assert.throws(start({ signals: { mask: holes(1) } }), /setup\.signals\.mask\[0\] must be/);
      assert.throws(start({ namespaces: holes(1) }), /setup\.namespaces\[0\] must be/);
      const engine = Object.assign(new Array<string>(2), { 1: t.ENGINE });
      assert.throws(() => t.spawnAny([t.witness, "exit", "0"], { engine } as never), /engine\[0\] must be/);
    },
  },
  {
    name: "an array that only claims its length is refused at once, whatever the length",
    timeout: 5000,
    run(t) {
      const endless: string[] = [];
      endless.length = 2 ** 32 - 1;
      assert.throws(() => t.spawnAny(endless, { engine: t.ENGINE }), RangeError);
      assert.throws(() => t.command(t.witness, { args: endless }).spawn(), RangeError);
      assert.throws(
        () => t.spawnAny([t.witness], { stdio: endless, engine: t.ENGINE } as never),
        /stdio\.length must be/,
      );
      assert.throws(() => t.spawnAny([t.witness], { engine: endless } as never), /engine\.length must be/);
      for (const key of ["groups", "affinity", "namespaces"]) {
        const setup = { [key]: endless };
        assert.throws(
          () => t.spawnAny([t.witness], { setup, engine: t.ENGINE } as never),
          new RegExp(`setup\\.${key}`),
        );
      }
      for (const key of ["default", "ignore", "mask"]) {
        const setup = { signals: { [key]: endless } };
        const named = new RegExp(`setup\\.signals\\.${key}`);
        assert.throws(() => t.spawnAny([t.witness], { setup, engine: t.ENGINE } as never), named);
      }
    },
  },
  {
    name: "kill of spawn sends the default signal for an empty, null or NaN one",
    async run(t) {
      for (const nothing of ["", null, Number.NaN, undefined]) {
        const child = t.spawn([t.witness, "sleep", "20000"], { stdout: "ignore" });
        child.kill(nothing as never);
        await child.exited;
        assert.equal(child.signalCode, "SIGTERM", String(nothing));
      }
    },
  },
  {
    name: "a stream that was read before is refused as stdin, although nothing locks it",
    async run(t) {
      const stream = new Response("once").body as ReadableStream<Uint8Array>;
      const reader = stream.getReader();
      await reader.read();
      reader.releaseLock();
      assert.throws(() => t.spawn(["cat"], { stdin: stream }), { code: "ERR_INVALID_STATE" });
    },
  },
  {
    name: "an option whose name is mistyped is a TypeError that names the right one, and starts nothing",
    run(t) {
      const command = ["report", t.mark];
      const rows: [written: string, meant: string, start: (options: object) => unknown][] = [
        ["stdOut", "stdout", (options) => t.command(t.witness, { args: command, ...options }).spawn()],
        ["clearenv", "clearEnv", (options) => t.command(t.witness, { args: command, ...options }).output()],
        ["argv", "args", (options) => t.command(t.witness, { args: command, ...options }).outputSync()],
        ["tiemout", "timeout", (options) => t.spawn([t.witness, ...command], options)],
        ["timeOut", "timeout", (options) => t.spawn([t.witness, ...command], options)],
        ["setups", "setup", (options) => t.spawn([t.witness, ...command], options)],
        ["maxbuffer", "maxBuffer", (options) => t.spawnSync([t.witness, ...command], options)],
        ["stdot", "stdout", (options) => t.start(t.witness, { args: command, ...options })],
      ];
      for (const [written, meant, start] of rows) {
        const error = { name: "TypeError", message: new RegExp(`^${written} is not .*but ${meant} is$`) };
        assert.throws(() => start({ [written]: 1 }), error, written);
      }
      // An option of another API is not mistyped, whatever it is like.
      assert.throws(() => t.start(t.witness, { argv0: "x" } as never), /^TypeError: argv0 .* start; known are args,/);
      assert.throws(() => t.start(t.witness, { timeout: 5 } as never), /^TypeError: timeout .* start; known are args,/);
      assert.ok(!fs.existsSync(t.mark), "the program ran");
    },
  },
  {
    name: "options of other APIs, and what is like no option at all, are ignored in the shapes that ignore them",
    async run(t) {
      const others = { cmd: ["x"], shell: true, id: 3, verbose: false, "": 1 };
      const foreign = { ...others, stdio: ["pipe"], timeout: 1 };
      const command = t.command(t.witness, { args: ["exit", "3"], ...foreign });
      assert.equal((await command.output()).code, 3);
      assert.equal(command.outputSync().code, 3);
      const options = { stdout: "ignore", serialization: "json", args: [], clearEnv: true, ...others } as never;
      assert.equal(await t.spawn([t.witness, "exit", "4"], options).exited, 4);
      assert.equal(t.spawnSync([t.witness, "exit", "5"], options).exitCode, 5);
    },
  },
  {
    name: "a stream that fails after a chunk gives the child the chunk and then the end",
    async run(t) {
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.enqueue(new TextEncoder().encode("before\n"));
          throw new Error("the source broke");
        },
      });
      const child = t.spawn(["cat"], { stdin: stream });
      assert.equal((await finished(child)).stdout, "before\n");
    },
  },
  ...(["before", "after"] as const).map(
    (when): Case => ({
      name: `a library may put its own class in the place of the global Promise, ${when} this was loaded`,
      timeout: 20_000,
      async run(t) {
        const { stdout, code, stderr } = await t.program("another-promise", [when]);
        assert.equal(code, 0, stderr);
        const starts = ["start ENOENT ENOENT ENOENT", `start 3 ${t.ENGINE}`];
        assert.deepEqual(stdout.trim().split("\n"), ["write EPIPE", "read 3000000", ...starts]);
      },
    }),
  ),
  {
    name: "all messages arrive whole where a library has put its own class in the place of the global Promise",
    timeout: 20_000,
    async run(t) {
      t.needs({ ipc() {} });
      const script = path.join(t.plan.root, "programs", `another-promise${t.plan.extension}`);
      const { stdout, code, stderr } = await t.program("another-promise", ["messages", script, ...t.plan.command]);
      assert.equal(code, 0, stderr);
      assert.equal(stdout, "messages 20\n");
    },
  },
  ...(["frozen after", "wrapped before", "wrapped after", "enumerable before", "enumerable after"] as const).map(
    (how): Case => ({
      name: `the built-in classes may be changed by a program: ${how} this was loaded`,
      timeout: 20_000,
      async run(t) {
        const { stdout, code, stderr } = await t.program("intrinsics", how.split(" "));
        assert.equal(code, 0, stderr);
        const lines = stdout.trim().split("\n");
        // Where errors are frozen, the runtime's own spawn may fail otherwise.
        if (!t.native && how.startsWith("frozen")) lines[4] = "true ENOENT";
        assert.deepEqual(lines, ["input 3", "b", "300000", "4", "true ENOENT", "false ABORT_ERR", t.ENGINE]);
      },
    }),
  ),
];

export default cases;
