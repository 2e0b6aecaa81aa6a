import { type Case, finished, type T } from "../harness.ts";
import type { Attempt, Outcome } from "../programs/attempts.ts";
import { assert, fs, parent, path, patience, volume } from "../tools.ts";

const NOBODY = 65534;

/** What a program in a state of its own gets from these attempts. */
async function attempts(
  t: T,
  list: readonly Attempt[],
  under: readonly string[],
  checkLeft = true,
): Promise<Outcome[]> {
  const { code, stdout, stderr } = await t.program("attempts", [JSON.stringify(list)], under);
  assert.equal(code, 0, stderr);
  const outcomes = JSON.parse(stdout) as Outcome[];
  if (checkLeft) for (const outcome of outcomes) assert.deepEqual(outcome.left, [], JSON.stringify(outcome));
  return outcomes;
}

/** Spawns with three pipes and from no to eight free fds; then one with plenty. */
function noFdLeft(t: T): Promise<Outcome[]> {
  const options = { stdin: "pipe", stdout: "pipe", stderr: "pipe" } as const;
  const list: Attempt[] = [];
  for (let spare = 0; spare <= 8; spare++) list.push({ command: ["WITNESS", "exit", "3"], options, spare });
  list.push({ command: ["WITNESS", "exit", "4"], options });
  return attempts(t, list, ["nofile=128"], false);
}

function executable(t: T, name: string, text: string, mode = 0o755): string {
  const file = path.join(t.dir, name);
  fs.writeFileSync(file, text);
  fs.chmodSync(file, mode);
  return file;
}

const cases: Case[] = [
  {
    name: "a missing file",
    run(t) {
      for (const start of [
        () => t.spawn(["/nope/x"]),
        () => t.command("/nope/x").spawn(),
        () => t.command("/nope/x").output(),
        () => t.command("/nope/x").outputSync(),
        () => t.spawnSync(["/nope/x"]),
      ]) {
        const error = t.fails(start);
        assert.equal(error.code, "ENOENT");
        assert.equal(error.errno, -2);
        assert.ok(error.message.includes("/nope/x"), error.message);
        assert.equal(error.path, "/nope/x");
        assert.equal(error.step, t.native ? "file" : undefined);
      }
    },
  },
  {
    name: "a bare name that no directory of PATH has",
    run(t) {
      const error = t.fails(() => t.spawn(["no-such-program"], { env: { PATH: "/bin:/usr/bin" } }));
      assert.equal(error.code, "ENOENT");
      assert.ok(error.message.includes("no-such-program"), error.message);
      if (!t.native) return;
      assert.match(error.message, /PATH/);
      assert.match(error.message, /\/usr\/bin/, "the message tells where was looked");
    },
  },
  {
    name: "a directory as the command",
    run(t) {
      for (const dir of [t.dir, "/"]) {
        const error = t.fails(() => t.spawn([dir]));
        assert.equal(error.code, "EACCES");
        if (t.native) assert.equal(error.step, "file");
      }
    },
  },
  {
    name: "a file that is not executable",
    run(t) {
      const error = t.fails(() => t.spawn([executable(t, "text", "#!/bin/sh\n", 0o644)]));
      assert.equal(error.code, "EACCES");
      if (t.native) assert.deepEqual([error.step, error.path], ["file", path.join(t.dir, "text")]);
    },
  },
  {
    name: "a part of the path is a file",
    run(t) {
      const file = executable(t, "file", "");
      assert.equal(t.fails(() => t.spawn([`${file}/x`])).code, "ENOTDIR");
    },
  },
  {
    name: "an interpreter that is missing",
    run(t) {
      const script = executable(t, "script", "#!/nope/interpreter\n");
      const error = t.fails(() => t.spawn([script]));
      assert.equal(error.code, "ENOENT");
      if (!t.native) return;
      assert.equal(error.step, "interpreter");
      assert.match(error.message, /interpreter/);
      assert.ok(error.message.includes(script));
    },
  },
  {
    name: "a script is run by its interpreter, with its argument",
    needs: ["/bin/sh"],
    async run(t) {
      const script = executable(t, "script", '#!/bin/sh -e\necho "$0 $*"\n');
      const child = t.spawn([script, "a", "b c"], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      assert.equal((await finished(child)).stdout, `${script} a b c\n`);
    },
  },
  {
    name: "a text without #!: Command has the shell run it",
    needs: ["/bin/sh"],
    async run(t) {
      const script = executable(t, "text", 'echo "shell $*"\n');
      const { stdout } = await t.command(script, { args: ["a", "b"] }).output();
      assert.equal(new TextDecoder().decode(stdout), "shell a b\n");
      const bare = await t.command("text", { env: { PATH: t.dir } }).output();
      assert.equal(new TextDecoder().decode(bare.stdout), "shell \n");
    },
  },
  {
    name: "a text without #!: spawn does not run it",
    run(t) {
      const error = t.fails(() => t.spawn([executable(t, "text", "echo no\n")]));
      assert.equal(error.code, "ENOEXEC");
      if (t.native) assert.equal(error.step, "file");
    },
  },
  {
    name: "PATH: the first that can be executed wins, what may not be is passed over",
    async run(t) {
      const dirs = ["a", "b", "c"].map((name) => path.join(t.dir, name));
      for (const dir of dirs) fs.mkdirSync(dir);
      fs.writeFileSync(path.join(dirs[0] as string, "prog"), "not executable");
      fs.mkdirSync(path.join(dirs[1] as string, "prog"));
      fs.copyFileSync(t.witness, path.join(dirs[2] as string, "prog"));
      const env = { PATH: `/nope::${dirs.join(":")}` };
      assert.equal((await t.report({ env }, [], "prog")).exe, path.join(dirs[2] as string, "prog"));
      fs.rmSync(path.join(dirs[2] as string, "prog"));
      const error = t.fails(() => t.spawn(["prog"], { env }));
      assert.equal(error.code, "EACCES", "what was found but may not be executed counts more than what is missing");
    },
  },
  {
    name: "too many arguments: E2BIG",
    run(t) {
      const much = Array.from({ length: 64 }, () => "x".repeat(120_000));
      const error = t.fails(() => t.spawn([t.witness, ...much]));
      assert.equal(error.code, "E2BIG");
      assert.equal(t.fails(() => t.spawn([t.witness, "x".repeat(128 * 1024)])).code, "E2BIG");
      assert.equal(t.fails(() => t.spawn([t.witness], { env: { BIG: "x".repeat(128 * 1024) } })).code, "E2BIG");
      assert.equal(t.fails(() => t.command(t.witness, { args: much }).outputSync()).code, "E2BIG");
      if (t.native) assert.deepEqual([error.step, error.path], ["file", t.witness]);
    },
  },
  {
    name: "a closed fd as stdio",
    run(t) {
      for (const start of [
        () => t.spawn([t.witness], { stdin: 987 }),
        () => t.spawn([t.witness], { stdout: 987 }),
        () => t.spawn([t.witness], { setup: { fds: { 5: 987 } } }),
      ]) {
        const error = t.fails(start);
        assert.equal(error.code, "EBADF");
        if (!t.native) continue;
        assert.equal(error.step, "stdio");
        assert.match(error.message, /987/);
      }
    },
  },
  {
    name: "steps that fail for root too: each by its own name",
    run(t) {
      if (!t.native) return;
      const missing = path.join(t.dir, "missing");
      const rows: [step: string, codes: string[], setup: Parameters<T["setup"]>[0]][] = [
        ["processGroup", ["EPERM", "ESRCH"], { processGroup: 2_000_000_000 }],
        ["fds", ["EBADF", "EINVAL"], { limits: {}, fds: { 2_000_000_000: "null" } }],
        ["limits", ["EPERM"], { limits: { nofile: 2 ** 40 } }],
        ["affinity", ["EINVAL"], { affinity: [8000] }],
        ["root", ["ENOENT"], { root: missing }],
        ["cgroup", ["ENOENT"], { cgroup: missing }],
        ["stdio", ["ENOENT"], { fds: { 7: { file: missing } } }],
      ];
      for (const [step, codes, setup] of rows) {
        const error = t.fails(() => t.spawn([t.witness], { setup }));
        assert.equal(error.step, step, error.message);
        assert.ok(codes.includes(error.code), `${step}: ${error.message}`);
        const value: unknown = Object.values(setup)[0];
        if (typeof value === "string") assert.ok(error.message.includes(value), error.message);
      }
      assert.equal(t.fails(() => t.spawn([t.witness], { setup: { root: "/" }, cwd: missing })).step, "cwd");
    },
  },
  {
    name: "steps that fail for who is not root: each by its own name",
    needs: ["root", "a checkout others may enter"],
    async run(t) {
      if (!t.native) return;
      const rows: [step: string, codes: string[], options: NonNullable<Attempt["options"]>][] = [
        ["uid", ["EPERM"], { uid: 0 }],
        ["gid", ["EPERM"], { gid: 0 }],
        ["groups", ["EPERM"], { setup: { groups: [1] } }],
        ["priority", ["EACCES", "EPERM"], { setup: { priority: -5 } }],
        ["ioPriority", ["EPERM"], { setup: { ioPriority: { class: "realtime" } } }],
        ["scheduler", ["EPERM"], { setup: { scheduler: { policy: "fifo" } } }],
        ["limits", ["EPERM"], { setup: { limits: { nofile: 1_000_000_000 } } }],
        ["root", ["EPERM"], { setup: { root: "/" } }],
        ["namespaces", ["EPERM"], { setup: { namespaces: ["net"] } }],
        ["cwd", ["EACCES"], { cwd: t.dir }],
      ];
      fs.chmodSync(t.dir, 0o700);
      const list = rows.map(([, , options]) => ({ command: ["WITNESS"], options }));
      const outcomes = await attempts(t, list, [`uid=${NOBODY}`, `gid=${NOBODY}`]);
      for (const [index, [step, codes]] of rows.entries()) {
        const outcome = outcomes[index];
        assert.equal(outcome?.step, step, JSON.stringify(outcome));
        assert.ok(codes.includes(outcome?.code ?? ""), JSON.stringify(outcome));
      }
    },
  },
  {
    name: "who is not root needs no privilege for what needs none",
    needs: ["root", "a checkout others may enter", "user namespaces"],
    async run(t) {
      if (!t.native) return;
      const setup = {
        umask: 0o077,
        priority: 5,
        noNewPrivileges: true,
        session: true,
        dieWithParent: true,
        limits: { nofile: 100, core: 0 },
      };
      const list: Attempt[] = [
        { command: ["WITNESS", "exit", "3"], options: { setup } },
        { command: ["WITNESS", "exit", "4"], options: { uid: NOBODY, gid: NOBODY } },
        { command: ["WITNESS", "exit", "5"], options: { setup: { namespaces: ["user", "net", "pid"] } } },
      ];
      const outcomes = await attempts(t, list, [`uid=${NOBODY}`, `gid=${NOBODY}`]);
      assert.deepEqual(
        outcomes.map(({ exit, message }) => exit ?? message),
        [3, 4, 5],
      );
    },
  },
  {
    name: "no process left: EAGAIN by RLIMIT_NPROC",
    needs: ["root", "a checkout others may enter"],
    async run(t) {
      // A uid of its own, so that nobody else's processes count. The runtime's own threads do.
      const uid = 61_000 + (parent.pid % 1000);
      const [outcome, after] = (await attempts(
        t,
        [
          { command: ["WITNESS", "sleep", "20000"], options: { stdout: "ignore", stderr: "ignore" }, fill: true },
          { command: ["WITNESS", "exit", "3"] },
        ],
        ["nproc=60", `uid=${uid}`, `gid=${NOBODY}`],
      )) as [Outcome, Outcome];
      assert.equal(outcome.code, "EAGAIN", JSON.stringify(outcome));
      assert.equal(outcome.name, "SpawnError");
      assert.equal(after.exit, 3, "the next one, with room again");
      if (!t.native) return;
      assert.equal(outcome.step, "birth");
      assert.match(outcome.message ?? "", /RLIMIT_NPROC/);
    },
  },
  {
    name: "no process left at the first spawn: EAGAIN, and no engine is given up for it",
    needs: ["root", "a checkout others may enter"],
    slow: true,
    timeout: 60_000,
    async run(t) {
      const uid = 62_000 + (parent.pid % 1000);
      const codes = new Set<string | undefined>();
      // Somewhere between too few for the runtime to start and enough for the child.
      const step = Math.ceil(34 / volume(34));
      for (let limit = 6; limit < 40; limit += step) {
        const { code, stdout } = await t.program(
          "attempts",
          [JSON.stringify([{ command: ["WITNESS", "exit", "0"] }])],
          [`nproc=${limit}`, `uid=${uid}`, `gid=${NOBODY}`],
          // A runtime without its threads may hang instead of ending.
          { stderr: "ignore", timeout: patience(5000), killSignal: "SIGKILL" },
        );
        if (code !== 0) continue;
        const [outcome] = JSON.parse(stdout) as [Outcome];
        codes.add(outcome.code);
        if (outcome.exit === 0) break;
        assert.equal(outcome.code, "EAGAIN", JSON.stringify(outcome));
      }
      assert.ok(codes.has(undefined), "no limit was enough");
    },
  },
  {
    name: "no fd left: EMFILE, and then all is well again",
    slow: true,
    async run(t) {
      const outcomes = await noFdLeft(t);
      assert.equal(outcomes[0]?.code, "EMFILE", JSON.stringify(outcomes[0]));
      assert.equal(outcomes[0]?.name, "SpawnError");
      if (t.native) assert.equal(outcomes[0]?.step, "stdio");
      for (const outcome of outcomes) {
        assert.ok(outcome.code === "EMFILE" || outcome.exit !== undefined, JSON.stringify(outcome));
      }
      assert.equal(outcomes.at(-1)?.exit, 4);
    },
  },
  {
    name: "no fd left: whichever could not be had, the others are given back",
    async run(t) {
      for (const outcome of await noFdLeft(t)) assert.deepEqual(outcome.left, [], JSON.stringify(outcome));
    },
  },
  {
    name: "usage mistakes are TypeErrors that name option and value",
    run(t) {
      const withSetup = (setup: unknown) => (): unknown => t.spawn([t.witness], { setup: setup as never });
      const bad: [shown: RegExp, start: () => unknown][] = [
        [/cmd/, () => t.spawn([])],
        [/cmd\[0\].*""/, () => t.spawn([""])],
        [/NUL/, () => t.spawn(["a\0b"])],
        [/args\[0\].*NUL/, () => t.spawn([t.witness, "a\0b"])],
        [/env\.A.*NUL/, () => t.spawn([t.witness], { env: { A: "a\0b" } })],
        [/env/, () => t.spawn([t.witness], { env: { "A=B": "1" } })],
        [/cwd.*NUL/, () => t.spawn([t.witness], { cwd: "/\0" })],
        [/argv0.*NUL/, () => t.spawn([t.witness], { argv0: "\0" })],
        [/stdin.*-1/, () => t.spawn([t.witness], { stdin: -1 })],
        [/stdout.*1\.5/, () => t.spawn([t.witness], { stdout: 1.5 })],
        [/stdout.*"piped"/, () => t.spawn([t.witness], { stdout: "piped" as never })],
        [/stdin.*"pipe"/, () => t.command(t.witness, { stdin: "pipe" as never }).spawn()],
        [/setup\.umsk/, withSetup({ umsk: 0 })],
        [/setup\.umask.*4096/, withSetup({ umask: 4096 })],
        [/setup\.umask.*"022"/, withSetup({ umask: "022" })],
        [/setup\.uid.*-1/, withSetup({ uid: -1 })],
        [/setup\.priority.*20/, withSetup({ priority: 20 })],
        [/setup\.limits\.nofiles/, withSetup({ limits: { nofiles: 3 } })],
        [/setup\.limits\.nofile\.soft/, withSetup({ limits: { nofile: { soft: 5, hard: 4 } } })],
        [/setup\.namespaces\[0\].*"nets"/, withSetup({ namespaces: ["nets"] })],
        [/setup\.signals\.ignore\[0\].*"SIGKILL"/, withSetup({ signals: { ignore: ["SIGKILL"] } })],
        [/setup\.signals\.mask\[0\].*65/, withSetup({ signals: { mask: [65] } })],
        [/setup\.affinity/, withSetup({ affinity: [] })],
        [/setup\.fds/, withSetup({ fds: { 1: "null" } })],
        [/setup\.fds\.3/, withSetup({ fds: { 3: "pipe" } })],
        [/setup\.session/, withSetup({ controllingTerminal: true })],
        [/setup\.cgroup/, withSetup({ cgroup: "" })],
        [/setup\.root/, withSetup({ root: "" })],
        [/setup/, withSetup([])],
        [/engine.*"forkvm"/, () => t.spawn([t.witness], { engine: "forkvm" as never })],
        [/engine/, () => t.spawn([t.witness], { engine: [] })],
        [/killSignal.*"SIGNOPE"/, () => t.spawn([t.witness], { killSignal: "SIGNOPE" as never })],
      ];
      for (const [index, [shown, start]] of bad.entries()) {
        assert.throws(
          start,
          (error: unknown) => {
            assert.ok(error instanceof TypeError, `row ${index}, ${shown}: not a TypeError but ${String(error)}`);
            assert.match(error.message, shown);
            return true;
          },
          `row ${index}, ${shown}`,
        );
      }
    },
  },
  {
    name: "after a failure the next spawn works, in every face",
    async run(t) {
      for (let i = 0; i < 20; i++) {
        t.fails(() => t.spawn(["/nope/x"]));
        assert.equal(await t.spawn([t.witness, "exit", "3"], { stdout: "ignore" }).exited, 3);
        t.fails(() => t.spawnSync(["/nope/x"]));
        assert.equal(t.spawnSync([t.witness, "exit", "3"]).exitCode, 3);
      }
    },
  },
];
export default cases;
