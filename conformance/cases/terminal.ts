import { Terminal, type TerminalOptions } from "ringspawn";
import type { Case, T } from "../harness.ts";
import type { Report } from "../report.ts";
import { assert, Buffer, delay, fdOf, fs, leavesNothing, openFds, pattern, sha256, until, volume } from "../tools.ts";

const NEEDS = ["ptmx", "/bin/sh"] as const;
const utf8 = new TextDecoder();

/** What came from a terminal, and its events in their order. */
class Screen {
  text = "";
  length = 0;
  readonly events: string[] = [];
  readonly options: TerminalOptions = {
    data: (_, bytes) => {
      this.text += utf8.decode(bytes);
      this.length += bytes.byteLength;
      if (this.events.at(-1) !== "data") this.events.push("data");
    },
    exit: (terminal, code, signal) => {
      this.events.push(`exit ${code} ${String(signal)} ${terminal.closed ? "closed" : "open"}`);
    },
  };

  async shows(words: string | RegExp): Promise<void> {
    const seen = (): boolean => (typeof words === "string" ? this.text.includes(words) : words.test(this.text));
    await until(() => `the terminal shows ${String(words)}: ${JSON.stringify(this.text)}`, seen);
  }
}

/** As `stty` counts them. */
const COOKED = { inputFlags: 0x6d02, outputFlags: 5, controlFlags: 0x4bf, localFlags: 0x8a3b };
const RAW = { ...COOKED, inputFlags: 0x6800, localFlags: 0xa30 };
const ECHO = 8;

function flagsOf({ inputFlags, outputFlags, controlFlags, localFlags }: Terminal): typeof COOKED {
  return { inputFlags, outputFlags, controlFlags, localFlags };
}

/** The terminal of a child that has one. */
function terminalOf(child: { readonly terminal: Terminal | undefined }): Terminal {
  assert.ok(child.terminal instanceof Terminal);
  return child.terminal;
}

/** How often this program has called write(2) and its like. 0 where the kernel, as the lab's, does not count that. */
function writeCalls(): number {
  if (!fs.existsSync("/proc/self/io")) return 0;
  return Number(/syscw: (\d+)/.exec(fs.readFileSync("/proc/self/io", "latin1"))?.[1]);
}

/** What the witness at this terminal saw. */
function reportAt(t: T, terminal: TerminalOptions | Terminal): Promise<Report> {
  return t.reportToFile({ terminal });
}

const cases: Case[] = [
  {
    name: "a child that closes its terminal lives on, and ends as it wants",
    async run(t) {
      const script = `exec 0<&- 1>&- 2>&-; sleep 0.2; echo lived >'${t.mark}'; exit 3`;
      const ends: number[] = [];
      const terminal = { exit: (_: Terminal, code: number) => void ends.push(code) };
      const child = t.spawn(["/bin/sh", "-c", script], { terminal });
      assert.deepEqual([await child.exited, child.signalCode], [3, null]);
      assert.equal(fs.readFileSync(t.mark, "utf8"), "lived\n");
      assert.deepEqual(ends, [1]);
    },
  },
  {
    name: "a terminal is the child's stdio, and the controlling terminal of a session that the child leads",
    needs: NEEDS,
    async run(t) {
      const report = await reportAt(t, { cols: 77, rows: 33 });
      for (const fd of [0, 1, 2]) {
        const { tty, rows, cols, access, nonblock, cloexec } = fdOf(report, fd);
        assert.deepEqual({ tty, rows, cols, access }, { tty: true, rows: 33, cols: 77, access: "rw" });
        assert.deepEqual({ nonblock, cloexec }, { nonblock: false, cloexec: false });
      }
      const { pid, sid, pgid, terminal } = report;
      assert.deepEqual([sid, pgid, terminal.foreground, terminal.controlling], [pid, pid, pid, true]);
      assert.deepEqual(t.numbers(report), [0, 1, 2]);

      // It does not read: the kernel ends reads with an error a moment before it sends SIGHUP.
      const child = t.spawn(["sleep", "60"], { stdin: "pipe", stdout: "pipe", terminal: {} });
      const { stdin, stdout, stderr, readable, writable, stdio } = child;
      assert.deepEqual([stdin, stdout, stderr, readable, writable], [null, null, null, null, null]);
      assert.deepEqual(stdio, [null, null, null]);
      assert.equal(child.terminal, terminalOf(child));
      assert.equal(terminalOf(child).engine, t.ENGINE);
      assert.equal(Object.prototype.toString.call(child.terminal), "[object Terminal]");
      terminalOf(child).close();
      assert.equal(await child.exited, 129);
    },
  },
  {
    name: "fds beyond 2 stand beside a terminal",
    needs: NEEDS,
    async run(t) {
      const report = await t.reportToFile({ stdio: ["pipe", "pipe", "pipe", "ignore", 2], terminal: {} });
      assert.deepEqual(t.numbers(report), [0, 1, 2, 4]);
      assert.equal(fdOf(report, 1).tty, true);
    },
  },
  {
    name: "all that a child writes to its terminal is told, then its end, and then that of the child",
    needs: NEEDS,
    async run(t) {
      const { events, options } = new Screen();
      const said: unknown[] = [];
      const data: TerminalOptions["data"] = function (this: unknown, terminal, bytes) {
        said.push(this === terminal, bytes.byteLength === bytes.buffer.byteLength || bytes.byteOffset > 0);
        options.data?.(terminal, bytes);
      };
      const child = t.spawn(["/bin/sh", "-c", "echo said; exit 3"], {
        terminal: { ...options, data },
        onExit: (_, code) => events.push(`onExit ${code}`),
      });
      void child.exited.then((code) => events.push(`exited ${code}`));
      await until("onExit", () => events.includes("onExit 3"));
      assert.deepEqual(events, ["data", "exit 1 null open", "exited 3", "onExit 3"]);
      assert.deepEqual([...new Set(said)], [true]);
      const terminal = terminalOf(child);
      assert.equal(terminal.closed, false);
      // What nobody reads is taken all the same.
      assert.equal(terminal.write("x".repeat(100_000)), 100_000);
      terminal.resize(10, 10);
      assert.equal(terminal.localFlags, COOKED.localFlags);
      terminal.localFlags = ECHO;
      assert.equal(terminal.localFlags, ECHO);
      await until("nothing is open of it", () => ![...openFds().values()].some((link) => link.includes("ptmx")));
      terminal.close();
      assert.deepEqual(flagsOf(terminal), { inputFlags: 0, outputFlags: 0, controlFlags: 0, localFlags: 0 });
      assert.equal(events.length, 4, "the end is told once");
    },
  },
  {
    name: "a terminal that outlives its child, in another process, ends with that one",
    needs: NEEDS,
    async run(t) {
      const screen = new Screen();
      const { events, options } = screen;
      const script = 'trap "" HUP; (read go; echo late) <&1 & echo early';
      const child = t.spawn(["/bin/sh", "-c", script], { terminal: options, onExit: () => events.push("onExit") });
      await until("onExit", () => events.includes("onExit"));
      assert.deepEqual(events, ["data", "onExit"]);
      assert.equal(screen.text, "early\r\n");
      terminalOf(child).write("go\n");
      await until("the end", () => events.includes("exit 1 null open"));
      assert.deepEqual(events.slice(2), ["data", "exit 1 null open"]);
      await screen.shows("late\r\n");
      terminalOf(child).close();
    },
  },
  {
    name: "a shell session: a command, a new size, ^C for what is in the foreground, and the end",
    needs: NEEDS,
    timeout: 20_000,
    async run(t) {
      const screen = new Screen();
      const child = t.spawn(["/bin/sh", "-i"], {
        env: { PATH: "/usr/bin:/bin", PS1: "$ ", TERM: "dumb" },
        terminal: { ...screen.options, cols: 80, rows: 24 },
      });
      const terminal = terminalOf(child);
      await screen.shows("$ ");
      terminal.write("echo $((40 + 2))-$TERM\n");
      await screen.shows("\n42-dumb\r\n$ ");
      terminal.write("stty size\n");
      await screen.shows("\n24 80\r\n$ ");
      terminal.resize(100, 40);
      terminal.write("stty size\n");
      await screen.shows("\n40 100\r\n$ ");
      terminal.write("sleep 60; echo status $?\n");
      // The shell has put it into the foreground when the terminal belongs to another group.
      await until("sleep runs", () => foreground(child.pid) !== child.pid);
      terminal.write("\x03");
      await screen.shows("^C");
      await until("the shell is back", () => foreground(child.pid) === child.pid);
      terminal.write("echo again\n");
      await screen.shows("\nagain\r\n");
      terminal.write("exit 5\n");
      assert.equal(await child.exited, 5);
      assert.equal(screen.events.at(-1), "exit 1 null open");
      terminal.close();
    },
  },
  {
    name: "a new size is told to the foreground by SIGWINCH, and the same size is not",
    needs: NEEDS,
    async run(t) {
      const screen = new Screen();
      const script = "trap 'echo [$(stty size)]' WINCH; while :; do echo tick; sleep 0.02; done";
      const child = t.spawn(["/bin/sh", "-c", script], { terminal: screen.options });
      const terminal = terminalOf(child);
      await screen.shows("tick");
      for (const [cols, rows] of [
        [101, 41],
        [101, 41],
        [65_535, 1],
      ] as const) {
        terminal.resize(cols, rows);
        // By then the child has looked for signals.
        const { length } = screen;
        await until("it goes on", () => screen.length > length + 30);
      }
      assert.deepEqual(screen.text.match(/\[.*?\]/g), ["[41 101]", "[1 65535]"]);
      for (const [cols, rows] of [
        [0, 1],
        [1, 0],
        [65_536, 1],
        [1, -1],
        [NaN, 1],
        ["5", 5],
      ] as [number, number][]) {
        assert.throws(() => terminal.resize(cols, rows), /resize\(\) requires valid (cols|rows) argument/);
      }
      terminal.close();
      assert.equal(await child.exited, 129);
    },
  },
  {
    name: "close() hangs up: the child gets SIGHUP, the end is told once, and what comes later is refused",
    needs: NEEDS,
    async run(t) {
      const screen = new Screen();
      const { events, options } = screen;
      const child = t.spawn(["/bin/sh", "-c", "trap 'exit 7' HUP; echo ready; while :; do sleep 0.1; done"], {
        terminal: options,
      });
      const terminal = terminalOf(child);
      await screen.shows("ready");
      assert.equal(terminal.closed, false);
      terminal.close();
      terminal.close();
      assert.equal(terminal.closed, true);
      assert.deepEqual(events, ["data", "exit 0 null closed"], "it is told before close() returns");
      assert.equal(await child.exited, 7);
      const closed = /^Error: Terminal is closed$/;
      assert.throws(() => terminal.write("x"), closed);
      assert.throws(() => terminal.resize(1, 1), closed);
      assert.throws(() => terminal.setRawMode(true), closed);
      terminal.inputFlags = 5;
      assert.deepEqual(Object.values(flagsOf(terminal)), [0, 0, 0, 0]);
      terminal.ref();
      terminal.unref();
      await terminal[Symbol.asyncDispose]();
      assert.equal(events.length, 2);
      assert.throws(() => t.spawn(["/bin/true"], { terminal }), /terminal is closed/);
    },
  },
  {
    name: "what is written to a terminal is taken at once, and reaches a child that reads it late",
    needs: NEEDS,
    async run(t) {
      const screen = new Screen();
      let drained = 0;
      const script = `stty raw -echo; echo ready; read go < '${t.dir}/go'; head -c 400000 > '${t.dir}/got'; echo done`;
      assert.equal(t.spawnAny(["mkfifo", `${t.dir}/go`]).stdin, undefined);
      await until("there is a fifo", () => fs.existsSync(`${t.dir}/go`));
      const child = t.spawn(["/bin/sh", "-c", script], {
        terminal: { ...screen.options, drain: () => drained++ },
      });
      const terminal = terminalOf(child);
      await screen.shows("ready");
      const bytes = pattern(400_000);
      // The memory is the caller's again once write() has returned. slice() of a Buffer does not copy.
      const memory = Buffer.from(bytes.subarray(0, 300_000));
      assert.equal(terminal.write(memory), 300_000);
      memory.fill(0);
      assert.equal(terminal.write(bytes.slice(300_000).buffer), 100_000);
      await delay(50);
      assert.equal(drained, 0, "the child has read nothing yet");
      fs.writeFileSync(`${t.dir}/go`, "go\n");
      await screen.shows("done");
      assert.equal(await child.exited, 0);
      assert.equal(drained, 1);
      assert.equal(sha256(fs.readFileSync(`${t.dir}/got`)), sha256(bytes));
      terminal.close();
    },
  },
  {
    name: "many small writes that wait for a child to read are handed over together, and in their order",
    needs: NEEDS,
    async run(t) {
      const screen = new Screen();
      const full = pattern(300_000);
      const small = Array.from({ length: 20_000 }, (_, at) => Uint8Array.of(at % 251, at >> 8));
      const bytes = Buffer.concat([full, ...small, full]);
      const script = `stty raw -echo; echo ready; until [ -e '${t.dir}/go' ]; do sleep 0.01; done
        head -c ${bytes.length} > '${t.dir}/got'; echo done`;
      const child = t.spawn(["/bin/sh", "-c", script], { terminal: screen.options });
      const terminal = terminalOf(child);
      await screen.shows("ready");
      // It holds less than that: from here on everything waits.
      terminal.write(full);
      const before = writeCalls();
      for (const piece of small) terminal.write(piece);
      terminal.write(full);
      fs.writeFileSync(`${t.dir}/go`, "");
      await screen.shows("done");
      const calls = writeCalls() - before;
      assert.ok(calls < small.length / 10, `${calls} system calls that write`);
      assert.equal(await child.exited, 0);
      assert.equal(sha256(fs.readFileSync(`${t.dir}/got`)), sha256(bytes));
      terminal.close();
    },
  },
  {
    name: "megabytes come through a terminal byte for byte, before the end of the child",
    needs: NEEDS,
    timeout: 30_000,
    async run(t) {
      const size = volume(8_000_000);
      const chunks: Uint8Array[] = [];
      let all = "";
      const child = t.spawn(["/bin/sh", "-c", `stty -opost; exec '${t.witness}' write ${size}`], {
        terminal: {
          data: (_, bytes) => chunks.push(bytes),
          exit: () => (all = sha256(Buffer.concat(chunks))),
        },
      });
      assert.equal(await child.exited, 0);
      assert.equal(all, sha256(pattern(size)));
      terminalOf(child).close();
    },
  },
  {
    name: "a child that writes without end keeps the program from nothing",
    needs: NEEDS,
    async run(t) {
      const screen = new Screen();
      const child = t.spawn(["/bin/sh", "-c", "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"], {
        terminal: { data: (_, { byteLength }) => (screen.length += byteLength) },
      });
      for (let turn = 0; turn < 5; turn++) {
        const before = screen.length;
        await until("more comes", () => screen.length > before);
        assert.equal(await t.spawnAny([t.witness, "exit", "3"]).exited, 3);
      }
      terminalOf(child).close();
      assert.equal(await child.exited, 129);
    },
  },
  {
    name: "the flags of a terminal are those of now, can be set, and raw mode is undone",
    needs: NEEDS,
    async run(t) {
      const terminal = t.terminal({});
      assert.deepEqual(flagsOf(terminal), COOKED);
      terminal.localFlags &= ~ECHO;
      assert.deepEqual(flagsOf(terminal), { ...COOKED, localFlags: COOKED.localFlags & ~ECHO });
      terminal.setRawMode(true);
      assert.deepEqual(flagsOf(terminal), RAW);
      terminal.setRawMode(true);
      terminal.setRawMode(false);
      assert.deepEqual(flagsOf(terminal), { ...COOKED, localFlags: COOKED.localFlags & ~ECHO });
      assert.equal(await t.spawn(["/bin/sh", "-c", "stty echo -onlcr"], { terminal }).exited, 0);
      assert.deepEqual(flagsOf(terminal), { ...COOKED, outputFlags: 1 });
      for (const bad of [NaN, 1.5, "5", undefined, null, 2 ** 32, -(2 ** 31) - 1]) {
        assert.throws(() => (terminal.localFlags = bad as number), TypeError);
      }
      assert.deepEqual(flagsOf(terminal), { ...COOKED, outputFlags: 1 });
      terminal.close();
    },
  },
  {
    name: "a Terminal serves children one after the other and together, in this program's session",
    needs: NEEDS,
    async run(t) {
      const screen = new Screen();
      const terminal = t.terminal({ ...screen.options, cols: 90, rows: 30 });
      assert.equal(terminal.engine, t.ENGINE);
      for (let turn = 0; turn < 2; turn++) {
        const report = await reportAt(t, terminal);
        assert.deepEqual([report.terminal.controlling, fdOf(report, 2).tty], [false, true]);
        assert.deepEqual([fdOf(report, 0).rows, fdOf(report, 0).cols], [30, 90]);
        assert.notEqual(report.sid, report.pid);
        assert.deepEqual(t.numbers(report), [0, 1, 2]);
      }
      const reader = t.spawn(["/bin/sh", "-c", "read x; echo read $x"], { terminal });
      const writer = t.spawn(["/bin/sh", "-c", "echo written"], { terminal });
      assert.deepEqual([reader.terminal, writer.terminal], [terminal, terminal]);
      assert.equal(await writer.exited, 0);
      await screen.shows("written\r\n");
      terminal.write("a\n");
      assert.equal(await reader.exited, 0);
      await screen.shows("read a\r\n");
      assert.deepEqual(screen.events, ["data"], "it does not end with its children");
      terminal.close();
      assert.deepEqual(screen.events, ["data", "exit 0 null closed"]);
      assert.throws(() => t.spawn(["/bin/true"], { terminal }), /terminal is closed/);
    },
  },
  {
    name: "a Terminal becomes the controlling terminal of a child that asks for that",
    needs: NEEDS,
    async run(t) {
      const setup = { session: true, controllingTerminal: 0 };
      t.needs({ setup });
      const terminal = t.terminal({});
      const report = await t.reportToFile({ terminal, setup });
      assert.deepEqual([report.terminal.controlling, report.terminal.foreground], [true, report.pid]);
      terminal.close();
    },
  },
  {
    name: "what cannot be a terminal is refused, before anything starts; what cannot be a size is the default",
    needs: NEEDS,
    async run(t) {
      const { spawnAny } = t;
      for (const bad of [false, true, 0, 5, "x", Symbol.iterator]) {
        const spawn = (): unknown => t.spawn([t.witness, "report", t.mark], { terminal: bad as TerminalOptions });
        assert.throws(spawn, /terminal must be a Terminal object or options object/);
      }
      for (const none of [undefined, null]) {
        const child = t.spawn([t.witness, "exit", "0"], { terminal: none as undefined });
        assert.deepEqual([child.terminal, await child.exited], [undefined, 0]);
      }
      const sync = (): unknown => t.spawnSync([t.witness, "report", t.mark], { terminal: {} } as object);
      assert.throws(sync, /only supported for spawn/);
      assert.throws(() => new Terminal(undefined as unknown as TerminalOptions), /requires an options object/);
      assert.throws(() => t.terminal({ name: 5 as unknown as string }), /name must be a string/);
      assert.throws(() => t.terminal({ name: "x".repeat(129) }), /Terminal name too long/);
      const beside = { terminal: {}, setup: { fds: { 3: { pty: true } } } } as const;
      const two = (): unknown => spawnAny([t.witness, "report", t.mark], beside);
      assert.throws(two, /setup.fds.3.pty must be absent beside the option terminal/);
      assert.ok(!fs.existsSync(t.mark));
      const odd = { cols: 0, rows: "7", data: 5, exit: null, drain: {} } as unknown as TerminalOptions;
      const report = await reportAt(t, odd);
      assert.deepEqual([fdOf(report, 1).rows, fdOf(report, 1).cols], [24, 80]);
      const terminal = t.terminal({});
      for (const bad of [undefined, null, 5, {}, [1]]) assert.throws(() => terminal.write(bad as string), /write\(\)/);
      terminal.close();
      const child = t.spawn(["/bin/true"], { terminal: {} });
      const again = (): unknown => t.spawn(["/bin/true"], { terminal: terminalOf(child) });
      assert.throws(again, /was created inline by a previous spawn and cannot be reused/);
      assert.equal(await child.exited, 0);
      terminalOf(child).close();
    },
  },
  {
    name: "a failed start leaves nothing of its terminal, and tells nothing there",
    needs: NEEDS,
    async run(t) {
      const { events, options } = new Screen();
      const command = [`${t.dir}/nothing`];
      t.needs({ terminal: options });
      const before = openFds().size;
      for (let i = 0; i < 3; i++) {
        assert.equal(t.fails(() => t.spawn(command, { terminal: options })).code, "ENOENT");
      }
      const terminal = t.terminal(options);
      assert.equal(t.fails(() => t.spawn(command, { terminal })).code, "ENOENT");
      assert.equal(terminal.closed, false);
      assert.deepEqual(events, []);
      terminal.close();
      await until("no fd stays", () => openFds().size <= before);
    },
  },
  {
    name: "a terminal holds the program until its end, its close() or its unref(), whatever its child does",
    needs: NEEDS,
    async run(t) {
      t.needs({ terminal: {} });
      for (const [how, said] of [
        ["idle", "held\n"],
        ["idle-unref", ""],
        ["idle-unref-ref", "held\n"],
        ["child-unref", "held\n"],
        ["both-unref", ""],
        ["child-ends", "exit 1\n"],
      ] as const) {
        const { code, stdout, stderr } = await t.program("terminal", [how]);
        assert.deepEqual([how, code, stdout, stderr], [how, 0, said, ""]);
      }
    },
  },
  {
    name: "an error in a callback of a terminal is one of the program, and the terminal goes on",
    needs: NEEDS,
    async run(t) {
      t.needs({ terminal: {} });
      const { code, stdout, stderr } = await t.program("terminal", ["throws"]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.deepEqual(stdout.split("\n").sort(), ["", "exit 1", "exited 0", "uncaught of data", "uncaught of exit"]);
    },
  },
  {
    name: "the end of a worker is that of its terminals",
    needs: NEEDS,
    async run(t) {
      t.needs({ terminal: {} });
      const { code, stdout, stderr } = await t.program("terminal-worker");
      assert.deepEqual([code, stdout, stderr], [0, "open true\nover\n", ""]);
    },
  },
  {
    name: "1,000 terminals leave nothing",
    needs: NEEDS,
    slow: true,
    timeout: 120_000,
    async run(t) {
      const one = async (i: number): Promise<void> => {
        if (i % 2 === 0) {
          const child = t.spawn([t.witness, "write", "10"], { terminal: {} });
          assert.equal(await child.exited, 0);
          terminalOf(child).close();
        } else {
          const terminal = t.terminal({});
          assert.equal(await t.spawn([t.witness, "exit", "0"], { terminal }).exited, 0);
          terminal.close();
        }
      };
      const round = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i += 10) await Promise.all(Array.from({ length: 10 }, (_, k) => one(i + k)));
      };
      await round(100);
      await leavesNothing(round, volume(1000));
    },
  },
];

/** The process group in the foreground of the terminal of this process. */
function foreground(pid: number): number {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[5]);
}

export default cases;
