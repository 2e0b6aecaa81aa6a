import type { ProcessSetup, SpawnError, SpawnOptions } from "ringspawn";
import { type Case, finished, type T } from "../harness.ts";
import type { Attempt, Outcome } from "../programs/attempts.ts";
import { assert, fs, nicer, parent, path, patience, volume } from "../tools.ts";

const NOBODY = 65534;

/** What these attempts come to in a program that `witness under` has put into another state. */
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

/** What spawns with three pipes come to with 0 to 8 free fds, and at last with many. */
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

/** Whether the engine of this cell lacks one of these options; what a program of its own then got is a refusal. */
function wasRefused(t: T, options: NonNullable<Attempt["options"]>, { code, message }: Outcome): boolean {
  const option = t.lacks(options);
  if (option === undefined) return false;
  assert.equal(code, "ENOTSUP", message);
  assert.ok(message?.includes(option), `the refusal does not name ${option}: ${message}`);
  return true;
}

/** Steps that root cannot do either, by their names. `names` must stand in the message. */
const FAIL_FOR_ALL: Record<string, { codes: string[]; setup: ProcessSetup; names?: string }> = {
  processGroup: { codes: ["EPERM", "ESRCH"], setup: { processGroup: 2_000_000_000 } },
  fds: { codes: ["EBADF", "EINVAL"], setup: { fds: { 2_000_000_000: "null" } } },
  limits: { codes: ["EPERM"], setup: { limits: { nofile: 2 ** 40 } } },
  affinity: { codes: ["EINVAL"], setup: { affinity: [8000] } },
  root: { codes: ["ENOENT"], setup: { root: "/nope/root" }, names: "/nope/root" },
  cgroup: { codes: ["ENOENT"], setup: { cgroup: "/nope/cgroup" }, names: "/nope/cgroup" },
};

/** A step that takes a privilege, and the errors of who has none. */
type Privileged = readonly [step: string, codes: readonly string[], options: NonNullable<Attempt["options"]>];

const PRIVILEGED: readonly Privileged[] = [
  ["uid", ["EPERM"], { uid: 0 }],
  ["gid", ["EPERM"], { gid: 0 }],
  ["groups", ["EPERM"], { setup: { groups: [1] } }],
  ["priority", ["EACCES", "EPERM"], { setup: { priority: -5 } }],
  ["ioPriority", ["EPERM"], { setup: { ioPriority: { class: "realtime" } } }],
  ["scheduler", ["EPERM"], { setup: { scheduler: { policy: "fifo" } } }],
  ["limits", ["EPERM"], { setup: { limits: { nofile: 1_000_000_000 } } }],
  ["root", ["EPERM"], { setup: { root: "/" } }],
  ["namespaces", ["EPERM"], { setup: { namespaces: ["net"] } }],
];

const cases: Case[] = [
  {
    name: "a command that is missing fails with ENOENT, in every face",
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
        assert.equal(error.step, "file");
      }
    },
  },
  {
    name: "a bare name that no directory of PATH has fails with ENOENT",
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
    name: "a command that is a directory fails with EACCES",
    run(t) {
      for (const dir of [t.dir, "/"]) {
        const error = t.fails(() => t.spawn([dir]));
        assert.equal(error.code, "EACCES");
        assert.equal(error.step, "file");
        assert.ok(error.message.includes(`'${dir}' may not be executed: it is a directory (`), error.message);
      }
    },
  },
  {
    name: "a command that is not executable fails with EACCES",
    run(t) {
      const error = t.fails(() => t.spawn([executable(t, "text", "#!/bin/sh\n", 0o644)]));
      assert.equal(error.code, "EACCES");
      assert.deepEqual([error.step, error.path], ["file", path.join(t.dir, "text")]);
      assert.match(error.message, /'[^']*\/text' may not be executed: none of its execute bits is set \(/);
    },
  },
  {
    name: "a command below a file fails with ENOTDIR",
    run(t) {
      const file = executable(t, "file", "");
      const error = t.fails(() => t.spawn([`${file}/x`]));
      assert.deepEqual([error.code, error.step], ["ENOTDIR", "file"]);
    },
  },
  {
    name: "a script whose interpreter is missing fails with ENOENT, and the interpreter is named",
    run(t) {
      const script = executable(t, "script", "#!/nope/interpreter\n");
      const error = t.fails(() => t.spawn([script]));
      assert.equal(error.code, "ENOENT");
      assert.equal(error.step, "interpreter");
      assert.match(error.message, /interpreter/);
      assert.ok(error.message.includes(script));
    },
  },
  {
    name: "a script is run by its interpreter, with the interpreter's argument",
    needs: ["/bin/sh"],
    async run(t) {
      const script = executable(t, "script", '#!/bin/sh -e\necho "$0 $*"\n');
      const child = t.spawn([script, "a", "b c"], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
      assert.equal((await finished(child)).stdout, `${script} a b c\n`);
    },
  },
  {
    name: "Command has the shell run a text without #!",
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
    name: "spawn does not run a text without #!",
    run(t) {
      const error = t.fails(() => t.spawn([executable(t, "text", "echo no\n")]));
      assert.equal(error.code, "ENOEXEC");
      assert.equal(error.step, "file");
    },
  },
  {
    name: "the first file in PATH that can be executed is run, and what may not be executed is passed over",
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
    name: "more arguments than the kernel takes fail with E2BIG",
    run(t) {
      const much = Array.from({ length: 64 }, () => "x".repeat(120_000));
      const error = t.fails(() => t.spawn([t.witness, ...much]));
      assert.equal(error.code, "E2BIG");
      assert.equal(t.fails(() => t.spawn([t.witness, "x".repeat(128 * 1024)])).code, "E2BIG");
      assert.equal(t.fails(() => t.spawn([t.witness], { env: { BIG: "x".repeat(128 * 1024) } })).code, "E2BIG");
      assert.equal(t.fails(() => t.command(t.witness, { args: much }).outputSync()).code, "E2BIG");
      assert.deepEqual([error.step, error.path], ["file", t.witness]);
    },
  },
  {
    name: "arguments and paths beyond all measure fail with what the kernel would say of them",
    run(t) {
      const huge = "x".repeat(17 * 1024 * 1024);
      const much = Array.from({ length: 170 }, () => "x".repeat(100_000));
      const list: [code: string, step: string, command: string[], options?: SpawnOptions][] = [
        ["E2BIG", "file", [t.witness, ...much]],
        ["E2BIG", "file", [t.witness, huge]],
        ["E2BIG", "file", [t.witness], { env: { HUGE: huge } }],
        ["ENAMETOOLONG", "file", [`/${huge}`]],
        ["ENAMETOOLONG", "cwd", [t.witness], { cwd: `/${huge}` }],
        ["ENAMETOOLONG", "stdio", [t.witness], { setup: { fds: { 5: { file: `/${huge}` } } } }],
        ["ENAMETOOLONG", "root", [t.witness], { setup: { root: `/${huge}` } }],
      ];
      for (const [code, step, command, options] of list) {
        const error = t.fails(() => t.spawn(command, options));
        assert.equal(error.code, code);
        if (t.native) assert.equal(error.step, step);
      }
    },
  },
  {
    name: "an fd that is not open fails with EBADF",
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
  ...Object.entries(FAIL_FOR_ALL).map(
    ([step, { codes, setup, names }]): Case => ({
      name: `a step that fails is told by its name: ${step}`,
      run(t) {
        const error = t.fails(() => t.spawn([t.witness], { setup }));
        assert.equal(error.step, step, error.message);
        assert.ok(codes.includes(error.code), error.message);
        if (names !== undefined) assert.ok(error.message.includes(names), error.message);
      },
    }),
  ),
  {
    name: "a step that fails is told by its name: cwd, inside of root",
    needs: ["root"],
    run(t) {
      const error = t.fails(() => t.spawn([t.witness], { setup: { root: "/" }, cwd: path.join(t.dir, "missing") }));
      assert.deepEqual([error.code, error.step], ["ENOENT", "cwd"], error.message);
    },
  },
  {
    name: "a step that takes a privilege fails for who has none, and is told by its name",
    needs: ["root", "a checkout others may enter"],
    async run(t) {
      fs.chmodSync(t.dir, 0o700);
      const rows: Privileged[] = [...PRIVILEGED, ["cwd", ["EACCES"], { cwd: t.dir }]];
      const list = rows.map(([, , options]) => ({ command: ["WITNESS"], options }));
      const outcomes = await attempts(t, list, [`uid=${NOBODY}`, `gid=${NOBODY}`]);
      for (const [index, [step, codes, options]] of rows.entries()) {
        const outcome = outcomes[index] as Outcome;
        if (wasRefused(t, options, outcome)) continue;
        // Where the runtime's own spawn failed, the step is told where the paths show it, and no other.
        const isHidden = !t.native && outcome.step === undefined;
        assert.ok(isHidden || outcome.step === step, JSON.stringify(outcome));
        assert.ok(codes.includes(outcome.code ?? ""), JSON.stringify(outcome));
      }
    },
  },
  {
    name: "a user who is not root may do what takes no privilege",
    needs: ["root", "a checkout others may enter", "user namespaces"],
    async run(t) {
      const setup = {
        umask: 0o077,
        priority: nicer(5),
        noNewPrivileges: true,
        session: true,
        dieWithParent: true,
        limits: { nofile: 100, core: 0 },
      };
      const rows: [exit: number, options: NonNullable<Attempt["options"]>][] = [
        [3, { setup }],
        [4, { uid: NOBODY, gid: NOBODY }],
        [5, { setup: { namespaces: ["user", "net", "pid"] } }],
      ];
      const list = rows.map(([exit, options]) => ({ command: ["WITNESS", "exit", String(exit)], options }));
      const outcomes = await attempts(t, list, [`uid=${NOBODY}`, `gid=${NOBODY}`]);
      for (const [index, [exit, options]] of rows.entries()) {
        const outcome = outcomes[index] as Outcome;
        if (!wasRefused(t, options, outcome)) assert.equal(outcome.exit, exit, JSON.stringify(outcome));
      }
    },
  },
  {
    name: "a start beyond RLIMIT_NPROC fails with EAGAIN, and the next one with room succeeds",
    needs: ["root", "a checkout others may enter"],
    async run(t) {
      // A uid that no other processes have, because they would count; the threads of the runtime do count.
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
      assert.equal(outcome.name, "Error");
      assert.equal(after.exit, 3, "the next one, with room again");
      if (!t.native) return;
      assert.equal(outcome.step, "birth");
      assert.match(outcome.message ?? "", /RLIMIT_NPROC/);
    },
  },
  {
    name: "a first start beyond RLIMIT_NPROC works or fails with EAGAIN, and gives no engine up",
    needs: ["root", "a checkout others may enter"],
    slow: true,
    timeout: 60_000,
    async run(t) {
      const uid = 62_000 + (parent.pid % 1000);
      const codes = new Set<string | undefined>();
      // The limits lie between too low for the runtime to start and high enough for the child.
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
    name: "a first start of a program that may have no more threads fails with EAGAIN, and gives no engine up",
    needs: ["root", "a checkout others may enter"],
    async run(t) {
      // Threads of other users do not count, and root's never do.
      const uid = 63_000 + (parent.pid % 1000);
      const under = [`uid=${uid}`, `gid=${NOBODY}`];
      const { code, signal, stdout, stderr } = await t.program("first-without-threads", [], under);
      assert.deepEqual([code, signal], [0, null], stderr);
      assert.deepEqual(JSON.parse(stdout), [
        ["EAGAIN", "EAGAIN"],
        ["3", "3"],
      ]);
    },
  },
  {
    name: "a start without free fds fails with EMFILE, and the next one with free fds succeeds",
    slow: true,
    async run(t) {
      const outcomes = await noFdLeft(t);
      assert.equal(outcomes[0]?.code, "EMFILE", JSON.stringify(outcomes[0]));
      assert.equal(outcomes[0]?.name, "Error");
      if (t.native) assert.equal(outcomes[0]?.step, "stdio");
      for (const outcome of outcomes) {
        assert.ok(outcome.code === "EMFILE" || outcome.exit !== undefined, JSON.stringify(outcome));
      }
      assert.equal(outcomes.at(-1)?.exit, 4);
    },
  },
  {
    name: "a blocking start without free fds fails with EMFILE, and the next one with free fds succeeds",
    async run(t) {
      const list: Attempt[] = [];
      for (let spare = 0; spare <= 12; spare++) {
        list.push({ command: ["WITNESS", "exit", "3"], sync: { timeout: 20_000 }, spare });
      }
      list.push({ command: ["WITNESS", "exit", "4"], sync: { timeout: 20_000 } });
      const outcomes = await attempts(t, list, ["nofile=128"]);
      assert.equal(outcomes[0]?.code, "EMFILE", JSON.stringify(outcomes[0]));
      for (const { code, exit } of outcomes.slice(1, -1)) assert.ok(code === "EMFILE" || exit === 3, `${code} ${exit}`);
      assert.equal(outcomes.at(-1)?.exit, 4);
    },
  },
  {
    name: "a first start without free fds fails with EMFILE and leaves the engine as good as it was",
    async run(t) {
      const { code, stdout, stderr } = await t.program("first-without-fds", [], ["nofile=128"]);
      assert.equal(code, 0, stderr);
      const outcomes = JSON.parse(stdout) as string[];
      assert.equal(outcomes[0], "EMFILE", stdout);
      for (const outcome of outcomes) assert.ok(outcome === "EMFILE" || outcome === "3", stdout);
      assert.equal(outcomes.at(-1), "3", stdout);
    },
  },
  {
    name: "a start with too few free fds gives back those that it had got",
    async run(t) {
      for (const outcome of await noFdLeft(t)) assert.deepEqual(outcome.left, [], JSON.stringify(outcome));
    },
  },
  {
    name: "an empty command is found nowhere, whatever PATH is",
    run(t) {
      const starts: [name: string, start: () => unknown][] = [
        ["Command", () => t.command("").spawn()],
        ["outputSync", () => t.command("", { env: { PATH: "/usr/bin" } }).outputSync()],
        ["spawn", () => t.spawn([""], { cwd: "/usr" })],
        ["spawnSync", () => t.spawnSync([""], { env: { PATH: ":/bin" } })],
      ];
      for (const [name, start] of starts) {
        assert.throws(start, (error: SpawnError) => {
          assert.ok(error instanceof t.SpawnError, `${name}: ${String(error)}`);
          assert.deepEqual([error.code, error.path, error.engine], ["ENOENT", undefined, t.ENGINE], name);
          assert.equal(error.step, "file", name);
          return true;
        });
      }
    },
  },
  {
    name: "usage mistakes are TypeErrors that name the option and its value",
    run(t) {
      const withSetup = (setup: unknown) => (): unknown => t.spawn([t.witness], { setup: setup as never });
      const bad: [shown: RegExp, start: () => unknown][] = [
        [/cmd/, () => t.spawn([])],
        [/cmd\[0\].*null bytes/, () => t.spawn(["a\0b"])],
        [/args\[1\].*null bytes/, () => t.spawn([t.witness, "a\0b"])],
        [/env\.A.*null bytes/, () => t.spawn([t.witness], { env: { A: "a\0b" } })],
        [/env/, () => t.spawn([t.witness], { env: { "A=B": "1" } })],
        [/cwd.*null bytes/, () => t.spawn([t.witness], { cwd: "/\0" })],
        [/argv0.*null bytes/, () => t.spawn([t.witness], { argv0: "\0" })],
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
    name: "after a failed start the next one works, in every face",
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
