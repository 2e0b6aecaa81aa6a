import type { DuplexPipe, FdSpec } from "ringspawn";
import { bytesOf, type Case, finished, LEAKY_FD, STDIN_TEXT, textOf, closeFd } from "../harness.ts";
import type { Report, ReportedFd } from "../report.ts";
import {
  assert,
  cloexec,
  delay,
  fdOf,
  fs,
  nonblocking,
  openFds,
  path,
  pattern,
  sha256,
  statFd,
  until,
} from "../tools.ts";

type Fds = Readonly<Record<number, FdSpec>>;

/** A raw fd of ours, by the child's. */
function rawFd(child: { readonly fds: Readonly<Record<number, unknown>> }, fd: number): number {
  const raw = child.fds[fd];
  assert.ok(typeof raw === "number", `fds[${fd}] is no number`);
  return raw;
}

async function send(to: WritableStream<Uint8Array>, bytes: Uint8Array): Promise<void> {
  const writer = to.getWriter();
  await writer.write(bytes);
  await writer.close();
}

/** Reads until it has seen `text`. */
async function seen(reader: ReadableStreamDefaultReader<Uint8Array>, text: string): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  while (!all.includes(text)) {
    const { done, value } = await reader.read();
    assert.ok(!done, `it ended with ${JSON.stringify(all)}`);
    all += decoder.decode(value, { stream: true });
  }
  return all;
}

const utf8 = new TextEncoder();

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
    name: "setup.fds makes a pair of sockets, which goes both ways, each with an end of its own",
    async run(t) {
      const fds: Fds = { 3: { pipe: "both" }, 9: { pipe: "both" } };
      const child = t.spawn([t.witness, "echo-fd", "3", "9"], { stdout: "ignore", setup: { fds } });
      const three = child.fds[3] as DuplexPipe;
      const nine = child.fds[9] as DuplexPipe;
      // More than the kernel holds: it arrives while we write.
      const bytes = pattern(1024 * 1024);
      const [, got] = await Promise.all([send(three.writable, bytes), bytesOf(nine.readable)]);
      assert.equal(sha256(got), sha256(bytes));
      assert.equal(await textOf(three.readable), "");
      assert.equal(await child.exited, 0);
      await assert.rejects(send(nine.writable, bytes), { code: "EPIPE" });
    },
  },
  {
    name: "a child that reads a socket to its end can still write to it",
    async run(t) {
      const fds: Fds = { 5: { pipe: "both" } };
      const child = t.spawn([t.witness, "echo-fd", "5", "5"], { stdout: "ignore", setup: { fds } });
      const { readable, writable } = child.fds[5] as DuplexPipe;
      await send(writable, utf8.encode("first and last"));
      assert.equal(await textOf(readable), "first and last");
      assert.equal(await child.exited, 0);
    },
  },
  {
    name: "a socket that is asked for after the end of the child still reaches the process that has its other end",
    async run(t) {
      const fds: Fds = { 5: { pipe: "both" } };
      const leaves = '"$0" echo-fd 5 5 & exit 0';
      const quiet = { stdout: "ignore", stderr: "ignore" } as const;
      const child = t.spawn(["sh", "-c", leaves, t.witness], { ...quiet, setup: { fds } });
      assert.equal(await child.exited, 0);
      const { readable, writable } = child.fds[5] as DuplexPipe;
      await send(writable, utf8.encode("late"));
      assert.equal(await textOf(readable), "late");
    },
  },
  {
    name: "a child that writes to a socket which is not read any more gets SIGPIPE",
    async run(t) {
      const fds: Fds = { 5: { pipe: "both" } };
      const child = t.spawn([t.witness, "echo-fd", "0", "5"], { stdin: "pipe", stdout: "ignore", setup: { fds } });
      const { readable, writable } = child.fds[5] as DuplexPipe;
      await readable.cancel();
      void child.stdin.write("nobody reads this");
      void child.stdin.end();
      await child.exited;
      assert.equal(child.signalCode, "SIGPIPE");
      await writable.close();
    },
  },
  {
    name: "the child's end of a pair of sockets blocks and has no other flags",
    async run(t) {
      const fds: Fds = { 3: { pipe: "both" } };
      const report = await t.report({ setup: { fds } });
      const { kind, access, nonblock, cloexec: closes } = fdOf(report, 3);
      assert.deepEqual(
        { kind, access, nonblock, closes },
        { kind: "socket", access: "rw", nonblock: false, closes: false },
      );
      assert.deepEqual(t.numbers(report), [0, 1, 2, 3]);
    },
  },
  {
    name: "setup.fds makes one pseudo-terminal for all fds that ask for it, of the size that they say",
    async run(t) {
      const pty = { pty: { rows: 33, cols: 77 } };
      const fds: Fds = { 3: pty, 4: { pipe: "out" }, 5: pty };
      const child = t.spawn([t.witness], { stdin: "ignore", stdout: "pipe", setup: { fds } });
      assert.deepEqual(Object.keys(child.fds), ["3", "4"], "the lowest of them has our end");
      const report = JSON.parse(await textOf(child.stdout)) as Parameters<typeof fdOf>[0];
      for (const fd of [3, 5]) {
        const { tty, rows, cols, access, nonblock, cloexec: closes } = fdOf(report, fd);
        assert.deepEqual({ tty, rows, cols }, { tty: true, rows: 33, cols: 77 });
        assert.deepEqual({ access, nonblock, closes }, { access: "rw", nonblock: false, closes: false });
      }
      assert.equal(fdOf(report, 3).ino, fdOf(report, 5).ino);
      const { readable, writable } = child.fds[3] as DuplexPipe;
      assert.equal(await textOf(readable), "");
      await writable.close();
      assert.equal(await textOf(child.fds[4]), "");
      assert.equal(await child.exited, 0);
    },
  },
  {
    name: "a pseudo-terminal echoes what is typed, and ends with the last process that has it",
    async run(t) {
      const fds: Fds = { 7: { pty: true } };
      const child = t.spawn([t.witness, "echo-fd", "7", "7"], { stdout: "ignore", setup: { fds } });
      const { readable, writable } = child.fds[7] as DuplexPipe;
      const reader = readable.getReader();
      const writer = writable.getWriter();
      await writer.write(utf8.encode("hello\n"));
      // Once by the terminal, once by the child.
      assert.equal(await seen(reader, "hello\r\nhello\r\n"), "hello\r\nhello\r\n");
      await writer.write(utf8.encode("\x04"));
      for (let end = false; !end; ) end = (await reader.read()).done;
      assert.equal(await child.exited, 0);
      await writer.close();
    },
  },
  {
    name: "a pseudo-terminal is the controlling terminal of the child that asks for that, and of no other process",
    async run(t) {
      const fds: Fds = { 3: { pty: true } };
      const without = await t.report({ setup: { session: true, fds } });
      assert.equal(without.terminal.controlling, false);
      const setup = { session: true, controllingTerminal: 3, fds };
      const leader = t.spawn([t.witness], { stdout: "pipe", setup });
      const { terminal, pid } = JSON.parse(await textOf(leader.stdout)) as Report;
      assert.deepEqual([terminal.controlling, terminal.foreground], [true, pid]);
      assert.equal(await leader.exited, 0);
      const itsTerminal = leader.fds[3] as DuplexPipe;
      await Promise.all([itsTerminal.readable.cancel(), itsTerminal.writable.close()]);

      const child = t.spawn([t.witness, "trap", "2"], { stdout: "pipe", setup });
      const said = child.stdout.getReader();
      await seen(said, "ready\n");
      const { readable, writable } = child.fds[3] as DuplexPipe;
      const writer = writable.getWriter();
      await writer.write(utf8.encode("\x03"));
      await seen(said, "got 2\n");
      assert.equal(await child.exited, 0);
      await writer.close();
      assert.equal(await textOf(readable), "^C");
    },
  },
  {
    name: "what is raw in setup.fds is an fd of the parent that blocks",
    async run(t) {
      const fds: Fds = {
        3: { pipe: "in", raw: true },
        4: { pipe: "out", raw: true },
        5: { pipe: "both", raw: true },
        6: { pty: true, raw: true },
      };
      const before = openFds().size;
      const child = t.spawn([t.witness, "echo-fd", "3", "4"], { stdout: "ignore", setup: { fds } });
      const raw = [3, 4, 5, 6].map((fd) => rawFd(child, fd)) as [number, number, number, number];
      for (const fd of raw) assert.deepEqual([nonblocking(fd), cloexec(fd)], [false, true]);
      assert.deepEqual(
        raw.map((fd) =>
          openFds()
            .get(fd)
            ?.replace(/[:/\d[\]]+$/, ""),
        ),
        ["pipe", "pipe", "socket", "/dev/ptmx"],
      );
      fs.writeFileSync(`/proc/self/fd/${raw[0]}`, "read with fs");
      await closeFd(t, raw[0]);
      assert.equal(fs.readFileSync(`/proc/self/fd/${raw[1]}`, "utf8"), "read with fs");
      assert.equal(await child.exited, 0);
      for (const fd of raw.slice(1)) await closeFd(t, fd);
      assert.ok(openFds().size <= before);
    },
  },
  {
    name: "a number that is no open fd cannot be given to a child, also where something else is opened for that child",
    async run(t) {
      const fd = fs.openSync("/dev/null", "r");
      fs.closeSync(fd);
      const fds: Fds = { 4: { file: "/etc/hosts" }, 5: { give: fd } };
      const quiet = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
      const error = t.fails(() => t.spawn([t.witness, "report", t.mark], { ...quiet, setup: { fds } }));
      assert.deepEqual([error.code, error.step], ["EBADF", "stdio"]);
      await delay(100);
      assert.ok(!fs.existsSync(t.mark), "the program ran");
    },
  },
  {
    name: "an fd that is given to a child is closed in the parent once the child runs, and stays open after a failure",
    async run(t) {
      const first = t.spawn([t.witness, "echo-fd", "0", "3"], {
        stdin: "pipe",
        stdout: "ignore",
        setup: { fds: { 3: { pipe: "out", raw: true } } },
      });
      const fd = rawFd(first, 3);
      const setup = { fds: { 4: { give: fd } } };
      t.fails(() => t.spawn(["/nonexistent/program"], { setup }));
      t.fails(() => t.spawn([t.witness], { cwd: "/nonexistent", setup }));
      assert.ok(openFds().has(fd), "after a failure it is still ours");

      const second = t.spawn([t.witness, "echo-fd", "4", "1"], { stdout: "pipe", setup });
      assert.ok(!openFds().has(fd), "it is the child's alone");
      void first.stdin.write("from one child to the other");
      void first.stdin.end();
      assert.equal(await textOf(second.stdout), "from one child to the other");
      assert.deepEqual(await Promise.all([first.exited, second.exited]), [0, 0]);
      const error = t.fails(() => t.spawn([t.witness], { setup: { fds: { 4: { give: 9999 } } } }));
      assert.deepEqual([error.code, error.step], ["EBADF", "stdio"]);
    },
  },
  {
    name: "a file that this program has opened and given away is closed once: the next one of its number stays open",
    async run(t) {
      t.needs({ setup: { fds: { 4: { give: 3 } } } });
      const file = path.join(t.dir, "given");
      fs.writeFileSync(file, "given");
      const given = fs.openSync(file, "r");
      const setup = { fds: { 4: { give: given } } };
      t.fails(() => t.spawn(["/nonexistent/program"], { setup }));
      assert.equal(fs.fstatSync(given).size, 5, "after a failure it is still ours");
      const child = t.spawn([t.witness, "echo-fd", "4", "1"], { stdout: "pipe", setup });
      assert.throws(() => fs.fstatSync(given), { code: "EBADF" });
      // The same number again, for another file.
      const next = fs.openSync("/dev/null", "r");
      assert.equal(next, given, "another number was free");
      assert.equal(await textOf(child.stdout), "given");
      assert.equal(await child.exited, 0);
      assert.ok(fs.fstatSync(next).isCharacterDevice());
      const more = fs.openSync("/dev/null", "r");
      assert.ok(fs.fstatSync(next).isCharacterDevice(), "it was closed in the place of the given one");
      fs.closeSync(more);
      fs.closeSync(next);
      assert.ok(!openFds().has(next));
    },
  },
  {
    name: "raw ends and given fds are as with spawn where a start is not waited for",
    async run(t) {
      const fds: Fds = { 3: { pipe: "out", raw: true } };
      const quiet = { stdin: "null", stdout: "null" } as const;
      const before = openFds().size;
      const failed = t.start("/nonexistent/program", { ...quiet, setup: { fds: { ...fds, 4: { pipe: "both" } } } });
      await assert.rejects(failed.started, { code: "ENOENT" });
      await until("nothing is left of a failure", () => openFds().size <= before);

      const first = t.start(t.witness, { ...quiet, args: ["echo-fd", "0", "3"], stdin: "piped", setup: { fds } });
      const fd = rawFd(first, 3);
      const setup = { fds: { 4: { give: fd } } };
      await assert.rejects(t.start("/nonexistent/program", { ...quiet, setup }).started, { code: "ENOENT" });
      assert.ok(openFds().has(fd), "after a failure it is still ours");
      const second = t.start(t.witness, { ...quiet, args: ["echo-fd", "4", "1"], stdout: "piped", setup });
      await second.started;
      assert.ok(!openFds().has(fd), "it is the child's alone");
      await send(first.stdin, utf8.encode("from one start to the other"));
      assert.equal(await textOf(second.stdout), "from one start to the other");
      assert.ok((await first.status).success && (await second.status).success);
    },
  },
  {
    name: "a blocking call writes nothing to what goes both ways, and leaves no fd of it open",
    run(t) {
      const fds: Fds = { 3: { pipe: "both" }, 4: { pipe: "both", raw: true }, 5: { pty: true }, 6: { pty: true } };
      const before = openFds().size;
      for (const from of ["3", "4"]) {
        const { exitCode } = t.spawnSync([t.witness, "echo-fd", from, from], { setup: { fds } });
        assert.equal(exitCode, 0);
      }
      assert.equal(openFds().size, before);
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
    name: "a FIFO is handed on without a wait for its other end",
    needs: ["/bin/sh"],
    async run(t) {
      const file = path.join(t.dir, "fifo");
      assert.equal(await t.spawnAny(["mkfifo", file]).exited, 0);
      // This program goes on while another thread waits for somebody who writes.
      const opening = fs.promises.open(file, "r");
      const writer = t.spawnAny(["/bin/sh", "-c", 'echo through > "$0"', file], { stdout: "ignore" });
      const handle = await opening;
      try {
        const child = t.spawn([t.witness, "cat"], { stdin: handle.fd, stdout: "pipe" });
        assert.equal(await textOf(child.stdout), "through\n");
        assert.deepEqual([await child.exited, await writer.exited], [0, 0]);
      } finally {
        await handle.close();
      }
      const report = await t.report({ setup: { fds: { 5: { file, open: "r+" } } } });
      assert.equal(fdOf(report, 5).ino, fs.statSync(file).ino);
      assert.deepEqual([fdOf(report, 5).access, fdOf(report, 5).nonblock], ["rw", false]);
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
    name: "an fd that this program uses without blocking blocks in the child, and stays as it is here",
    async run(t) {
      const file = path.join(t.dir, "fifo");
      assert.equal(await t.spawnAny(["mkfifo", file]).exited, 0);
      const { O_RDWR, O_NONBLOCK } = fs.constants;
      for (const target of [0, 1, 2, 5]) {
        // Engine `runtime` leaves the flag beyond 2, as its runtime does.
        if (target > 2 && !t.native) continue;
        const fd = fs.openSync(file, O_RDWR | O_NONBLOCK);
        try {
          const name = ["stdin", "stdout", "stderr"][target];
          const given = name === undefined ? { setup: { fds: { [target]: fd } } } : { [name]: fd };
          const report = await t.reportToFile({ stdout: "ignore", ...given });
          assert.equal(fdOf(report, target).ino, statFd(fd).ino);
          assert.equal(fdOf(report, target).nonblock, false, `fd ${target} would rather fail than wait`);
          if (t.native) assert.equal(nonblocking(fd), true, `what became fd ${target} blocks here`);
        } finally {
          fs.closeSync(fd);
        }
      }
    },
  },
  {
    name: "the end of a FIFO whose writers have gone is told to a child that polls it",
    timeout: 40_000,
    async run(t) {
      const file = path.join(t.dir, "fifo");
      assert.equal(await t.spawnAny(["mkfifo", file]).exited, 0);
      for (const target of [0, 5]) {
        const fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
        try {
          fs.writeFileSync(file, "hello");
          const given = target === 0 ? { stdin: fd } : { setup: { fds: { [target]: fd } } };
          const child = t.spawn([t.witness, "poll", String(target)], { stdout: "pipe", ...given });
          assert.equal(await textOf(child.stdout), "hello end\n", `fd ${target}`);
          assert.equal(await child.exited, 0);
        } finally {
          fs.closeSync(fd);
        }
      }
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
  ...["0", "1", "2", "012"].map(
    (closed): Case => ({
      name: `the first child of a program has its own 0, 1 and 2, though this is closed in the program: ${closed}`,
      async run(t) {
        for (const [word, expected] of [
          ["pipe", t.api.pipes],
          ["ignore", "chr"],
        ] as const) {
          const dir = path.join(t.dir, word);
          fs.mkdirSync(dir);
          const { stderr } = await t.program("first-closed-stdio", [dir, closed, word]);
          const json = (name: string): unknown => JSON.parse(fs.readFileSync(path.join(dir, name), "utf8"));
          assert.ok(fs.existsSync(path.join(dir, "result.json")), stderr);
          assert.deepEqual(json("result.json"), { open: [], engine: t.ENGINE, exit: 0 });
          const fds = (json("report.json") as Report).fds.filter(({ fd }) => t.api.closesFds || fd <= 2);
          assert.deepEqual(
            fds.map(({ fd, kind }) => [fd, kind]),
            [0, 1, 2].map((fd) => [fd, expected]),
          );
          if (word === "pipe") assert.equal(new Set(fds.map(({ ino }) => ino)).size, 3, "three pipes");
          else for (const { target } of fds) assert.equal(target, "/dev/null");
        }
      },
    }),
  ),
];
export default cases;
