import { type Case, finished } from "../harness.ts";
import { assert, fs, os, parent, path, patience } from "../tools.ts";

/** Signals that do not end a process by default: stop, continue, ignored ones. */
const HARMLESS = new Set([17, 18, 19, 20, 21, 22, 23, 28]);

const cases: Case[] = [
  {
    name: "an exit code is told by both faces as it is",
    async run(t) {
      for (const code of [0, 1, 2, 7, 42, 126, 127, 128, 143, 200, 254, 255]) {
        const child = t.spawn([t.witness, "exit", String(code)], { stdout: "ignore" });
        assert.equal(await child.exited, code);
        assert.equal(child.exitCode, code);
        assert.equal(child.signalCode, null);
        const status = await t.command(t.witness, { args: ["exit", String(code)] }).spawn().status;
        assert.deepEqual({ ...status }, { success: code === 0, code, signal: null });
      }
    },
  },
  {
    name: "every exit code from 0 to 255 arrives, of 256 children at once",
    slow: true,
    async run(t) {
      const codes = Array.from({ length: 256 }, (_, code) => code);
      const got = await Promise.all(
        codes.map((code) => t.spawn([t.witness, "exit", String(code)], { stdout: "ignore" }).exited),
      );
      assert.deepEqual(got, codes);
    },
  },
  {
    name: "a death by each signal from 1 to 31 is told by its own name",
    async run(t) {
      const names = new Set<unknown>();
      for (let signal = 1; signal <= 31; signal++) {
        if (HARMLESS.has(signal)) continue;
        const child = t.spawn([t.witness, "signal", String(signal)], { stdout: "ignore" });
        assert.equal(await child.exited, 128 + signal, `exited, signal ${signal}`);
        assert.equal(child.exitCode, null, `exitCode, signal ${signal}`);
        assert.match(String(child.signalCode), /^SIG[A-Z0-9]+$/, `signalCode, signal ${signal}`);
        names.add(child.signalCode);
        const command = t.command(t.witness, { args: ["signal", String(signal)] });
        const { code, success, signal: name } = await command.spawn().status;
        assert.deepEqual({ code, success, name }, { code: 128 + signal, success: false, name: child.signalCode });
      }
      assert.equal(names.size, 31 - HARMLESS.size, "each has its own name");
    },
  },
  {
    name: "whoever reads has got the output when exited resolves",
    async run(t) {
      // Without an order of its own, the end of a process and that of its output are told as they come.
      if (!t.native) return;
      for (let i = 0; i < 20; i++) {
        const child = t.spawn([t.witness, "write", "40000"], { stdout: "pipe" });
        let got = 0;
        const reading = (async (): Promise<void> => {
          for await (const chunk of child.stdout) got += chunk.byteLength;
        })();
        assert.equal(await child.exited, 0);
        assert.equal(got, 40_000);
        await reading;
      }
    },
  },
  {
    name: "a death by a real-time signal is told by its number",
    async run(t) {
      const child = t.spawn([t.witness, "signal", "40"], { stdout: "ignore" });
      assert.equal(await child.exited, 128 + 40);
      assert.equal(child.exitCode, null);
      assert.equal(child.signalCode, 40);
    },
  },
  {
    name: "every face tells a death by SIGSEGV by that name",
    async run(t) {
      const child = t.spawn([t.witness, "signal", "11"], { stdout: "ignore" });
      await child.exited;
      assert.equal(child.signalCode, "SIGSEGV");
      assert.equal((await t.command(t.witness, { args: ["signal", "11"] }).output()).signal, "SIGSEGV");
      assert.equal(t.command(t.witness, { args: ["signal", "11"] }).outputSync().signal, "SIGSEGV");
      assert.equal(t.spawnSync([t.witness, "signal", "11"]).signalCode, "SIGSEGV");
    },
  },
  {
    name: "the status is the same however often and whenever it is asked for",
    async run(t) {
      const child = t.command(t.witness, { args: ["exit", "3"] }).spawn();
      const first = await child.status;
      assert.equal(child.status, child.status);
      assert.equal(await child.status, first);
      const other = t.spawn([t.witness, "exit", "3"], { stdout: "ignore" });
      assert.equal(other.exitCode, null);
      assert.equal(await other.exited, 3);
      assert.equal(await other.exited, 3);
    },
  },
  {
    name: "onExit is called once, with code or signal",
    async run(t) {
      const calls: unknown[][] = [];
      const onExit = (_child: unknown, ...rest: unknown[]): void => void calls.push(rest.slice(0, 2));
      await t.spawn([t.witness, "exit", "5"], { stdout: "ignore", onExit }).exited;
      await t.spawn([t.witness, "signal", "9"], { stdout: "ignore", onExit }).exited;
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(calls, [
        [5, null],
        [null, "SIGKILL"],
      ]);
    },
  },
  {
    name: "pid is that of the child, whose parent is this program",
    async run(t) {
      const child = t.spawn([t.witness], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      const report = JSON.parse((await finished(child)).stdout) as { pid: number; ppid: number };
      assert.equal(report.pid, child.pid);
      assert.equal(report.ppid, parent.pid);
    },
  },
  {
    name: "a grandchild that holds stdout delays the end of the stream, not of the child",
    async run(t) {
      const start = performance.now();
      const hold = patience(250);
      const command = [t.witness, "fork-holder", String(hold)];
      const child = t.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
      const text = child.stdout.text();
      assert.equal(await child.exited, 0);
      const exited = performance.now() - start;
      assert.ok(exited < hold - 20, `the exit took ${exited} ms`);
      assert.equal(await text, "early\nlate\n");
      assert.ok(performance.now() - start > hold - 20);
    },
  },
  {
    name: "resource usage is told once the child has ended, where the API knows it",
    async run(t) {
      const child = t.spawn([t.witness, "write", "1000000"], { stdin: "ignore", stdout: "ignore" });
      assert.equal(child.resourceUsage(), undefined);
      await child.exited;
      const usage = child.resourceUsage();
      if (!t.api.usage) return assert.equal(usage, undefined);
      assert.ok(usage !== undefined && usage.maxRSS > 100_000, `maxRSS ${usage?.maxRSS}`);
    },
  },
  {
    name: "until the program has learned of its end, a process keeps its pid",
    async run(t) {
      const child = t.spawn([t.witness, "exit", "9"], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
      // Nothing of the runtime's loop runs meanwhile.
      const rest = (ms: number): unknown => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      const state = (): string | undefined => /\) (\w)/.exec(fs.readFileSync(`/proc/${child.pid}/stat`, "utf8"))?.[1];
      for (const deadline = performance.now() + patience(5000); state() !== "Z" && performance.now() < deadline; )
        rest(1);
      rest(20);
      assert.equal(state(), "Z");
      assert.equal(parent.kill(child.pid, 0), true);
      assert.equal(await child.exited, 9);
    },
  },
  {
    name: "where the program was started with SIGCHLD ignored, it is known how its children ended",
    async run(t) {
      const [major = 0, minor = 0] = os.release().split(".").map(Number);
      const { stdout, stderr } = await t.program("ignored-sigchld", [], ["ignore=17"]);
      assert.ok(stdout.startsWith("{"), stderr);
      const { isIgnored, ends, engines } = JSON.parse(stdout) as {
        isIgnored: boolean;
        ends: unknown;
        engines: unknown;
      };
      assert.deepEqual(engines, [t.ENGINE]);
      // A runtime may give the signal its default action again. Else the kernel reaps, and its pidfds tell the end.
      const isKnown = !isIgnored || major > 6 || (major === 6 && minor >= 15);
      assert.deepEqual(ends, isKnown ? [7, 137, "SIGKILL", 3, 4] : [-1, -1, null, -1, null]);
    },
  },
  {
    name: "a child that is killed before it has become its program has ended by that signal",
    async run(t) {
      const script = path.join(t.plan.root, "programs", `killed-before-exec${t.plan.extension}`);
      const under = [path.join(t.plan.build, "seccomp"), "no-chdir", "--"];
      const child = t.spawn([...under, ...t.plan.command, script, t.ENGINE, t.witness], {
        stdout: "pipe",
        stderr: "pipe",
      });
      const { stdout, stderr } = await finished(child);
      assert.ok(stdout.startsWith("{"), stderr);
      const told = JSON.parse(stdout) as unknown;
      // A ring bears no children where there is a filter.
      if (t.ENGINE === "io_uring") return assert.deepEqual(told, { code: "ENOTSUP" });
      const end = [128 + 31, "SIGSYS"];
      assert.deepEqual(told, { engines: [t.ENGINE], ends: [...end, ...end, null, "SIGSYS"], left: "" });
    },
  },
  {
    name: "where epoll watches nothing, every child is still read, fed, ended in time and reaped",
    timeout: 20_000,
    async run(t) {
      const env = { ...parent.env, LD_PRELOAD: path.join(t.plan.build, "preload-epoll-full.so") };
      const { code, stdout, stderr } = await t.program("unwatched", [], [], { env });
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), {
        echoed: 300_000,
        codes: [0, 137, 3, 4, 0],
        sync: 300_000,
        timedOut: true,
        ran: [t.ENGINE, t.ENGINE],
        left: 0,
        available: true,
      });
    },
  },
];
export default cases;
