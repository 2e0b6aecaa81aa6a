import type { SpawnError, StartedProcess } from "ringspawn";
import { type Case, type T, textOf } from "../harness.ts";
import type { Attempt, Outcome } from "../programs/attempts.ts";
import type { Report } from "../report.ts";
import { alive, assert, children, delay, fs, nicer, openFds, parent, path, until } from "../tools.ts";

const OUT = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
const QUIET = { stdin: "null", stdout: "null", stderr: "null" } as const;

/** The error that `started` rejects with: a SpawnError of this engine. */
async function failure(t: T, child: StartedProcess): Promise<SpawnError> {
  const error: unknown = await child.started.then(
    () => assert.fail("it was started"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof t.SpawnError, `not a SpawnError: ${(error as Error).stack ?? String(error)}`);
  assert.equal(error.engine, t.ENGINE, error.message);
  return error;
}

/** What the witness, started with these options, saw. */
async function report(t: T, options: Parameters<T["start"]>[1]): Promise<{ child: StartedProcess; report: Report }> {
  const child = t.start(t.witness, { ...OUT, ...options });
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return { child, report: JSON.parse(new TextDecoder().decode(stdout)) as Report };
}

const cases: Case[] = [
  {
    name: "pid, argv, stdout and status are those of the program",
    async run(t) {
      const child = t.start(t.witness, { ...OUT, args: ["a", "b c"] });
      const seen = JSON.parse(await child.stdout.text()) as Report;
      assert.equal(await child.started, undefined);
      assert.equal(seen.pid, child.pid);
      assert.equal(seen.ppid, parent.pid);
      assert.deepEqual(seen.argv, [t.witness, "a", "b c"]);
      assert.deepEqual({ ...(await child.status) }, { success: true, code: 0, signal: null });
      assert.equal(await child.stderr.text(), "");
    },
  },
  {
    name: "status tells exit codes and signals",
    async run(t) {
      const exits = t.start(t.witness, { ...QUIET, args: ["exit", "7"] });
      assert.deepEqual({ ...(await exits.status) }, { success: false, code: 7, signal: null });
      const dies = t.start(t.witness, { ...QUIET, args: ["signal", "9"] });
      assert.deepEqual({ ...(await dies.status) }, { success: false, code: 137, signal: "SIGKILL" });
    },
  },
  {
    name: "once started has resolved, pid is that of the program",
    async run(t) {
      const child = t.start(t.witness, { ...QUIET, args: ["sleep", "20000"] });
      await child.started;
      assert.equal(fs.readlinkSync(`/proc/${child.pid}/exe`), fs.realpathSync(t.witness));
      child.kill("SIGKILL");
      await child.status;
    },
  },
  {
    name: "a piped stdin takes writes before and after the start",
    async run(t) {
      const child = t.start(t.witness, { args: ["cat"], stdin: "piped", stdout: "piped", stderr: "inherit" });
      // It is not known yet that the program runs.
      const writer = child.stdin.getWriter();
      const written = writer.write(new TextEncoder().encode("hello, ")).then(async () => {
        await child.started;
        await writer.write(new TextEncoder().encode("child"));
        await writer.close();
      });
      assert.equal(await child.stdout.text(), "hello, child");
      await written;
      assert.equal((await child.status).code, 0);
    },
  },
  {
    name: "stdin, stdout and stderr are inherited by default",
    async run(t) {
      const file = path.join(t.dir, "report.json");
      const child = t.start(t.witness, { args: ["report", file] });
      assert.throws(() => child.stdout, TypeError);
      assert.equal((await child.status).code, 0);
      const { fds } = JSON.parse(fs.readFileSync(file, "utf8")) as Report;
      for (const fd of [0, 1, 2]) {
        const own = fs.statSync(`/proc/self/fd/${fd}`);
        assert.equal(fds.find((entry) => entry.fd === fd)?.ino, own.ino, `fd ${fd}`);
      }
    },
  },
  {
    name: "output() collects both pipes and the status",
    async run(t) {
      const child = t.start(t.witness, { ...OUT, args: ["both", "1000"] });
      const { success, code, signal, stdout, stderr, engine } = await child.output();
      assert.deepEqual({ success, code, signal, engine }, { success: true, code: 0, signal: null, engine: t.ENGINE });
      const lines = (name: string): string => Array.from({ length: 1000 }, (_, i) => `${name} ${i}\n`).join("");
      assert.equal(new TextDecoder().decode(stdout), lines("out"));
      assert.equal(new TextDecoder().decode(stderr), lines("err"));
    },
  },
  {
    name: "output() rejects while a stream is locked by another reader",
    async run(t) {
      const child = t.start(t.witness, { ...OUT, args: ["exit", "0"] });
      const reader = child.stdout.getReader();
      await assert.rejects(child.output(), TypeError);
      await reader.cancel();
      assert.equal(await child.stderr.text(), "");
      await child.status;
    },
  },
  {
    name: "a missing command gives the same error from started, status and output()",
    async run(t) {
      const child = t.start("/nope/x", { stdin: "piped", stdout: "piped", stderr: "piped" });
      const error = await failure(t, child);
      assert.deepEqual([error.code, error.errno, error.path], ["ENOENT", -2, "/nope/x"]);
      assert.equal(error.step, "file");
      assert.ok(error.message.includes("/nope/x"), error.message);
      for (const other of [child.status, child.output(), child.started]) {
        assert.equal(
          await other.then(
            () => assert.fail("it did not reject"),
            (reason: unknown) => reason,
          ),
          error,
        );
      }
    },
  },
  {
    name: "the handle of a missing command is like that of a child that has ended",
    async run(t) {
      const child = t.start("/nope/x", { stdin: "piped", stdout: "piped", stderr: "piped" });
      const reading = child.stdout.text();
      await failure(t, child);
      assert.equal(child.pid, undefined);
      assert.deepEqual([await reading, await child.stderr.text()], ["", ""]);
      await assert.rejects(child.stdin.getWriter().write(new Uint8Array(1)), { code: "EPIPE" });
      await child[Symbol.asyncDispose]();
      assert.throws(() => child.kill(), TypeError);
      assert.equal(child.resourceUsage(), undefined);
      child.ref();
      child.unref();
    },
  },
  {
    name: "a cwd that is missing is told as such",
    async run(t) {
      const cwd = path.join(t.dir, "missing");
      const error = await failure(t, t.start(t.witness, { ...QUIET, cwd }));
      assert.equal(error.code, "ENOENT");
      assert.ok(error.message.includes(cwd), error.message);
      assert.deepEqual([error.step, error.path], ["cwd", cwd]);
    },
  },
  {
    name: "a text without #! is not given to the shell",
    async run(t) {
      const text = path.join(t.dir, "text");
      fs.writeFileSync(text, "exit 0\n", { mode: 0o755 });
      const error = await failure(t, t.start(text, QUIET));
      assert.equal(error.code, "ENOEXEC");
      assert.deepEqual([error.step, error.path], ["file", text]);
    },
  },
  {
    name: "steps that fail in one turn are each told by their own name",
    async run(t) {
      const missing = path.join(t.dir, "missing");
      const script = path.join(t.dir, "script");
      fs.writeFileSync(script, "#!/nope/interpreter\n", { mode: 0o755 });
      const rows: [step: string, code: string, file: string, setup: object][] = [
        ["affinity", "EINVAL", t.witness, { affinity: [8000] }],
        ["root", "ENOENT", t.witness, { root: missing }],
        ["cgroup", "ENOENT", t.witness, { cgroup: missing }],
        ["stdio", "ENOENT", t.witness, { fds: { 7: { file: missing } } }],
        ["stdio", "EBADF", t.witness, { fds: { 7: 987 } }],
        ["interpreter", "ENOENT", script, {}],
        ["file", "EACCES", t.dir, {}],
      ];
      // They start in one turn, and none must take the error of another.
      const started = rows.map(([, , file, setup]) => failure(t, t.start(file, { ...QUIET, setup })));
      for (const [index, error] of (await Promise.all(started)).entries()) {
        assert.deepEqual([error.step, error.code], rows[index]?.slice(0, 2), error.message);
      }
    },
  },
  {
    name: "100 failed starts leave no fd and no child",
    async run(t) {
      const fds = openFds().size;
      const some = Array.from({ length: 100 }, () =>
        failure(t, t.start("/nope/x", { stdin: "piped", stdout: "piped", stderr: "piped" })),
      );
      for (const error of await Promise.all(some)) assert.equal(error.code, "ENOENT");
      assert.equal(children().size, 0);
      // Some runtimes close handles one turn later.
      await until("no fd stays", () => openFds().size <= fds);
    },
  },
  {
    name: "a start without free fds fails with EMFILE, and the next one with free fds succeeds",
    timeout: 30_000,
    slow: true,
    async run(t) {
      const options = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
      const list: Attempt[] = [];
      for (let spare = 0; spare <= 8; spare++) list.push({ command: ["WITNESS", "exit", "3"], start: options, spare });
      list.push({ command: ["WITNESS", "exit", "4"], start: options });
      const { code, stdout, stderr } = await t.program("attempts", [JSON.stringify(list)], ["nofile=128"]);
      assert.equal(code, 0, stderr);
      const outcomes = JSON.parse(stdout) as Outcome[];
      assert.equal(outcomes[0]?.code, "EMFILE", JSON.stringify(outcomes[0]));
      for (const outcome of outcomes) {
        assert.ok(outcome.code === "EMFILE" || outcome.exit !== undefined, JSON.stringify(outcome));
        if (t.native) assert.deepEqual(outcome.left, [], JSON.stringify(outcome));
      }
      assert.equal(outcomes.at(-1)?.exit, 4);
    },
  },
  {
    name: "200 starts in one turn do not mix up, with one in ten of a missing command",
    timeout: 30_000,
    async run(t) {
      const started = Array.from({ length: 200 }, (_, i) =>
        i % 10 === 3
          ? t.start("/nope/x", { ...OUT, stderr: "null" })
          : t.start(t.witness, { ...OUT, stderr: "null", args: [`I am number ${i}`] }),
      );
      const pids = new Set<unknown>();
      const one = async (child: StartedProcess, i: number): Promise<void> => {
        if (i % 10 === 3) return assert.equal((await failure(t, child)).code, "ENOENT");
        const { code, stdout } = await child.output();
        assert.equal(code, 0);
        const { argv, pid } = JSON.parse(new TextDecoder().decode(stdout)) as Report;
        assert.deepEqual([argv[1], pid], [`I am number ${i}`, child.pid]);
        pids.add(pid);
      };
      await Promise.all(started.map(one));
      assert.equal(pids.size, 180);
    },
  },
  {
    name: "kill right after the start reaches the program",
    async run(t) {
      for (const signal of [undefined, "SIGKILL"] as const) {
        const child = t.start(t.witness, { ...QUIET, args: ["sleep", "20000"] });
        child.kill(0);
        child.kill(signal);
        await child.started;
        assert.equal((await child.status).signal, signal ?? "SIGTERM");
        assert.throws(() => child.kill(), TypeError);
      }
      const child = t.start(t.witness, { ...QUIET, args: ["sleep", "20000"] });
      assert.throws(() => child.kill("SIGNOPE" as never), TypeError);
      await child[Symbol.asyncDispose]();
      assert.equal((await child.status).signal, "SIGTERM");
    },
  },
  {
    name: "kill before a start has failed does nothing",
    async run(t) {
      const child = t.start("/nope/x", QUIET);
      child.kill();
      assert.equal((await failure(t, child)).code, "ENOENT");
      await assert.rejects(child.status);
    },
  },
  {
    name: "an abort kills the child, whether it comes before the start, at once, or later",
    async run(t) {
      const controller = new AbortController();
      const sleeping = (signal: AbortSignal): StartedProcess =>
        t.start(t.witness, { ...QUIET, args: ["sleep", "20000"], signal });
      const before = sleeping(AbortSignal.abort());
      const atOnce = sleeping(controller.signal);
      controller.abort();
      const other = new AbortController();
      const later = sleeping(other.signal);
      await later.started;
      await delay(20);
      other.abort();
      for (const child of [before, atOnce, later]) {
        await child.started;
        assert.deepEqual({ ...(await child.status) }, { success: false, code: 143, signal: "SIGTERM" });
      }
    },
  },
  {
    name: "an abort changes nothing for a missing command or an ended child",
    async run(t) {
      const controller = new AbortController();
      const missing = failure(t, t.start("/nope/x", { ...QUIET, signal: controller.signal }));
      const ended = t.start(t.witness, { ...QUIET, args: ["exit", "5"], signal: controller.signal });
      assert.equal((await ended.status).code, 5);
      controller.abort();
      assert.equal((await missing).code, "ENOENT");
      assert.equal((await ended.status).code, 5);
    },
  },
  {
    name: "a running child keeps the program alive until the child has ended",
    timeout: 30_000,
    async run(t) {
      const { code, stdout, stderr } = await t.program("start-unref", ["ref", "250"]);
      assert.equal(code, 0, stderr);
      const pid = Number(/started (\d+)/.exec(stdout)?.[1]);
      assert.ok(!alive(pid), "the program did not wait");
    },
  },
  {
    name: "after unref the program does not wait, and the child lives on",
    timeout: 60_000,
    async run(t) {
      for (const how of ["unref", "unref-pipes"]) {
        const { code, stdout, stderr } = await t.program("start-unref", [how, "60000"], [], { timeout: 25_000 });
        assert.equal(code, 0, `${how}: ${stderr}`);
        const pid = Number(/started (\d+)/.exec(stdout)?.[1]);
        assert.ok(alive(pid), `${how}: the child lives on`);
        parent.kill(pid, "SIGKILL");
        await until("the child is gone", () => !alive(pid));
      }
    },
  },
  {
    name: "a failure is one unhandled rejection where no promise of the handle was listened to, and none where one was",
    timeout: 30_000,
    async run(t) {
      const { code, stdout, stderr } = await t.program("start-unheard");
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), {
        "at nothing": ["ENOENT"],
        "at every promise, and waits for none": ["ENOENT"],
        "only at its disposal": ["ENOENT"],
        "only at what it writes": ["ENOENT"],
        "waits for started": [],
        "waits for status": [],
        "waits for output": [],
        "waits for all": [],
      });
    },
  },
  {
    name: "cwd, env, clearEnv and detached mean what they mean for Command",
    async run(t) {
      const env = { A: "1", B: "two words" };
      const seen = await report(t, { cwd: t.dir, env, clearEnv: true, detached: true });
      assert.equal(seen.report.cwd, fs.realpathSync(t.dir));
      assert.deepEqual([...seen.report.env].sort(), ["A=1", "B=two words"]);
      assert.equal(seen.report.sid, seen.child.pid);
      const { report: plain } = await report(t, { env });
      assert.ok(plain.env.includes("CONFORMANCE=inherited") && plain.env.includes("A=1"));
      assert.notEqual(plain.sid, plain.pid);
    },
  },
  {
    name: "uid and gid mean what they mean for Command",
    needs: ["root", "a checkout others may enter"],
    async run(t) {
      const seen = await report(t, { uid: 65534, gid: 65534 });
      assert.deepEqual([seen.report.uid[1], seen.report.gid[1]], [65534, 65534]);
    },
  },
  {
    name: "setup takes several keys at once",
    async run(t) {
      const seen = await report(t, {
        setup: { umask: 0o027, priority: nicer(5), limits: { nofile: 99 }, noNewPrivileges: true },
      });
      const { umask, nice, limits, noNewPrivileges } = seen.report;
      assert.deepEqual([umask, nice, limits["nofile"], noNewPrivileges], [0o027, nicer(5), ["99", "99"], true]);
    },
  },
  {
    name: "setup.fds makes pipes beyond 2",
    async run(t) {
      const child = t.start(t.witness, {
        ...QUIET,
        args: ["echo-fd", "3", "4"],
        setup: {
          fds: { 3: { pipe: "in" }, 4: { pipe: "out" } },
        },
      });
      const sink = child.fds[3] as WritableStream<Uint8Array>;
      const writer = sink.getWriter();
      await writer.write(new TextEncoder().encode("by other fds"));
      await writer.close();
      assert.equal(await textOf(child.fds[4]), "by other fds");
      assert.equal((await child.status).code, 0);
    },
  },
  {
    name: "usage mistakes are thrown at once",
    run(t) {
      const bad: [shown: RegExp, start: () => unknown][] = [
        [/command.*5/, () => t.start(5 as never)],
        [/command.*null bytes/, () => t.start("a\0b")],
        [/args\[0\].*null bytes/, () => t.start(t.witness, { args: ["a\0b"] })],
        [/args/, () => t.start(t.witness, { args: "a" as never })],
        [/env\.A.*null bytes/, () => t.start(t.witness, { env: { A: "a\0b" } })],
        [/clearEnv/, () => t.start(t.witness, { clearEnv: 1 as never })],
        [/cwd.*null bytes/, () => t.start(t.witness, { cwd: "/\0" })],
        [/stdin.*"pipe"/, () => t.start(t.witness, { stdin: "pipe" as never })],
        [/signal/, () => t.start(t.witness, { signal: {} as never })],
        [/setup\.umsk/, () => t.start(t.witness, { setup: { umsk: 0 } as never })],
        [/engine.*"forkvm"/, () => t.start(t.witness, { engine: "forkvm" as never })],
      ];
      for (const [shown, start] of bad) {
        assert.throws(start, (error: unknown) => {
          assert.ok(error instanceof TypeError, `${shown}: not a TypeError but ${String(error)}`);
          assert.match(error.message, shown);
          return true;
        });
      }
    },
  },
];
export default cases;
