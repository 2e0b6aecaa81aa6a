import { type Case, finished, LEAKY_FD, type T } from "../harness.ts";
import { cgroup2 } from "../needs.ts";
import type { Report } from "../report.ts";
import { alive, assert, cloexec, fdOf, fs, nicer, openFds, os, parent, path, statFd, status, until } from "../tools.ts";

const NOBODY = 65534;

/** A copy of the witness that every user can reach. */
function copyOf(t: T): string {
  const copy = path.join(t.dir, "witness");
  fs.copyFileSync(t.witness, copy);
  fs.chmodSync(copy, 0o755);
  return copy;
}

/** Opens a pty for `use`: the fd and the path of its terminal. A child unlocks it, because JavaScript has no ioctl. */
async function withPty(t: T, use: (fd: number, name: string) => Promise<void>): Promise<void> {
  const { O_RDWR, O_NOCTTY } = fs.constants;
  const master = fs.openSync("/dev/ptmx", O_RDWR | O_NOCTTY);
  try {
    const child = t.spawnAny([t.witness, "unlock-pty", "3"], { stdout: "pipe", setup: { fds: { 3: master } } });
    const name = (await finished(child)).stdout.trim();
    const far = fs.openSync(name, O_RDWR | O_NOCTTY);
    try {
      await use(far, name);
    } finally {
      fs.closeSync(far);
    }
  } finally {
    fs.closeSync(master);
  }
}

/** The number of this program's own controlling terminal, 0 for none. */
function ownTerminal(): number {
  const stat = fs.readFileSync("/proc/self/stat", "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[4]);
}

/** Signal numbers of a mask in /proc/self/status. */
function signalsOf(hex: string): number[] {
  const bits = BigInt(`0x${hex}`);
  return Array.from({ length: 64 }, (_, i) => i + 1).filter((signal) => ((bits >> BigInt(signal - 1)) & 1n) === 1n);
}

function allowedCpus(): number[] {
  return status("Cpus_allowed_list")
    .split(",")
    .flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number) as [number, number | undefined];
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}

/** The report of a witness whose parent is a program that `witness under` has put into another state. */
async function reportUnder(t: T, under: string[], options: unknown): Promise<{ report: Report; ignored: string }> {
  const { code, stdout, stderr } = await t.program("report", [JSON.stringify(options)], under);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as { report: Report; ignored: string };
}

const namespaces = { cgroup: "cgroup", ipc: "ipc", mount: "mnt", net: "net", pid: "pid", uts: "uts" } as const;

const cases: Case[] = [
  {
    name: "without setup the child is as the parent",
    async run(t) {
      const report = await t.report();
      const own = (name: string): string => fs.readlinkSync(`/proc/self/ns/${name}`);
      assert.equal(report.sid, parent.pid, "the runner leads its session");
      assert.equal(report.pgid, parent.pid);
      assert.equal(report.umask, parent.umask());
      assert.deepEqual(report.uid, [parent.getuid?.(), parent.geteuid?.(), parent.geteuid?.()]);
      assert.deepEqual(report.affinity, allowedCpus());
      assert.equal(report.noNewPrivileges, status("NoNewPrivs") === "1");
      assert.equal(report.dieWithParent, 0);
      assert.deepEqual(report.signals.mask, []);
      assert.deepEqual(report.signals.caught, []);
      for (const [name, link] of Object.entries(report.namespaces)) assert.equal(link, own(name));
      assert.equal(report.cgroup, fs.readFileSync("/proc/self/cgroup", "utf8").trim());
    },
  },
  {
    name: "signals that this program ignores are reset in the child",
    async run(t) {
      assert.deepEqual((await t.report()).signals.ignored, []);
    },
  },
  {
    name: "session makes the child the leader of a new session",
    async run(t) {
      const report = await t.setup({ session: true });
      assert.equal(report.sid, report.pid);
      assert.equal(report.pgid, report.pid);
      assert.equal(report.terminal.controlling, false);
    },
  },
  {
    name: "spawn's option detached makes a new session",
    async run(t) {
      const report = await t.report({ detached: true });
      assert.equal(report.sid, report.pid);
    },
  },
  {
    name: "processGroup makes a new group, or joins one",
    async run(t) {
      const report = await t.setup({ processGroup: 0 });
      assert.equal(report.pgid, report.pid);
      assert.equal(report.sid, parent.pid);
      const leader = t.spawn([t.witness, "sleep", "20000"], { stdout: "ignore", setup: { processGroup: 0 } });
      const joined = await t.setup({ processGroup: leader.pid });
      assert.equal(joined.pgid, leader.pid);
      leader.kill("SIGKILL");
      await leader.exited;
    },
  },
  {
    name: "controllingTerminal: true makes stdin the child's controlling terminal, and not the parent's",
    needs: ["ptmx"],
    run: (t) =>
      withPty(t, async (far) => {
        const report = await t.setup({ session: true, controllingTerminal: true }, { stdin: far });
        assert.equal(report.terminal.controlling, true);
        assert.equal(report.terminal.foreground, report.pid);
        assert.equal(fdOf(report, 0).tty, true);
        assert.equal(ownTerminal(), 0, "this program got it as well");
      }),
  },
  {
    name: "controllingTerminal takes another fd, which is opened by its path",
    needs: ["ptmx"],
    run: (t) =>
      withPty(t, async (_far, name) => {
        const report = await t.setup({
          session: true,
          controllingTerminal: 5,
          fds: { 5: { file: name, open: "r+" } },
        });
        assert.equal(ownTerminal(), 0, "this program, a session leader, got it by opening it");
        assert.equal(report.terminal.controlling, true);
        assert.equal(report.terminal.foreground, report.pid);
        assert.equal(fdOf(report, 5).tty, true);
      }),
  },
  {
    name: "controllingTerminal fails with ENOTTY for what is no terminal",
    run(t) {
      const error = t.fails(() => t.spawn([t.witness], { setup: { session: true, controllingTerminal: true } }));
      assert.deepEqual([error.code, error.step], ["ENOTTY", "controllingTerminal"]);
    },
  },
  {
    name: "uid sets the real, effective and saved user id, and no group",
    needs: ["root"],
    async run(t) {
      const report = await t.setup({ uid: NOBODY }, {}, copyOf(t));
      assert.deepEqual(report.uid, [NOBODY, NOBODY, NOBODY]);
      assert.deepEqual(report.gid, [0, 0, 0]);
    },
  },
  {
    name: "gid sets the real, effective and saved group id, and no user",
    needs: ["root"],
    async run(t) {
      const report = await t.setup({ gid: NOBODY }, {}, copyOf(t));
      assert.deepEqual(report.gid, [NOBODY, NOBODY, NOBODY]);
      assert.deepEqual(report.uid, [0, 0, 0]);
    },
  },
  {
    name: "uid and gid are options of both faces",
    needs: ["root"],
    async run(t) {
      const copy = copyOf(t);
      const report = await t.report({ uid: NOBODY, gid: 1234 }, [], copy);
      assert.deepEqual([...report.uid, ...report.gid], [NOBODY, NOBODY, NOBODY, 1234, 1234, 1234]);
      const { stdout } = await t.command(copy, { uid: 1234, gid: NOBODY }).output();
      const other = JSON.parse(new TextDecoder().decode(stdout)) as Report;
      assert.deepEqual([...other.uid, ...other.gid], [1234, 1234, 1234, NOBODY, NOBODY, NOBODY]);
    },
  },
  {
    name: "uid: a program that the new user may not execute fails with EACCES",
    needs: ["root"],
    run(t) {
      const copy = copyOf(t);
      fs.chmodSync(copy, 0o700);
      const error = t.fails(() => t.spawn([copy], { uid: NOBODY }));
      assert.equal(error.code, "EACCES");
      if (t.native) assert.equal(error.step, "file");
    },
  },
  {
    name: "groups sets the supplementary groups, and [] drops all",
    needs: ["root"],
    async run(t) {
      const report = await t.setup({ groups: [7, 1234, 4_000_000_000] });
      assert.deepEqual(
        report.groups.toSorted((a, b) => a - b),
        [7, 1234, 4_000_000_000],
      );
      const { report: none } = await reportUnder(t, ["group=7", "group=8"], { setup: { groups: [] } });
      assert.deepEqual(none.groups, []);
    },
  },
  {
    name: "in a user namespace that forbids to drop groups, uid and gid work without groups",
    slow: true,
    needs: ["root", "user namespaces", "a checkout others may enter"],
    async run(t) {
      const under = ["group=7", `uid=${NOBODY}`, `gid=${NOBODY}`, "userns=1"];
      const { report } = await reportUnder(t, under, { uid: 0, gid: 0 });
      assert.deepEqual(
        [report.uid, report.gid],
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
      );
      assert.equal(report.groups.length, 1);
      // Who asks for groups is told that there are none to be had.
      t.needs({ setup: { groups: [] } });
      const asked = await t.program("report", [JSON.stringify({ uid: 0, setup: { groups: [] } })], under);
      assert.notEqual(asked.code, 0);
      assert.match(asked.stderr, /supplementary groups.*\(groups, EPERM\)/);
    },
  },
  {
    name: "without groups, those of root are dropped with uid or gid, and kept else",
    slow: true,
    needs: ["root", "a checkout others may enter"],
    async run(t) {
      const under = ["group=7", "group=8"];
      assert.deepEqual((await reportUnder(t, under, {})).report.groups, [7, 8]);
      assert.deepEqual((await reportUnder(t, under, { uid: NOBODY })).report.groups, []);
      assert.deepEqual((await reportUnder(t, under, { gid: NOBODY })).report.groups, []);
      const some = { uid: NOBODY, setup: { groups: [9] } };
      t.needs(some);
      assert.deepEqual((await reportUnder(t, under, some)).report.groups, [9]);
    },
  },
  {
    name: "umask sets the child's mask, and leaves the parent's",
    async run(t) {
      const report = await t.setup({ umask: 0o027 });
      assert.equal(report.umask, 0o027);
      assert.equal((await t.setup({ umask: 0 })).umask, 0);
      assert.notEqual(parent.umask(), 0);
    },
  },
  {
    name: "priority sets the child's nice value, and leaves the parent's",
    async run(t) {
      const own = os.getPriority();
      assert.equal((await t.setup({ priority: nicer(7) })).nice, nicer(7));
      assert.equal((await t.report()).nice, own, "this program's own is as it was");
    },
  },
  {
    name: "priority can be higher than the parent's, for root",
    needs: ["root"],
    async run(t) {
      const report = await t.setup({ priority: -11 });
      assert.equal(report.nice, -11);
    },
  },
  {
    name: "ioPriority sets class and level, 4 by default",
    async run(t) {
      const report = await t.setup({ ioPriority: { class: "best-effort", level: 7 } });
      assert.deepEqual(report.ioPriority, { class: "best-effort", level: 7 });
      const usual = await t.setup({ ioPriority: { class: "best-effort" } });
      assert.deepEqual(usual.ioPriority, { class: "best-effort", level: 4 });
      assert.equal((await t.setup({ ioPriority: { class: "idle" } })).ioPriority.class, "idle");
    },
  },
  {
    name: "ioPriority can be realtime, for root",
    needs: ["root"],
    async run(t) {
      const report = await t.setup({ ioPriority: { class: "realtime", level: 2 } });
      assert.deepEqual(report.ioPriority, { class: "realtime", level: 2 });
    },
  },
  {
    name: "affinity confines the child to one CPU",
    needs: ["two-cpus"],
    async run(t) {
      for (const cpu of allowedCpus().slice(0, 2)) {
        const report = await t.setup({ affinity: [cpu] });
        assert.deepEqual(report.affinity, [cpu]);
      }
      assert.equal((await t.report()).affinity.length, allowedCpus().length);
    },
  },
  {
    name: "scheduler takes batch and idle",
    async run(t) {
      for (const policy of ["batch", "idle"] as const) {
        const report = await t.setup({ scheduler: { policy } });
        assert.deepEqual(report.scheduler, { policy, priority: 0 });
      }
    },
  },
  {
    name: "scheduler takes fifo and rr with a priority, for root",
    needs: ["root"],
    async run(t) {
      for (const policy of ["fifo", "rr"] as const) {
        const report = await t.setup({ scheduler: { policy, priority: 3 } });
        assert.deepEqual(report.scheduler, { policy, priority: 3 });
      }
    },
  },
  {
    name: "limits sets the soft limit, the hard one, or both",
    async run(t) {
      const before = (await t.report()).limits;
      const report = await t.setup({
        limits: {
          nofile: { soft: 64 },
          core: 0,
          cpu: { soft: 100, hard: 200 },
          fsize: 2 ** 40,
          stack: { hard: 64 * 1024 * 1024, soft: 4 * 1024 * 1024 },
        },
      });
      assert.deepEqual(report.limits["nofile"], ["64", before["nofile"]?.[1]]);
      assert.deepEqual(report.limits["core"], ["0", "0"]);
      assert.deepEqual(report.limits["cpu"], ["100", "200"]);
      assert.deepEqual(report.limits["fsize"], [String(2 ** 40), String(2 ** 40)]);
      assert.deepEqual(report.limits["stack"], [String(4 * 1024 * 1024), String(64 * 1024 * 1024)]);
      assert.deepEqual(report.limits["as"], before["as"], "what was not asked for is as before");
    },
  },
  {
    name: "limits takes every name, and unlimited, for root",
    needs: ["root"],
    async run(t) {
      const wanted = {
        as: 2 ** 42,
        core: 4096,
        cpu: 1000,
        data: 2 ** 41,
        fsize: 2 ** 40,
        locks: 77,
        memlock: 65536,
        msgqueue: 8192,
        nice: 21,
        nofile: 100,
        nproc: 5000,
        rss: 2 ** 39,
        rtprio: 5,
        rttime: 1_000_000,
        sigpending: 99,
        stack: 8 * 1024 * 1024,
      };
      // No limit is raised: root in a container may lack the right to do that.
      const have = (await t.report()).limits;
      const limits = Object.fromEntries(
        Object.entries(wanted).map(([name, value]) => {
          const hard = have[name]?.[1] ?? "unlimited";
          return [name, hard === "unlimited" ? value : Math.min(value, Number(hard))];
        }),
      );
      const report = await t.setup({ limits });
      for (const [name, value] of Object.entries(limits)) {
        assert.deepEqual(report.limits[name], [String(value), String(value)], name);
      }
      const none = { soft: "unlimited", hard: "unlimited" } as const;
      const unlimited = await t.setup({ limits: { rss: "unlimited", locks: none } });
      assert.deepEqual(unlimited.limits["rss"], ["unlimited", "unlimited"]);
      assert.deepEqual(unlimited.limits["locks"], ["unlimited", "unlimited"]);
    },
  },
  {
    name: "signals.default resets only the signals that it names",
    async run(t) {
      const ignored = signalsOf(status("SigIgn"));
      assert.ok(ignored.includes(13), "this program ignores SIGPIPE");
      const report = await t.setup({ signals: { default: [] } });
      assert.deepEqual(report.signals.ignored, ignored);
      const some = await t.setup({ signals: { default: ["SIGPIPE"] } });
      assert.deepEqual(
        some.signals.ignored,
        ignored.filter((signal) => signal !== 13),
      );
      // Signal 40 was ignored before the program began, and runtimes leave it so.
      const under = await reportUnder(t, ["ignore=40"], { setup: { signals: { default: [] } } });
      assert.ok(signalsOf(under.ignored).includes(40), "the program ignores signal 40");
      assert.ok(under.report.signals.ignored.includes(40));
      const reset = await reportUnder(t, ["ignore=40"], { setup: { signals: { default: [40] } } });
      assert.ok(!reset.report.signals.ignored.includes(40));
      const all = await reportUnder(t, ["ignore=40", "ignore=64"], {});
      assert.deepEqual(all.report.signals.ignored, []);
    },
  },
  {
    name: "signals.ignore has the child start with signals ignored",
    async run(t) {
      const report = await t.setup({ signals: { ignore: ["SIGHUP", "SIGINT", 40] } });
      assert.deepEqual(report.signals.ignored, [1, 2, 40]);
      assert.deepEqual(report.signals.caught, []);
    },
  },
  {
    name: "signals.mask has the child start with signals blocked",
    async run(t) {
      const report = await t.setup({ signals: { mask: ["SIGTERM", "SIGUSR1", 64] } });
      assert.deepEqual(report.signals.mask, [10, 15, 64]);
      assert.deepEqual((await t.report()).signals.mask, []);
    },
  },
  {
    name: "root is the child's root directory, in which command and cwd are looked for",
    needs: ["root", "static witness"],
    async run(t) {
      copyOf(t);
      fs.mkdirSync(path.join(t.dir, "sub"));
      const report = await t.setup({ root: t.dir }, {}, "/witness");
      const { dev, ino } = fs.statSync(t.dir);
      assert.deepEqual(report.root, { dev, ino });
      assert.equal(report.cwd, "/");
      assert.equal((await t.setup({ root: t.dir }, { cwd: "/sub" }, "../witness")).cwd, "/sub");
      assert.equal((await t.setup({ root: t.dir }, { env: { PATH: "/nope:/" } }, "witness")).cwd, "/");
      const error = t.fails(() => t.spawn([t.witness], { setup: { root: t.dir } }));
      assert.deepEqual([error.code, error.step], ["ENOENT", "file"], "the command is looked for inside");
    },
  },
  ...(Object.keys(namespaces) as (keyof typeof namespaces)[]).map(
    (name): Case => ({
      name: `namespaces: ${name}`,
      needs: ["root"],
      async run(t) {
        const report = await t.setup({ namespaces: [name] });
        for (const [key, link] of Object.entries(report.namespaces)) {
          const own = fs.readlinkSync(`/proc/self/ns/${key}`);
          if (key === namespaces[name]) assert.notEqual(link, own, `${key} is the parent's`);
          else assert.equal(link, own, `${key} is another one`);
        }
        assert.equal(report.pid === 1, name === "pid");
      },
    }),
  ),
  {
    name: "namespaces takes user, without root's help",
    needs: ["user namespaces"],
    async run(t) {
      const report = await t.setup({ namespaces: ["user"] });
      assert.notEqual(report.namespaces["user"], fs.readlinkSync("/proc/self/ns/user"));
      assert.equal(report.uid[0], NOBODY, "nobody is mapped yet");
    },
  },
  {
    name: "namespaces takes time",
    needs: ["root", "time namespaces"],
    async run(t) {
      const report = await t.setup({ namespaces: ["time"] });
      assert.notEqual(report.namespaces["time"], fs.readlinkSync("/proc/self/ns/time"));
    },
  },
  {
    name: "namespaces takes several at once, and with user among them no privilege is needed",
    needs: ["user namespaces"],
    async run(t) {
      const report = await t.setup({ namespaces: ["user", "pid", "net", "ipc", "uts", "mount", "cgroup"] });
      for (const key of ["user", "pid", "net", "ipc", "uts", "mnt", "cgroup"]) {
        assert.notEqual(report.namespaces[key], fs.readlinkSync(`/proc/self/ns/${key}`), key);
      }
      assert.equal(report.pid, 1);
    },
  },
  {
    name: "cgroup takes a path or an fd, and the child is born in it",
    needs: ["root", "cgroup2"],
    async run(t) {
      const name = `ringspawn-conformance-${parent.pid}`;
      const dir = path.join(cgroup2() as string, name);
      fs.mkdirSync(dir);
      try {
        const report = await t.setup({ cgroup: dir });
        const line = (of: Report): string | undefined => of.cgroup?.split("\n").find((text) => text.startsWith("0::"));
        assert.ok(line(report)?.endsWith(`/${name}`), report.cgroup ?? "");
        const fd = fs.openSync(dir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
        try {
          const other = await t.setup({ cgroup: fd });
          assert.equal(line(other), line(report));
          assert.deepEqual(
            other.fds.map((entry) => entry.fd),
            [0, 1, 2],
          );
        } finally {
          fs.closeSync(fd);
        }
        assert.ok(!line(await t.report())?.endsWith(`/${name}`));
        const error = t.fails(() => t.spawn([t.witness], { setup: { cgroup: `${dir}/none` } }));
        assert.deepEqual([error.code, error.step, error.path], ["ENOENT", "cgroup", `${dir}/none`]);
      } finally {
        await until("the cgroup is empty", () => fs.readFileSync(`${dir}/cgroup.procs`, "utf8") === "");
        fs.rmdirSync(dir);
      }
    },
  },
  {
    name: "noNewPrivileges is set in the child, and not in the parent",
    async run(t) {
      const report = await t.setup({ noNewPrivileges: true });
      assert.equal(report.noNewPrivileges, true);
      assert.equal((await t.report()).noNewPrivileges, false);
    },
  },
  {
    name: "dieWithParent sets the signal, SIGKILL for true",
    async run(t) {
      const report = await t.setup({ dieWithParent: true });
      assert.equal(report.dieWithParent, 9);
      assert.equal((await t.setup({ dieWithParent: "SIGTERM" })).dieWithParent, 15);
    },
  },
  {
    name: "dieWithParent ends the child when its parent is killed; without it the child lives on",
    async run(t) {
      t.needs({ setup: { dieWithParent: true } });
      for (const dies of [true, false]) {
        const script = path.join(t.plan.root, "programs", `middle${t.plan.extension}`);
        const setup = JSON.stringify({ dieWithParent: dies });
        const middle = t.spawn([...t.plan.command, script, t.ENGINE, t.witness, setup], { stdout: "pipe" });
        const reader = middle.stdout.getReader();
        const pid = Number(/started (\d+)/.exec(new TextDecoder().decode((await reader.read()).value))?.[1]);
        assert.ok(alive(pid));
        middle.kill("SIGKILL");
        await middle.exited;
        if (dies) await until("the child is gone", () => !alive(pid));
        else {
          await new Promise((resolve) => setTimeout(resolve, 100));
          assert.ok(alive(pid), "it was not asked to die");
          parent.kill(pid, "SIGKILL");
        }
        await reader.cancel();
      }
    },
  },
  {
    name: "dieWithParent is refused for a setuid program, which the kernel spares that signal",
    needs: ["root", "a checkout others may enter"],
    run(t) {
      const file = path.join(t.dir, "setuid-witness");
      fs.copyFileSync(t.witness, file);
      fs.chownSync(file, NOBODY, NOBODY);
      fs.chmodSync(file, 0o4755);
      t.needs({ setup: { dieWithParent: true } });
      const error = t.fails(() => t.spawn([file], { setup: { dieWithParent: true } }));
      assert.deepEqual([error.code, error.step], ["EPERM", "dieWithParent"]);
      assert.ok(error.message.includes(`'${file}', or its interpreter, is setuid`), error.message);
    },
  },
  {
    name: "dieWithParent is refused for a script by the setuid bit of its interpreter, and not by its own",
    needs: ["root", "a checkout others may enter"],
    async run(t) {
      const interpreter = path.join(t.dir, "interpreter");
      const script = path.join(t.dir, "setuid-script");
      fs.copyFileSync(t.witness, interpreter);
      fs.writeFileSync(script, `#!${interpreter}\n`);
      for (const file of [interpreter, script]) fs.chownSync(file, NOBODY, NOBODY);
      fs.chmodSync(interpreter, 0o755);
      fs.chmodSync(script, 0o4755);
      const options = { setup: { dieWithParent: true } };
      t.needs(options);
      assert.equal((await t.report(options, [], script)).dieWithParent, 9);
      fs.chmodSync(interpreter, 0o4755);
      const error = t.fails(() => t.spawn([script], options));
      assert.deepEqual([error.code, error.step], ["EPERM", "dieWithParent"]);
    },
  },
  {
    name: "closeFds: false leaves open what has no CLOEXEC, and nothing else",
    async run(t) {
      const own = fs.openSync("/dev/null", "r");
      try {
        const report = await t.setup({ closeFds: false });
        const leaky = [...openFds().keys()].filter((fd) => fd > 2 && cloexec(fd) === false).toSorted((a, b) => a - b);
        assert.ok(leaky.includes(LEAKY_FD) && !leaky.includes(own));
        assert.deepEqual(
          report.fds.map(({ fd }) => fd),
          [0, 1, 2, ...leaky],
        );
        assert.equal(fdOf(report, LEAKY_FD).ino, statFd(LEAKY_FD).ino);
      } finally {
        fs.closeSync(own);
      }
    },
  },
  {
    name: "closeFds: true is the default",
    async run(t) {
      const report = await t.report({ setup: { closeFds: true } });
      assert.deepEqual(t.numbers(report), [0, 1, 2]);
    },
  },
  {
    name: "setup takes nearly every key at once",
    needs: ["root", "static witness", "two-cpus"],
    async run(t) {
      copyOf(t);
      const [cpu] = allowedCpus() as [number];
      const report = await t.setup(
        {
          session: true,
          uid: NOBODY,
          gid: NOBODY,
          groups: [5],
          umask: 0o077,
          priority: 9,
          ioPriority: { class: "idle" },
          affinity: [cpu],
          scheduler: { policy: "batch" },
          limits: { nofile: 32 },
          signals: { ignore: ["SIGHUP"], mask: ["SIGUSR2"] },
          root: t.dir,
          namespaces: ["net", "ipc"],
          noNewPrivileges: true,
          dieWithParent: "SIGKILL",
          fds: { 3: "null", 9: { pipe: "out" } },
        },
        { cwd: "/", env: { ONLY: "1" } },
        "/witness",
      );
      assert.equal(report.sid, report.pid);
      assert.deepEqual([report.uid[2], report.gid[2], report.groups], [NOBODY, NOBODY, [5]]);
      assert.deepEqual([report.umask, report.nice, report.ioPriority.class], [0o077, 9, "idle"]);
      assert.deepEqual([report.affinity, report.scheduler.policy], [[cpu], "batch"]);
      assert.deepEqual(report.limits["nofile"], ["32", "32"]);
      assert.deepEqual([report.signals.ignored, report.signals.mask], [[1], [12]]);
      assert.deepEqual([report.cwd, report.env, report.noNewPrivileges], ["/", ["ONLY=1"], true]);
      assert.equal(report.dieWithParent, 9);
      assert.deepEqual(
        report.fds.map(({ fd }) => fd),
        [0, 1, 2, 3, 9],
      );
    },
  },
];
export default cases;
