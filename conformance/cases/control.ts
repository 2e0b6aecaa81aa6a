import type { SignalName, SpawnOptions } from "ringspawn";
import { type Case, finished, type T } from "../harness.ts";
import { alive, assert, delay, fs, parent, path, patience, until, volume } from "../tools.ts";

/** Reads a stream until `text` has come; gives the reader back. */
async function upTo(stream: unknown, text: string): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const reader = (stream as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  for (let got = ""; !got.includes(text); ) {
    const { value, done } = await reader.read();
    assert.ok(!done, `the stream ended after ${JSON.stringify(got)}`);
    got += decoder.decode(value, { stream: true });
  }
  return reader;
}

/** Runs the program "ref", which must not wait for a grandchild of its own. */
async function outlived(t: T, how: string, ms: number): Promise<void> {
  const stderr = path.join(t.dir, "grandchild");
  const fd = fs.openSync(stderr, "w");
  const options = { stderr: fd, timeout: patience(8000) };
  const { code, stdout } = await t.program("ref", [how, String(patience(ms))], [], options);
  fs.closeSync(fd);
  const grandchild = Number(fs.readFileSync(stderr, "utf8"));
  assert.ok(grandchild > 1 && alive(grandchild), "the grandchild is there");
  parent.kill(grandchild, "SIGKILL");
  assert.equal(code, 0, "the program waited");
  assert.match(stdout, /started/);
}

const cases: Case[] = [
  {
    name: "kill sends SIGTERM by default, else a signal by name or number",
    async run(t) {
      for (const [signal, expected] of [
        [undefined, 15],
        ["SIGKILL", 9],
        [1, 1],
        ["SIGUSR2", 12],
      ] as const) {
        const child = t.spawn([t.witness, "sleep", "20000"], { stdout: "ignore" });
        child.kill(signal);
        assert.equal(await child.exited, 128 + expected);
      }
      const child = t.command(t.witness, { args: ["sleep", "20000"] }).spawn();
      child.kill();
      assert.equal((await child.status).signal, "SIGTERM");
    },
  },
  {
    name: "kill sends a signal that the child catches, which then ends by itself",
    async run(t) {
      const child = t.spawn([t.witness, "trap", "10"], { stdin: "ignore", stdout: "pipe" });
      const reader = await upTo(child.stdout, "ready\n");
      child.kill("SIGUSR1");
      const { value } = await reader.read();
      assert.equal(new TextDecoder().decode(value), "got 10\n");
      assert.ok((await reader.read()).done);
      assert.equal(await child.exited, 0);
      assert.equal(child.signalCode, null);
    },
  },
  {
    name: "kill after the end does nothing in spawn, and throws in Command",
    async run(t) {
      const child = t.spawn([t.witness, "exit", "0"], { stdout: "ignore" });
      await child.exited;
      child.kill();
      child.kill("SIGKILL");
      const other = t.command(t.witness, { args: ["exit", "0"] }).spawn();
      await other.status;
      assert.throws(() => other.kill(), TypeError);
    },
  },
  {
    name: "kill with signal 0 leaves the child alone",
    async run(t) {
      const child = t.command(t.witness, { args: ["sleep", "20000"] }).spawn();
      child.kill(0);
      await delay(20);
      assert.ok(alive(child.pid));
      child.kill("SIGKILL");
      await child.status;
    },
  },
  {
    name: "kill throws a TypeError for what is no signal, and leaves the child alone",
    async run(t) {
      const child = t.command(t.witness, { args: ["sleep", "20000"] }).spawn();
      for (const bad of ["SIGNOPE", "sigterm", "", 65, -1, 1.5]) {
        assert.throws(() => child.kill(bad as never), TypeError, `kill(${String(bad)})`);
      }
      assert.ok(alive(child.pid));
      child.kill("SIGKILL");
      await child.status;
    },
  },
  {
    name: "Symbol.asyncDispose ends the child and waits for it",
    async run(t) {
      const child = t.command(t.witness, { args: ["sleep", "20000"] }).spawn();
      await child[Symbol.asyncDispose]();
      assert.equal((await child.status).signal, "SIGTERM");
      assert.ok(!alive(child.pid));
      const other = t.spawn([t.witness, "sleep", "20000"], { stdout: "ignore" });
      await other[Symbol.asyncDispose]();
      assert.equal(other.signalCode, "SIGTERM");
    },
  },
  {
    name: "Symbol.asyncDispose waits for a child that ignores SIGTERM, and sends nothing else",
    async run(t) {
      const child = t.spawn([t.witness, "ignore-term"], { stdin: "ignore", stdout: "pipe" });
      const reader = await upTo(child.stdout, "ready\n");
      const disposed = child[Symbol.asyncDispose]();
      await delay(100);
      assert.ok(alive(child.pid), "it ignores SIGTERM and still runs");
      child.kill("SIGKILL");
      await disposed;
      assert.equal(child.signalCode, "SIGKILL");
      await reader.cancel();
    },
  },
  {
    name: "an abort of the signal kills the child",
    async run(t) {
      const controller = new AbortController();
      const child = t.spawn([t.witness, "sleep", "20000"], { stdout: "ignore", signal: controller.signal });
      const other = t.command(t.witness, { args: ["sleep", "20000"], signal: controller.signal }).spawn();
      await delay(20);
      controller.abort();
      assert.equal(await child.exited, 143);
      assert.equal((await other.status).code, 143);
    },
  },
  {
    name: "an abort sends killSignal",
    async run(t) {
      const controller = new AbortController();
      const child = t.spawn([t.witness, "sleep", "20000"], {
        stdout: "ignore",
        signal: controller.signal,
        killSignal: "SIGINT",
      });
      controller.abort();
      assert.equal(await child.exited, 130);
    },
  },
  {
    name: "spawn throws for an aborted signal, and starts nothing",
    async run(t) {
      assert.throws(() => t.spawn([t.witness, "sleep", "20000"], { stdout: "ignore", signal: AbortSignal.abort() }), {
        name: "AbortError",
      });
    },
  },
  {
    name: "Command.output kills the child at once for an aborted signal",
    async run(t) {
      const command = t.command(t.witness, { args: ["sleep", "20000"], signal: AbortSignal.abort() });
      const { code, signal } = await command.output();
      assert.deepEqual({ code, signal }, { code: 143, signal: "SIGTERM" });
    },
  },
  {
    name: "timeout kills the child, by killSignal",
    async run(t) {
      const start = performance.now();
      const child = t.spawn([t.witness, "sleep", "20000"], { stdout: "ignore", timeout: 100 });
      assert.equal(await child.exited, 143);
      const took = performance.now() - start;
      assert.ok(took >= 95 && took < patience(2000), `after ${took} ms`);
      const other = t.spawn([t.witness, "sleep", "20000"], { stdout: "ignore", timeout: 50, killSignal: "SIGKILL" });
      assert.equal(await other.exited, 137);
    },
  },
  {
    name: "timeout, signal and maxBuffer end all output with the child, and give what was written by then",
    async run(t) {
      const script = "sleep 60 & echo $! >&2; echo more than ten bytes; wait";
      for (const when of ["before", "after"]) {
        for (const how of ["timeout", "signal", "maxBuffer"] as const) {
          const abort = new AbortController();
          const early = { [how]: { timeout: patience(200), signal: abort.signal, maxBuffer: 10 }[how] };
          const child = t.spawn(["/bin/sh", "-c", script], { stdout: "pipe", stderr: "pipe", ...early });
          const reading = when === "before" ? finished(child) : undefined;
          // A child writes its two lines in far less.
          setTimeout(() => abort.abort(), patience(200));
          await child.exited;
          const { stdout, stderr, signal } = await (reading ?? finished(child));
          const holder = Number(stderr);
          assert.ok(holder > 0 && alive(holder), `another process has the pipes: ${stderr}`);
          parent.kill(holder, "SIGKILL");
          assert.deepEqual([stdout, signal], ["more than ten bytes\n", "SIGTERM"], `${how}, read ${when} the end`);
        }
      }
    },
  },
  {
    name: "a write that waits for a child is given up with EPIPE when that is killed, though another process reads on",
    async run(t) {
      const script = "exec 3<&0; sleep 60 >/dev/null 2>&1 & echo $! >&2; echo more than ten bytes; wait";
      for (const how of ["timeout", "signal", "maxBuffer", "kill"] as const) {
        const abort = new AbortController();
        const early = { timeout: patience(500), signal: abort.signal, maxBuffer: 10 };
        const limits = how === "kill" ? {} : { [how]: early[how] };
        const stdio = { stdin: "pipe", stdout: "pipe", stderr: "pipe" } as const;
        const child = t.spawn(["/bin/sh", "-c", script], { ...stdio, ...limits });
        const writing = Promise.resolve(child.stdin.write(new Uint8Array(1024 * 1024)));
        const outcome = writing.catch((error: unknown) => (error as { code?: unknown }).code);
        const { value } = await child.stderr.getReader().read();
        const holder = Number(new TextDecoder().decode(value));
        if (how === "signal") abort.abort();
        if (how === "kill") child.kill();
        assert.equal(await outcome, "EPIPE", how);
        assert.ok(holder > 0 && alive(holder), `another process has the pipe: ${holder}`);
        parent.kill(holder, "SIGKILL");
        assert.equal(await child.exited, 143, how);
      }
    },
  },
  {
    name: "a timeout ends a child by a real-time signal",
    async run(t) {
      // It cannot end by itself while this case may last. Which signal it was is told by a case of its own.
      await t.spawn([t.witness, "sleep", "600000"], { stdout: "ignore", timeout: 100, killSignal: 40 }).exited;
    },
  },
  {
    name: "maxBuffer kills whoever writes fast by killSignal, and by SIGPIPE only whoever lives on",
    timeout: 20_000,
    async run(t) {
      const writer = (script: string, killSignal: SignalName): SpawnOptions & { readonly cmd: readonly string[] } => {
        const cmd = ["/bin/sh", "-c", `ulimit -c 0; ${script}`, t.witness];
        return { cmd, stdout: "pipe", stderr: "ignore", killSignal, maxBuffer: 100_000 };
      };
      // A signal that may dump core is no death yet when it is sent, as SIGTERM is.
      for (const killSignal of ["SIGTERM", "SIGQUIT"] as const) {
        for (let i = 0; i < volume(40); i++) {
          const { cmd, ...options } = writer('exec "$0" write 1000000000', killSignal);
          const { signal, stdout } = await finished(t.spawn(cmd, { ...options, lazy: i % 2 === 0 }));
          assert.equal(signal, killSignal);
          assert.ok(stdout.length > 100_000);
        }
      }
      const { cmd, ...options } = writer(`trap "" TERM; "$0" write 1000000000; exit 7`, "SIGTERM");
      assert.equal((await finished(t.spawn(cmd, options))).code, 7);
      const { exitCode, exitedDueToMaxBuffer } = t.spawnSync(cmd, options);
      assert.deepEqual([exitCode, exitedDueToMaxBuffer], [7, true]);
    },
  },
  {
    name: "a long timeout neither keeps the program alive nor touches the child",
    async run(t) {
      const child = t.spawn([t.witness, "exit", "4"], { stdout: "ignore", timeout: 1_000_000 });
      assert.equal(await child.exited, 4);
    },
  },
  {
    name: "a running child keeps the program alive until the child has ended",
    async run(t) {
      const start = performance.now();
      const { code, stdout } = await t.program("ref", ["ref", "250"]);
      assert.equal(code, 0);
      assert.match(stdout, /started/);
      assert.ok(performance.now() - start >= 250, "the program did not wait");
    },
  },
  {
    name: "after unref the program waits neither for the child nor for its pipes",
    async run(t) {
      for (const how of ["unref", "unref-pipes", "unref-reading"]) {
        const { code, stdout, stderr } = await t.program("ref", [how, String(patience(20_000))], [], {
          timeout: patience(8000),
        });
        assert.equal(code, 0, `${how}: ${stderr}`);
        const pid = Number(/started (\d+)/.exec(stdout)?.[1]);
        assert.ok(alive(pid), `${how}: the child lives on`);
        parent.kill(pid, "SIGKILL");
        await until("the child is gone", () => !alive(pid));
      }
    },
  },
  {
    name: "the program does not wait for output that nobody reads, though a grandchild goes on after the child",
    needs: ["/bin/sh"],
    run: (t) => outlived(t, "grandchild", 100),
  },
  {
    name: "the program does not wait for a write to a child that a timeout killed, though a grandchild reads",
    needs: ["/bin/sh"],
    run: (t) => outlived(t, "input", 500),
  },
  {
    name: "after unref and then ref the program waits again",
    slow: true,
    async run(t) {
      const start = performance.now();
      const { code } = await t.program("ref", ["unref-ref", "250"]);
      assert.equal(code, 0);
      assert.ok(performance.now() - start >= 250, "the program did not wait");
    },
  },
  {
    name: "a child that is stopped and continued has not ended",
    async run(t) {
      const child = t.spawn([t.witness, "sleep", "150"], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      child.kill("SIGSTOP");
      await delay(50);
      assert.equal(child.exitCode, null);
      assert.equal(child.signalCode, null);
      child.kill("SIGCONT");
      assert.equal((await finished(child)).code, 0);
    },
  },
];
export default cases;
