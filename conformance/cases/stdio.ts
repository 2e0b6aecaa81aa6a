import { bytesOf, type Case, finished, LEAKY_FD, STDIN_TEXT, textOf } from "../harness.ts";
import type { Report, ReportedFd } from "../report.ts";
import { assert, cloexec, fdOf, fs, openFds, path, statFd } from "../tools.ts";

const cases: Case[] = [
  {
    name: "the child has the fds 0, 1 and 2 and no other",
    async run(t) {
      assert.ok(openFds().has(LEAKY_FD) && !cloexec(LEAKY_FD), "the parent has an fd without CLOEXEC");
      const own = fs.openSync("/dev/null", "r");
      try {
        const report = await t.report();
        assert.deepEqual(
          report.fds.map(({ fd }) => fd),
          [0, 1, 2],
        );
      } finally {
        fs.closeSync(own);
      }
    },
  },
  {
    name: "pipes are pipes, which a child can open again by /dev/stdout; or sockets, where the API makes those",
    async run(t) {
      const child = t.spawn([t.witness], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
      void child.stdin.end();
      const { stdout } = await finished(child);
      const report = JSON.parse(stdout) as Report;
      const kinds = [0, 1, 2].map((fd) => fdOf(report, fd).kind);
      assert.deepEqual(kinds, [t.api.pipes, t.api.pipes, t.api.pipes]);
      const access = [0, 1, 2].map((fd) => fdOf(report, fd).access);
      assert.deepEqual(access, t.api.pipes === "pipe" ? ["r", "w", "w"] : ["rw", "rw", "rw"]);
      assert.notEqual(fdOf(report, 1).ino, fdOf(report, 2).ino);
    },
  },
  {
    name: "the child's ends of pipes block and have no other flags",
    async run(t) {
      const child = t.spawn([t.witness], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
      void child.stdin.end();
      const report = JSON.parse((await finished(child)).stdout) as Report;
      for (const { nonblock, cloexec: closes, append } of report.fds) {
        assert.deepEqual({ nonblock, closes, append }, { nonblock: false, closes: false, append: false });
      }
    },
  },
  {
    name: "what is ignored is /dev/null in the child",
    async run(t) {
      const report = await t.reportToFile({ stdin: "ignore", stdout: "ignore", stderr: "ignore" });
      for (const fd of [0, 1, 2]) assert.equal(fdOf(report, fd).target, "/dev/null");
      assert.match(fdOf(report, 0).access, /r/);
      assert.match(fdOf(report, 1).access, /w/);
      assert.match(fdOf(report, 2).access, /w/);
    },
  },
  {
    name: "null is /dev/null, in both faces",
    async run(t) {
      const report = await t.reportToFile({ stdio: [null, null, null] });
      for (const fd of [0, 1, 2]) assert.equal(fdOf(report, fd).target, "/dev/null");
      const file = path.join(t.dir, "command.json");
      const status = await t
        .command(t.witness, {
          args: ["report", file],
          stdin: "null",
          stdout: "null",
          stderr: "null",
        })
        .spawn().status;
      assert.ok(status.success);
      const other = JSON.parse(fs.readFileSync(file, "utf8")) as typeof report;
      for (const fd of [0, 1, 2]) assert.equal(fdOf(other, fd).target, "/dev/null");
    },
  },
  {
    name: "what is inherited is the parent's own fd",
    async run(t) {
      const report = await t.reportToFile({ stdin: "inherit", stdout: "inherit", stderr: "inherit" });
      for (const fd of [0, 1, 2]) {
        const { dev, ino } = statFd(fd);
        assert.deepEqual([fdOf(report, fd).dev, fdOf(report, fd).ino], [dev, ino], `fd ${fd}`);
      }
    },
  },
  {
    name: "the child reads from an inherited stdin",
    async run(t) {
      const child = t.spawn([t.witness, "cat"], { stdin: "inherit", stdout: "pipe", stderr: "inherit" });
      assert.equal((await finished(child)).stdout, STDIN_TEXT);
    },
  },
  {
    name: "fd numbers: the child gets these fds of the parent as its stdout and stderr, and no copy of them",
    async run(t) {
      const file = path.join(t.dir, "out");
      const fd = fs.openSync(file, "w");
      try {
        const report = await t.reportToFile({ stdin: "ignore", stdout: fd, stderr: fd });
        const { dev, ino } = statFd(fd);
        assert.deepEqual([fdOf(report, 1).dev, fdOf(report, 1).ino], [dev, ino]);
        assert.deepEqual([fdOf(report, 2).dev, fdOf(report, 2).ino], [dev, ino]);
        assert.deepEqual(t.numbers(report), [0, 1, 2], "the fd itself did not come along");
      } finally {
        fs.closeSync(fd);
      }
    },
  },
  {
    name: "stdout and stderr can be swapped",
    async run(t) {
      const report = await t.reportToFile({ stdin: "ignore", stdout: 2, stderr: 1 });
      assert.equal(fdOf(report, 1).ino, statFd(2).ino);
      assert.equal(fdOf(report, 2).ino, statFd(1).ino);
    },
  },
  {
    name: "stdin, stdout and stderr can be rotated",
    async run(t) {
      const report = await t.reportToFile({ stdin: 2, stdout: 0, stderr: 1 });
      assert.equal(fdOf(report, 0).ino, statFd(2).ino);
      assert.equal(fdOf(report, 1).ino, statFd(0).ino);
      assert.equal(fdOf(report, 2).ino, statFd(1).ino);
    },
  },
  {
    name: "setup.fds makes pipes at 3 to 9, in both directions",
    async run(t) {
      const fds: Record<number, { pipe: "in" | "out" }> = { 3: { pipe: "in" } };
      for (let fd = 4; fd <= 9; fd++) fds[fd] = { pipe: "out" };
      const child = t.spawn([t.witness, "echo-fd", "3", "9"], { stdin: "ignore", stdout: "ignore", setup: { fds } });
      const writer = (child.fds[3] as WritableStream<Uint8Array>).getWriter();
      await writer.write(new TextEncoder().encode("through 3 and 9"));
      await writer.close();
      assert.equal(await textOf(child.fds[9]), "through 3 and 9");
      for (let fd = 4; fd < 9; fd++) assert.equal((await bytesOf(child.fds[fd])).length, 0);
      assert.equal(await child.exited, 0);
    },
  },
  {
    name: "setup.fds takes far numbers, and leaves those between closed",
    async run(t) {
      const report = await t.report({ setup: { fds: { 100: "null", 255: { pipe: "out" } } } });
      assert.deepEqual(t.numbers(report), [0, 1, 2, 100, 255]);
      assert.equal(fdOf(report, 100).target, "/dev/null");
      assert.equal(fdOf(report, 100).access, "rw");
      assert.ok(report.fds.every(({ cloexec: closes }) => !closes));
    },
  },
  {
    name: "setup.fds takes numbers beyond 255",
    async run(t) {
      const report = await t.report({ setup: { fds: { 1000: "null" } } });
      assert.deepEqual(t.numbers(report), [0, 1, 2, 1000]);
    },
  },
  {
    name: "setup.fds opens files in every mode of fopen",
    async run(t) {
      const file = (name: string): string => path.join(t.dir, name);
      for (const name of ["r", "r+", "w", "a"]) fs.writeFileSync(file(name), "before");
      const report = await t.report({
        setup: {
          fds: {
            3: { file: file("r") },
            4: { file: file("r+"), open: "r+" },
            5: { file: file("w"), open: "w" },
            6: { file: file("a"), open: "a" },
            7: { file: file("w+"), open: "w+", mode: 0o600 },
            8: { file: file("a+"), open: "a+", mode: 0o640 },
          },
        },
      });
      const seen = [3, 4, 5, 6, 7, 8].map((fd) => `${fdOf(report, fd).access}${fdOf(report, fd).append ? "a" : ""}`);
      assert.deepEqual(seen, ["r", "rw", "w", "wa", "rw", "rwa"]);
      for (const fd of [3, 4, 5, 6, 7, 8]) assert.equal(fdOf(report, fd).kind, "file");
      assert.equal(fs.readFileSync(file("r"), "utf8"), "before");
      assert.equal(fs.readFileSync(file("r+"), "utf8"), "before");
      assert.equal(fs.readFileSync(file("w"), "utf8"), "");
      assert.equal(fs.readFileSync(file("a"), "utf8"), "before");
      assert.equal(fs.statSync(file("w+")).mode & 0o777, 0o600);
      assert.equal(fs.statSync(file("a+")).mode & 0o777, 0o640);
    },
  },
  {
    name: "a missing file in setup.fds is named",
    run(t) {
      const file = path.join(t.dir, "nothing");
      const error = t.fails(() => t.spawn([t.witness], { setup: { fds: { 3: { file } } } }));
      assert.equal(error.code, "ENOENT");
      assert.ok(error.message.includes(file), error.message);
      if (t.native) assert.equal(error.step, "stdio");
    },
  },
  {
    name: "setup.fds can have one fd of the parent at several places, and fds that trade places",
    async run(t) {
      const files = ["a", "b"].map((name) => fs.openSync(path.join(t.dir, name), "w+")) as [number, number];
      const [a, b] = files;
      try {
        const report = await t.report({ setup: { fds: { [a]: b, [b]: a, 90: a, 91: a } } });
        const [inoA, inoB] = [statFd(a).ino, statFd(b).ino];
        assert.equal(fdOf(report, a).ino, inoB);
        assert.equal(fdOf(report, b).ino, inoA);
        assert.equal(fdOf(report, 90).ino, inoA);
        assert.equal(fdOf(report, 91).ino, inoA);
        assert.deepEqual(
          t.numbers(report),
          [0, 1, 2, ...files, 90, 91].toSorted((x, y) => x - y),
        );
      } finally {
        for (const fd of files) fs.closeSync(fd);
      }
    },
  },
  {
    name: "setup.fds keeps an fd open at its own number, although it has CLOEXEC in the parent",
    async run(t) {
      const fd = fs.openSync(path.join(t.dir, "own"), "w");
      try {
        assert.ok(cloexec(fd), "it would have been closed");
        const report = await t.report({ setup: { fds: { [fd]: fd, [LEAKY_FD]: "inherit" } } });
        assert.equal(fdOf(report, fd).ino, statFd(fd).ino);
        assert.equal(fdOf(report, fd).cloexec, false);
        assert.equal(fdOf(report, LEAKY_FD).ino, statFd(LEAKY_FD).ino);
        assert.ok(cloexec(fd), "the parent's own flag is as it was");
      } finally {
        fs.closeSync(fd);
      }
    },
  },
  {
    name: "setup.fds takes 200 fds at once",
    async run(t) {
      const fds: Record<number, "null"> = {};
      for (let fd = 3; fd < 203; fd++) fds[fd] = "null";
      const report = await t.report({ setup: { fds } });
      if (t.api.closesFds) assert.equal(report.fds.length, 203);
      for (let fd = 3; fd < 203; fd++) assert.equal(fdOf(report, fd).target, "/dev/null");
    },
  },
  {
    name: "0, 1 and 2 closed in the parent: pipes, files and nothing still arrive where they belong",
    async run(t) {
      const { stderr } = await t.program("closed-stdio", [t.dir]);
      const json = (name: string): unknown => {
        const file = path.join(t.dir, `${name}.json`);
        assert.ok(fs.existsSync(file), `no ${name}: ${stderr}`);
        return JSON.parse(fs.readFileSync(file, "utf8"));
      };
      assert.deepEqual(json("result"), { open: [], round: "sent through", left: [] });
      // What a runtime's own spawn lets through has a number above these.
      const fds = (name: string): ReportedFd[] =>
        (json(name) as Report).fds.filter(({ fd }) => t.api.closesFds || fd <= 2);
      assert.deepEqual(
        fds("pipes").map(({ fd, kind }) => [fd, kind]),
        [0, 1, 2].map((fd) => [fd, t.api.pipes]),
      );
      assert.deepEqual(
        fds("nothing").map(({ fd, target }) => [fd, target]),
        [0, 1, 2].map((fd) => [fd, "/dev/null"]),
      );
    },
  },
];
export default cases;
