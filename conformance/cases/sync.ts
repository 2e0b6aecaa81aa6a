import type { Case } from "../harness.ts";
import type { Report } from "../report.ts";
import { assert, fs, parent, path, patience, pattern, sha256 } from "../tools.ts";

const MIB = 1024 * 1024;

/** The types that are used here are older. */
type Growable<T> = new (length: number, options: { readonly maxByteLength: number }) => T;

const cases: Case[] = [
  {
    name: "outputSync gives the status and both outputs",
    run(t) {
      const output = t.command(t.witness, { args: ["both", "3"] }).outputSync();
      assert.deepEqual([output.success, output.code, output.signal], [true, 0, null]);
      assert.equal(new TextDecoder().decode(output.stdout), "out 0\nout 1\nout 2\n");
      assert.equal(new TextDecoder().decode(output.stderr), "err 0\nerr 1\nerr 2\n");
    },
  },
  {
    name: "outputSync tells an exit code and a signal apart",
    run(t) {
      const seven = t.command(t.witness, { args: ["exit", "7"] }).outputSync();
      assert.deepEqual([seven.success, seven.code, seven.signal], [false, 7, null]);
      const killed = t.command(t.witness, { args: ["signal", "9"] }).outputSync();
      assert.deepEqual([killed.success, killed.code, killed.signal], [false, 137, "SIGKILL"]);
    },
  },
  {
    name: "what is shared with other threads, or may grow, is input like any other bytes",
    run(t) {
      const growable = { maxByteLength: 9 };
      const buffers = [
        new SharedArrayBuffer(3),
        new (SharedArrayBuffer as Growable<SharedArrayBuffer>)(3, growable),
        new (ArrayBuffer as Growable<ArrayBuffer>)(3, growable),
      ];
      for (const buffer of buffers) {
        new Uint8Array(buffer).set([104, 105, 10]);
        for (const stdin of [new Uint8Array(buffer, 0, 3), new DataView(buffer, 0, 3)]) {
          const { stdout, exitCode } = t.spawnSync(["cat"], { stdin });
          assert.deepEqual([new TextDecoder().decode(stdout), exitCode], ["hi\n", 0]);
        }
      }
    },
  },
  {
    name: "outputSync collects 8 MiB",
    run(t) {
      const { stdout } = t.command(t.witness, { args: ["write", String(8 * MIB)] }).outputSync();
      assert.equal(sha256(stdout), sha256(pattern(8 * MIB)));
    },
  },
  {
    name: "outputSync gives the child an empty stdin, and takes no pipe for it",
    run(t) {
      assert.equal(t.command(t.witness, { args: ["cat"] }).outputSync().stdout.length, 0);
      assert.throws(() => t.command(t.witness, { args: ["cat"], stdin: "piped" }).outputSync(), TypeError);
    },
  },
  {
    name: "outputSync throws when the program cannot be started",
    run(t) {
      const error = t.fails(() => t.command("/nope/x").outputSync());
      assert.equal(error.code, "ENOENT");
    },
  },
  {
    name: "spawnSync gives status, both outputs and the pid",
    run(t) {
      const result = t.spawnSync([t.witness, "both", "1"]);
      assert.equal(result.success, true);
      assert.equal(result.exitCode, 0);
      assert.equal(new TextDecoder().decode(result.stdout), "out 0\n");
      assert.equal(new TextDecoder().decode(result.stderr as Uint8Array), "err 0\n");
      assert.ok(result.pid > 1);
      const seven = t.spawnSync([t.witness, "exit", "7"]);
      assert.deepEqual([seven.success, seven.exitCode], [false, 7]);
      const killed = t.spawnSync([t.witness, "signal", "15"]);
      assert.deepEqual([killed.success, killed.exitCode, killed.signalCode], [false, null, "SIGTERM"]);
    },
  },
  {
    name: "spawnSync feeds bytes to stdin: none, a few, and 8 MiB that come back",
    run(t) {
      for (const size of [0, 5, 8 * MIB]) {
        const bytes = pattern(size);
        const { stdout, success } = t.spawnSync([t.witness, "cat"], { stdin: bytes });
        assert.ok(success);
        assert.equal((stdout as Uint8Array).length, size);
        assert.equal(sha256(stdout as Uint8Array), sha256(bytes));
      }
    },
  },
  {
    name: "spawnSync succeeds although the child does not read all of its input",
    run(t) {
      const result = t.spawnSync([t.witness, "exit", "0"], { stdin: new Uint8Array(8 * MIB) });
      assert.equal(result.exitCode, 0);
      const ten = t.spawnSync([t.witness, "read", "10"], { stdin: new Uint8Array(8 * MIB) });
      assert.equal(new TextDecoder().decode(ten.stdout as Uint8Array), "10\n");
    },
  },
  {
    name: "spawnSync kills by killSignal at its timeout, and says so",
    run(t) {
      const start = performance.now();
      const result = t.spawnSync([t.witness, "sleep", "20000"], { timeout: 100, killSignal: "SIGINT" });
      assert.ok(performance.now() - start < patience(3000));
      assert.equal(result.exitCode, null);
      assert.equal(result.signalCode, "SIGINT");
      assert.equal(result.exitedDueToTimeout, true);
    },
  },
  {
    name: "a timeout may be of any length, and a part of a millisecond",
    async run(t) {
      const ends = [t.witness, "exit", "3"];
      for (const timeout of [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, 2 ** 53, 1e300, Infinity]) {
        const { exitCode, exitedDueToTimeout } = t.spawnSync(ends, { timeout });
        assert.deepEqual([exitCode, exitedDueToTimeout ?? false], [3, false], `spawnSync, ${timeout}`);
        assert.equal(await t.spawn(ends, { stdout: "ignore", timeout }).exited, 3, `spawn, ${timeout}`);
      }
      const sleeps = [t.witness, "sleep", "20000"];
      assert.equal(t.spawnSync(sleeps, { timeout: 0.5 }).exitedDueToTimeout, true);
      assert.equal(await t.spawn(sleeps, { stdout: "ignore", timeout: 0.5 }).exited, 143);
    },
  },
  {
    name: "spawnSync is ended by a signal that time aborts, or refuses the signal by name",
    run(t) {
      const spawn = (signal: AbortSignal): unknown =>
        t.spawnSync([t.witness, "sleep", "20000"], { signal, killSignal: "SIGINT" }).signalCode;
      assert.throws(() => spawn(AbortSignal.abort()), { name: "AbortError" });
      if (t.api.blockingSignal) assert.equal(spawn(AbortSignal.timeout(50)), "SIGINT");
      else assert.match(t.refusal(() => spawn(AbortSignal.timeout(50))).message, /signal: .* timeout would do/);
    },
  },
  {
    name: "spawnSync keeps its timeout though a grandchild holds the output, and gives what was written by then",
    needs: ["/bin/sh"],
    run(t) {
      const start = performance.now();
      const script = "sleep 20 & echo $!; exec sleep 20";
      const result = t.spawnSync(["/bin/sh", "-c", script], { timeout: 300, killSignal: "SIGTERM" });
      const took = performance.now() - start;
      const grandchild = Number(new TextDecoder().decode(result.stdout));
      assert.ok(grandchild > 1, "what was written before the end is lost");
      parent.kill(grandchild, "SIGKILL");
      assert.ok(took >= 295 && took < patience(3000), `after ${took} ms`);
      assert.deepEqual([result.exitCode, result.signalCode, result.exitedDueToTimeout], [null, "SIGTERM", true]);
    },
  },
  {
    name: "spawnSync tells how a child ended that ignored the signal of the timeout",
    needs: ["/bin/sh"],
    run(t) {
      const result = t.spawnSync(["/bin/sh", "-c", "trap '' TERM; sleep 0.5; exit 7"], { timeout: 100 });
      assert.deepEqual([result.exitCode, result.signalCode, result.exitedDueToTimeout], [7, undefined, true]);
    },
  },
  {
    name: "spawnSync kills a child that writes more than maxBuffer, and says so",
    run(t) {
      const result = t.spawnSync([t.witness, "write", String(64 * MIB)], { maxBuffer: 1000 });
      assert.equal(result.success, false);
      assert.equal(result.exitedDueToMaxBuffer, true);
      const exact = t.spawnSync([t.witness, "write", "1000"], { maxBuffer: 1000 });
      assert.equal(exact.success, true, "reaching the limit is not exceeding it");
    },
  },
  {
    name: "spawnSync with maxBuffer 0 kills a child that writes a byte, and no other",
    needs: ["/bin/sh"],
    run(t) {
      const result = t.spawnSync(["/bin/sh", "-c", "printf x; exec sleep 20"], { maxBuffer: 0 });
      assert.deepEqual([result.exitCode, result.signalCode, result.exitedDueToMaxBuffer], [null, "SIGTERM", true]);
      const silent = t.spawnSync([t.witness, "exit", "3"], { maxBuffer: 0 });
      assert.deepEqual([silent.exitCode, silent.exitedDueToMaxBuffer], [3, false]);
    },
  },
  {
    name: "spawnSync ends a child by a real-time signal",
    run(t) {
      const result = t.spawnSync([t.witness, "sleep", "20000"], { timeout: 100, killSignal: 40 });
      assert.deepEqual([result.exitCode, result.signalCode as unknown, result.exitedDueToTimeout], [null, 40, true]);
    },
  },
  {
    name: "spawnSync's option detached makes a new session",
    run(t) {
      const { stdout } = t.spawnSync([t.witness], { detached: true });
      const report = JSON.parse(new TextDecoder().decode(stdout)) as Report;
      assert.equal(report.sid, report.pid);
    },
  },
  {
    name: "spawnSync sends output to a file or nowhere, and collects none of it",
    run(t) {
      const file = path.join(t.dir, "out");
      const fd = fs.openSync(file, "w");
      try {
        const result = t.spawnSync([t.witness, "both", "2"], { stdout: fd, stderr: "ignore" });
        assert.ok(!((result.stdout as unknown) instanceof Uint8Array), "nothing was collected");
        assert.equal(result.stderr, undefined);
        assert.equal(fs.readFileSync(file, "utf8"), "out 0\nout 1\n");
      } finally {
        fs.closeSync(fd);
      }
    },
  },
  {
    name: "nothing else of the program runs during spawnSync",
    async run(t) {
      let ran = false;
      const timer = setTimeout(() => (ran = true), 0);
      void Promise.resolve().then(() => (ran = true));
      t.spawnSync([t.witness, "sleep", "60"]);
      assert.equal(ran, false);
      clearTimeout(timer);
      await Promise.resolve();
    },
  },
  {
    name: "spawnSync and a child that runs meanwhile get the end that is their own",
    async run(t) {
      const child = t.spawn([t.witness, "exit", "6"], { stdout: "ignore" });
      const result = t.spawnSync([t.witness, "sleep", "100"]);
      assert.equal(result.exitCode, 0);
      assert.equal(await child.exited, 6);
    },
  },
  {
    name: "a hundred spawnSync in a row tell the exit code of each child",
    run(t) {
      for (let i = 0; i < 100; i++) {
        const { exitCode } = t.spawnSync([t.witness, "exit", String(i)]);
        assert.equal(exitCode, i);
      }
    },
  },
];
export default cases;
