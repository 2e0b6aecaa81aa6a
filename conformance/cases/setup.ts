import { type Case, finished, LEAKY_FD, type T } from "../harness.ts";
import { cgroup2 } from "../needs.ts";
import type { Report } from "../report.ts";
import { alive, assert, cloexec, fdOf, fs, openFds, parent, path, statFd, status, until } from "../tools.ts";

const NOBODY = 65534;

/** A copy of the witness that every user can reach. */
function copyOf(t: T): string {
  const copy = path.join(t.dir, "witness");
  fs.copyFileSync(t.witness, copy);
  fs.chmodSync(copy, 0o755);
  return copy;
}

/** An open pty: the fd of its far side, and its path. JavaScript cannot unlock one, so a child does. */
async function withPty(t: T, use: (fd: number, name: string) => Promise<void>): Promise<void> {
  const { O_RDWR, O_NOCTTY } = fs.constants;
  const master = fs.openSync("/dev/ptmx", O_RDWR | O_NOCTTY);
  try {
    const child = t.spawn([t.witness, "unlock-pty", "3"], { stdout: "pipe", setup: { fds: { 3: master } } });
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

/** The report of a witness whose parent is a program in a state of its own. */
async function reportUnder(t: T, under: string[], options: unknown): Promise<{ report: Report; ignored: string }> {
  const { code, stdout, stderr } = await t.program("report", [JSON.stringify(options)], under);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as { report: Report; ignored: string };
}

const namespaces = { cgroup: "cgroup", ipc: "ipc", mount: "mnt", net: "net", pid: "pid", uts: "uts" } as const;

const cases: Case[] = [
  {
    name: "nothing asked for: as the parent",
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
    name: "what this program ignores is reset",
    async run(t) {
      assert.deepEqual((await t.report()).signals.ignored, []);
    },
  },
  {
    name: "session",
    async run(t) {
      const report = await t.setup({ session: true });
      if (!report) return;
      assert.equal(report.sid, report.pid);
      assert.equal(report.pgid, report.pid);
      assert.equal(report.terminal.controlling, false);
    },
  },
  {
    name: "session, as spawn's detached",
    async run(t) {
      const report = await t.report({ detached: true });
      assert.equal(report.sid, report.pid);
    },
  },
  {
    name: "processGroup: a new one, and one to join",
    async run(t) {
      const report = await t.setup({ processGroup: 0 });
      if (!report) return;
      assert.equal(report.pgid, report.pid);
      assert.equal(report.sid, parent.pid);
      const leader = t.spawn([t.witness, "sleep", "20000"], { stdout: "ignore", setup: { processGroup: 0 } });
      const joined = await t.setup({ processGroup: leader.pid });
      assert.equal(joined?.pgid, leader.pid);
      leader.kill("SIGKILL");
      await leader.exited;
    },
  },
  {
    name: "controllingTerminal: stdin, by true",
    needs: ["ptmx"],
    run: (t) =>
      withPty(t, async (far) => {
        const report = await t.setup({ session: true, controllingTerminal: true }, { stdin: far });
        if (!report) return;
        assert.equal(report.terminal.controlling, true);
        assert.equal(report.terminal.foreground, report.pid);
        assert.equal(fdOf(report, 0).tty, true);
        assert.equal(ownTerminal(), 0, "this program got it as well");
      }),
  },
  {
    name: "controllingTerminal: another fd, opened by path",
    needs: ["ptmx"],
    run: (t) =>
      withPty(t, async (_far, name) => {
        const report = await t.setup({
          session: true,
          controllingTerminal: 5,
          fds: { 5: { file: name, open: "r+" } },
        });
        assert.equal(ownTerminal(), 0, "this program, a session leader, got it by opening it");
        if (!report) return;
        assert.equal(report.terminal.controlling, true);
        assert.equal(report.terminal.foreground, report.pid);
        assert.equal(fdOf(report, 5).tty, true);
      }),
  },
  {
    name: "controllingTerminal: what is no terminal is refused",
    run(t) {
      const start = (): unknown => t.spawn([t.witness], { setup: { session: true, controllingTerminal: true } });
      if (!t.native) {
        t.refuses("setup.controllingTerminal", start);
        return;
      }
      const error = t.fails(start);
      assert.deepEqual([error.code, error.step], ["ENOTTY", "controllingTerminal"]);
    },
  },
  {
    name: "uid",
    needs: ["root"],
    async run(t) {
      const report = await t.setup({ uid: NOBODY }, {}, copyOf(t));
      if (!report) return;
      assert.deepEqual(report.uid, [NOBODY, NOBODY, NOBODY]);
      assert.deepEqual(report.gid, [0, 0, 0]);
    },
  },
  {
    name: "gid",
    needs: ["root"],
    async run(t) {
      const report = await t.setup({ gid: NOBODY }, {}, copyOf(t));
      if (!report) return;
      assert.deepEqual(report.gid, [NOBODY, NOBODY, NOBODY]);
      assert.deepEqual(report.uid, [0, 0, 0]);
    },
  },
  {
    name: "uid and gid by the options of both faces",
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
    name: "uid: an executable the new user may not run fails, as that user",
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
    name: "groups: set, and all dropped",
    needs: ["root"],
    async run(t) {
      const report = await t.setup({ groups: [7, 1234, 4_000_000_000] });
      if (!report) return;
      assert.deepEqual(
        report.groups.toSorted((a, b) => a - b),
        [7, 1234, 4_000_000_000],
      );
      const { report: none } = await reportUnder(t, ["group=7", "group=8"], { setup: { groups: [] } });
      assert.deepEqual(none.groups, []);
    },
  },
  {
    name: "groups: root's are dropped with uid or gid, else kept",
    slow: true,
    needs: ["root", "a checkout others may enter"],
    async run(t) {
      const under = ["group=7", "group=8"];
      assert.deepEqual((await reportUnder(t, under, {})).report.groups, [7, 8]);
      assert.deepEqual((await reportUnder(t, under, { uid: NOBODY })).report.groups, []);
      assert.deepEqual((await reportUnder(t, under, { gid: NOBODY })).report.groups, []);
      if (!t.native) return;
      assert.deepEqual((await reportUnder(t, under, { uid: NOBODY, setup: { groups: [9] } })).report.groups, [9]);
    },
  },
  {
    name: "umask",
    async run(t) {
      const report = await t.setup({ umask: 0o027 });
      if (!report) return;
      assert.equal(report.umask, 0o027);
      assert.equal((await t.setup({ umask: 0 }))?.umask, 0);
      assert.notEqual(parent.umask(), 0);
    },
  },
  {
    name: "priority",
    async run(t) {
      const report = await t.setup({ priority: 7 });
      if (!report) return;
      assert.equal(report.nice, 7);
      assert.equal((await t.report()).nice, 0, "this program's own is as it was");
    },
  },
  {
    name: "priority: higher than the parent's",
    needs: ["root"],
    async run(t) {
      const report = await t.setup({ priority: -11 });
      if (!report) return;
      assert.equal(report.nice, -11);
    },
  },
  {
    name: "ioPriority",
    async run(t) {
      const report = await t.setup({ ioPriority: { class: "best-effort", level: 7 } });
      if (!report) return;
      assert.deepEqual(report.ioPriority, { class: "best-effort", level: 7 });
      const usual = await t.setup({ ioPriority: { class: "best-effort" } });
      assert.deepEqual(usual?.ioPriority, { class: "best-effort", level: 4 });
      assert.equal((await t.setup({ ioPriority: { class: "idle" } }))?.ioPriority.class, "idle");
    },
  },
  {
    name: "ioPriority: realtime",
    needs: ["root"],
    async run(t) {
      const report = await t.setup({ ioPriority: { class: "realtime", level: 2 } });
      if (!report) return;
      assert.deepEqual(report.ioPriority, { class: "realtime", level: 2 });
    },
  },
  {
    name: "affinity",
    needs: ["two-cpus"],
    async run(t) {
      for (const cpu of allowedCpus().slice(0, 2)) {
        const report = await t.setup({ affinity: [cpu] });
        if (!report) return;
        assert.deepEqual(report.affinity, [cpu]);
      }
      assert.equal((await t.report()).affinity.length, allowedCpus().length);
    },
  },
  {
    name: "scheduler: batch and idle",
    async run(t) {
      for (const policy of ["batch", "idle"] as const) {
        const report = await t.setup({ scheduler: { policy } });
        if (!report) return;
        assert.deepEqual(report.scheduler, { policy, priority: 0 });
      }
    },
  },
  {
    name: "scheduler: fifo and rr",
    needs: ["root"],
    async run(t) {
      for (const policy of ["fifo", "rr"] as const) {
        const report = await t.setup({ scheduler: { policy, priority: 3 } });
        if (!report) return;
        assert.deepEqual(report.scheduler, { policy, priority: 3 });
      }
    },
  },
  {
    name: "limits: soft, hard, both, unlimited",
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
      if (!report) return;
      assert.deepEqual(report.limits["nofile"], ["64", before["nofile"]?.[1]]);
      assert.deepEqual(report.limits["core"], ["0", "0"]);
      assert.deepEqual(report.limits["cpu"], ["100", "200"]);
      assert.deepEqual(report.limits["fsize"], [String(2 ** 40), String(2 ** 40)]);
      assert.deepEqual(report.limits["stack"], [String(4 * 1024 * 1024), String(64 * 1024 * 1024)]);
      assert.deepEqual(report.limits["as"], before["as"], "what was not asked for is as before");
    },
  },
  {
    name: "limits: every name",
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
      // Not above what we have: root in a container may lack the right to raise a limit.
      const have = (await t.report()).limits;
      const limits = Object.fromEntries(
        Object.entries(wanted).map(([name, value]) => {
          const hard = have[name]?.[1] ?? "unlimited";
          return [name, hard === "unlimited" ? value : Math.min(value, Number(hard))];
        }),
      );
      const report = await t.setup({ limits });
      if (!report) return;
      for (const [name, value] of Object.entries(limits)) {
        assert.deepEqual(report.limits[name], [String(value), String(value)], name);
      }
      const none = { soft: "unlimited", hard: "unlimited" } as const;
      const unlimited = await t.setup({ limits: { rss: "unlimited", locks: none } });
      assert.deepEqual(unlimited?.limits["rss"], ["unlimited", "unlimited"]);
      assert.deepEqual(unlimited?.limits["locks"], ["unlimited", "unlimited"]);
    },
  },
  {
    name: "signals: default, only some",
    async run(t) {
      const ignored = signalsOf(status("SigIgn"));
      assert.ok(ignored.includes(13), "this program ignores SIGPIPE");
      const report = await t.setup({ signals: { default: [] } });
      if (!report) return;
      assert.deepEqual(report.signals.ignored, ignored);
      const some = await t.setup({ signals: { default: ["SIGPIPE"] } });
      assert.deepEqual(
        some?.signals.ignored,
        ignored.filter((signal) => signal !== 13),
      );
      // This one was ignored before the program began; runtimes leave it so.
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
    name: "signals: ignore",
    async run(t) {
      const report = await t.setup({ signals: { ignore: ["SIGHUP", "SIGINT", 40] } });
      if (!report) return;
      assert.deepEqual(report.signals.ignored, [1, 2, 40]);
      assert.deepEqual(report.signals.caught, []);
    },
  },
  {
    name: "signals: mask",
    async run(t) {
      const report = await t.setup({ signals: { mask: ["SIGTERM", "SIGUSR1", 64] } });
      if (!report) return;
      assert.deepEqual(report.signals.mask, [10, 15, 64]);
      assert.deepEqual((await t.report()).signals.mask, []);
    },
  },
  {
    name: "root",
    needs: ["root", "static witness"],
    async run(t) {
      copyOf(t);
      fs.mkdirSync(path.join(t.dir, "sub"));
      const report = await t.setup({ root: t.dir }, {}, "/witness");
      if (!report) return;
      const { dev, ino } = fs.statSync(t.dir);
      assert.deepEqual(report.root, { dev, ino });
      assert.equal(report.cwd, "/");
      assert.equal((await t.setup({ root: t.dir }, { cwd: "/sub" }, "../witness"))?.cwd, "/sub");
      assert.equal((await t.setup({ root: t.dir }, { env: { PATH: "/nope:/" } }, "witness"))?.cwd, "/");
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
        if (!report) return;
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
    name: "namespaces: user",
    needs: ["user namespaces"],
    async run(t) {
      const report = await t.setup({ namespaces: ["user"] });
      if (!report) return;
      assert.notEqual(report.namespaces["user"], fs.readlinkSync("/proc/self/ns/user"));
      assert.equal(report.uid[0], NOBODY, "nobody is mapped yet");
    },
  },
  {
    name: "namespaces: time",
    needs: ["root", "time namespaces"],
    async run(t) {
      const report = await t.setup({ namespaces: ["time"] });
      if (!report) return;
      assert.notEqual(report.namespaces["time"], fs.readlinkSync("/proc/self/ns/time"));
    },
  },
  {
    name: "namespaces: several at once, with a user namespace that makes them everybody's",
    needs: ["user namespaces"],
    async run(t) {
      const report = await t.setup({ namespaces: ["user", "pid", "net", "ipc", "uts", "mount", "cgroup"] });
      if (!report) return;
      for (const key of ["user", "pid", "net", "ipc", "uts", "mnt", "cgroup"]) {
        assert.notEqual(report.namespaces[key], fs.readlinkSync(`/proc/self/ns/${key}`), key);
      }
      assert.equal(report.pid, 1);
    },
  },
  {
    name: "cgroup: by path and by fd",
    needs: ["root", "cgroup2"],
    async run(t) {
      const name = `ringspawn-conformance-${parent.pid}`;
      const dir = path.join(cgroup2() as string, name);
      fs.mkdirSync(dir);
      try {
        const report = await t.setup({ cgroup: dir });
        if (!report) return;
        const line = (of: Report): string | undefined => of.cgroup?.split("\n").find((text) => text.startsWith("0::"));
        assert.ok(line(report)?.endsWith(`/${name}`), report.cgroup ?? "");
        const fd = fs.openSync(dir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
        try {
          const other = (await t.setup({ cgroup: fd })) as Report;
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
    name: "noNewPrivileges",
    async run(t) {
      const report = await t.setup({ noNewPrivileges: true });
      if (!report) return;
      assert.equal(report.noNewPrivileges, true);
      assert.equal((await t.report()).noNewPrivileges, false);
    },
  },
  {
    name: "dieWithParent: the signal is set",
    async run(t) {
      const report = await t.setup({ dieWithParent: true });
      if (!report) return;
      assert.equal(report.dieWithParent, 9);
      assert.equal((await t.setup({ dieWithParent: "SIGTERM" }))?.dieWithParent, 15);
    },
  },
  {
    name: "dieWithParent: the child ends when its program is killed, else it lives on",
    async run(t) {
      if (!t.native) {
        t.refuses("setup.dieWithParent", () => t.spawn([t.witness], { setup: { dieWithParent: true } }));
        return;
      }
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
    name: "closeFds: false leaves what has no CLOEXEC",
    async run(t) {
      const own = fs.openSync("/dev/null", "r");
      try {
        const report = await t.setup({ closeFds: false });
        if (!report) return;
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
    name: "closeFds: true, said aloud",
    async run(t) {
      const report = await t.report({ setup: { closeFds: true } });
      assert.deepEqual(t.numbers(report), [0, 1, 2]);
    },
  },
  {
    name: "everything at once",
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
      if (!report) return;
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
