/**
 * What every Source and every Sink there is must do, against real children. Each runtime's tests run it over the pipes
 * of its engines, so this file takes nothing of the packages but types, and no test framework.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Failure, Launcher, Running, Sink, Slot, Source } from "@ringspawn/core/seam";

/** A child, and the parent's sides of its pipes by the child's fd number. */
interface Child {
  source(fd: number): Source | undefined;
  sink(fd: number): Sink | undefined;
  readonly exited: Promise<unknown>;
  kill(signal: number): boolean;
}

export interface Subject {
  readonly name: string;
  /** Runs a script of the shell with these slots, and asserts that the engine under test did it. */
  start(script: string, slots: readonly Slot[]): Child;
  /** The fds of the child at which each kind of slot is tried. */
  readonly sources: readonly number[];
  readonly sinks: readonly number[];
  readonly sockets: readonly number[];
}

export type Test = readonly [name: string, run: () => Promise<void>];

/** The pipes of one engine. */
export function engineSubject(
  launcher: Launcher,
  engine: string,
  { sources, sinks, sockets }: Pick<Subject, "sources" | "sinks" | "sockets">,
): Subject {
  return {
    name: `${launcher.host.runtime}, ${engine}`,
    sources,
    sinks,
    sockets,
    start(script, slots) {
      const process = launcher.spawn(inputOf(script, slots, engine));
      assert.equal(process.engine, engine);
      return process;
    },
  };
}

function inputOf(script: string, slots: readonly Slot[], engine: string): Parameters<Launcher["spawn"]>[0] {
  return {
    fileOption: "command",
    file: "/bin/sh",
    argsOption: "args",
    firstArg: 0,
    args: ["-c", script],
    argv0: undefined,
    env: undefined,
    envIsAdded: false,
    cwd: undefined,
    uid: undefined,
    gid: undefined,
    cgroup: undefined,
    detached: undefined,
    killSignal: undefined,
    setup: undefined,
    slots,
    shellFallback: false,
    engine,
  };
}

/** An fd that goes to the child for good. */
export function givenFdContract(launcher: Launcher, name: string): Test[] {
  const engine = launcher.engines.find((engine) => engine.name === name) ?? assert.fail(`there is no engine ${name}`);
  const start = (input: Parameters<Launcher["spawn"]>[0]): Running | Failure => {
    const { request, engine: chosen } = launcher.explain(input);
    assert.equal(chosen, name);
    return engine.spawn?.(request) ?? assert.fail(`${name} starts nothing`);
  };
  const isOpen = (fd: number): boolean => fs.existsSync(`/proc/self/fd/${fd}`);
  const run = async (): Promise<void> => {
    const fd = fs.openSync("/dev/null", "r");
    const slots = withNull(
      { target: 1, kind: "pipe", direction: "out", raw: false },
      { target: 7, kind: "fd", fd, given: true },
    );
    assert.ok("errno" in start({ ...inputOf("", slots, name), file: "/no/such/program" }));
    assert.ok(isOpen(fd));
    const child = start(inputOf("readlink /proc/self/fd/7", slots, name));
    assert.ok(!isOpen(fd));
    assert.ok("pipes" in child);
    assert.equal(await textOf(child.pipes.get(1)?.source ?? assert.fail(), 64), "/dev/null\n");
    await child.exited;
  };
  const title = "an fd that is given is the child's, and stays open only where there is no child";
  return [[`${launcher.host.runtime}, ${name}: ${title}`, () => inTime(run)]];
}

/** All tests of a subject. */
/** For an engine that takes no copy of what it writes: 32 bits cannot tell the length of this chunk. */
export function hugeChunkContract(subject: Subject): Test[] {
  const run = async (): Promise<void> => {
    const slots = withNull(
      { target: 0, kind: "pipe", direction: "in", raw: false },
      { target: 1, kind: "pipe", direction: "out", raw: false },
    );
    const child = subject.start("wc -c", slots);
    const sink = child.sink(0) ?? assert.fail();
    const length = 2 ** 32;
    // Memory that nobody has written to takes none.
    await sink.write(new Uint8Array(length));
    await sink.close();
    assert.equal(Number(await textOf(sourceOf(child, 1), 64)), length);
    await child.exited;
  };
  return [[`${subject.name}: a chunk of 4 GiB is written whole`, () => inTime(run)]];
}

export function pipeContract(subject: Subject): Test[] {
  return [
    ...subject.sources.flatMap((fd) => sourceTests(subject, fd)),
    ...subject.sinks.flatMap((fd) => sinkTests(subject, fd)),
    ...subject.sockets.flatMap((fd) => socketTests(subject, fd)),
    leavesNothing(subject),
  ].map(([name, run]) => [`${subject.name}: ${name}`, () => inTime(run)]);
}

const SIGKILL = 9;
const PATIENCE = 20_000;
const ascii = new TextDecoder();
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function sourceTests(subject: Subject, fd: number): Test[] {
  const out: Slot = { target: fd, kind: "pipe", direction: "out", raw: false };
  const start = (script: string): Child => subject.start(script, withNull(out));
  const test = (name: string, run: () => Promise<void>): Test => [`source ${fd}: ${name}`, run];
  return [
    test("a read fills the beginning of the buffer and nothing behind", async () => {
      const source = sourceOf(start(`printf abcdefgh >&${fd}`), fd);
      let text = "";
      for (;;) {
        const into = new Uint8Array(64).fill(0xff);
        const count = await source.read(into);
        assert.ok(into.subarray(count).every((byte) => byte === 0xff));
        if (count === 0) break;
        text += ascii.decode(into.subarray(0, count));
      }
      assert.equal(text, "abcdefgh");
      source.close();
    }),
    test("a small buffer: the rest is kept", async () => {
      const source = sourceOf(start(`printf abcdefgh >&${fd}`), fd);
      assert.equal(await textOf(source, 3), "abcdefgh");
      source.close();
    }),
    test("at the end 0, for ever, and after close() too", async () => {
      const child = start("exit 0");
      const source = sourceOf(child, fd);
      const into = new Uint8Array(8);
      for (let i = 0; i < 3; i++) assert.equal(await source.read(into), 0);
      await child.exited;
      assert.equal(await source.read(into), 0);
      source.close();
      source.close();
      assert.equal(await source.read(into), 0);
    }),
    test("a pause is not the end", async () => {
      const source = sourceOf(start(`printf a >&${fd}; sleep 0.2; printf b >&${fd}`), fd);
      assert.equal(await textOf(source, 64), "ab");
      source.close();
    }),
    test("one that always has more does not keep the program from its timers", async () => {
      const child = start(`exec cat /dev/zero >&${fd}`);
      const source = sourceOf(child, fd);
      // So few bytes at a time that the child always writes faster.
      const into = new Uint8Array(16);
      for (let i = 0; i < 1000; i++) await source.read(into);
      let isTime = false;
      setTimeout(() => (isTime = true), 0);
      // More than any runtime has at hand.
      const tooMuch = 64 * 1024 * 1024;
      let read = 0;
      while (!isTime && read < tooMuch) read += await source.read(into);
      source.close();
      child.kill(SIGKILL);
      await child.exited;
      assert.ok(isTime, `${read} bytes were read in one turn of the event loop`);
    }),
    test("much of it, byte for byte, by buffers of any size", async () => {
      const expected = Array.from({ length: 40_000 }, (_, i) => `${i + 1}\n`).join("");
      for (const size of [1000, 65_536]) {
        const source = sourceOf(start(`seq 1 40000 >&${fd}`), fd);
        assert.ok((await textOf(source, size)) === expected, "other bytes came");
        source.close();
      }
    }),
    test("what was not read stays after the child's end", async () => {
      const child = start(`printf late >&${fd}`);
      const source = sourceOf(child, fd);
      await child.exited;
      await delay(50);
      assert.equal(await textOf(source, 64), "late");
      source.close();
    }),
    test("close() ends a read under way with 0, and may be called again", async () => {
      const child = start("exec sleep 9");
      const source = sourceOf(child, fd);
      const reading = source.read(new Uint8Array(8));
      assert.ok(reading instanceof Promise);
      await delay(20);
      source.close();
      source.close();
      assert.equal(await reading, 0);
      assert.equal(await source.read(new Uint8Array(8)), 0);
      await ended(child);
    }),
    test("after close() nothing takes what the child writes", async () => {
      const child = start(`exec yes >&${fd}`);
      const source = sourceOf(child, fd);
      assert.ok((await source.read(new Uint8Array(8))) > 0);
      source.close();
      assert.equal(await source.read(new Uint8Array(8)), 0);
      await child.exited;
    }),
  ];
}

function sinkTests(subject: Subject, fd: number): Test[] {
  const slots = withNull(
    { target: fd, kind: "pipe", direction: "in", raw: false },
    { target: 1, kind: "pipe", direction: "out", raw: false },
  );
  const start = (script: string): Child => subject.start(script, slots);
  const test = (name: string, run: () => Promise<void>): Test => [`sink ${fd}: ${name}`, run];
  return [
    test("all arrives, in order, whatever becomes of a chunk after its write", async () => {
      const child = start(`exec cat <&${fd}`);
      const [sink, out] = [sinkOf(child, fd), sourceOf(child, 1)];
      const reading = textOf(out, 65_536);
      let expected = "";
      for (let i = 0; i < 300; i++) {
        const text = String.fromCharCode(97 + (i % 26)).repeat((i * 37) % 5000);
        const chunk = bytes(text);
        expected += text;
        await sink.write(chunk);
        chunk.fill(0);
      }
      await sink.close();
      assert.ok((await reading) === expected, "other bytes came");
      out.close();
    }),
    test("one write of more than a pipe holds is done when the child has taken it", async () => {
      const child = start(`sleep 0.2; exec cat <&${fd}`);
      const [sink, out] = [sinkOf(child, fd), sourceOf(child, 1)];
      const reading = textOf(out, 65_536);
      const chunk = bytes("x".repeat(1_000_000));
      await sink.write(chunk);
      chunk.fill(0);
      await sink.close();
      assert.ok((await reading) === "x".repeat(1_000_000), "other bytes came");
      out.close();
    }),
    test("close() is the end for the child, and may be called again", async () => {
      const child = start(`cat <&${fd}; printf end`);
      const [sink, out] = [sinkOf(child, fd), sourceOf(child, 1)];
      await sink.write(bytes("some, "));
      await Promise.all([sink.close(), sink.close()]);
      assert.equal(await textOf(out, 64), "some, end");
      await sink.close();
      out.close();
    }),
    test("a write after close() is EPIPE", async () => {
      const child = start(`exec cat <&${fd}`);
      const sink = sinkOf(child, fd);
      await sink.close();
      await rejectsBroken(sink);
      await ended(child);
    }),
    test("a write after the child's end is EPIPE, and every later one", async () => {
      const child = start("exit 0");
      const sink = sinkOf(child, fd);
      await child.exited;
      await untilBroken(sink);
      await rejectsBroken(sink);
      await sink.close();
      await rejectsBroken(sink);
      sourceOf(child, 1).close();
    }),
    test("a write after the child has closed its end is EPIPE, though it lives", async () => {
      const child = start(`exec ${fd}<&-; printf closed; exec sleep 9`);
      const [sink, out] = [sinkOf(child, fd), sourceOf(child, 1)];
      const into = new Uint8Array(16);
      assert.equal(ascii.decode(into.subarray(0, await out.read(into))), "closed");
      await untilBroken(sink);
      await sink.close();
      await ended(child);
    }),
    test("a write that waits is EPIPE when the child ends", async () => {
      const child = start("exec sleep 0.2");
      const sink = sinkOf(child, fd);
      await assert.rejects(async () => sink.write(bytes("x".repeat(4_000_000))), isBroken);
      await sink.close();
      sourceOf(child, 1).close();
    }),
  ];
}

function socketTests(subject: Subject, fd: number): Test[] {
  const slots = withNull(
    { target: fd, kind: "socket", raw: false },
    { target: 1, kind: "pipe", direction: "out", raw: false },
  );
  const test = (name: string, run: (child: Child, script: string) => Promise<void>, script: string): Test => [
    `socket ${fd}: ${name}`,
    async () => {
      const child = subject.start(script, slots);
      await run(child, script);
      for (const number of [1, fd]) child.source(number)?.close();
      await child.sink(fd)?.close();
      await ended(child);
    },
  ];
  const both = (child: Child): readonly [Source, Sink, Source] => [
    sourceOf(child, fd),
    sinkOf(child, fd),
    sourceOf(child, 1),
  ];
  return [
    test(
      "both ways at once",
      async (child) => {
        const [source, sink] = both(child);
        const reading = textOf(source, 65_536);
        await sink.write(bytes("x".repeat(1_000_000)));
        await sink.close();
        assert.ok((await reading) === "x".repeat(1_000_000), "other bytes came");
      },
      `exec cat <&${fd} >&${fd}`,
    ),
    test(
      "the sink closed: the child sees the end, and can still write",
      async (child) => {
        const [source, sink, out] = both(child);
        await sink.write(bytes("some, "));
        await sink.close();
        assert.equal(await textOf(source, 64), "late");
        assert.equal(await textOf(out, 64), "some, ");
        await rejectsBroken(sink);
      },
      `cat <&${fd}; sleep 0.1; printf late >&${fd}`,
    ),
    test(
      "the source closed: the child can still read",
      async (child) => {
        const [source, sink, out] = both(child);
        source.close();
        assert.equal(await source.read(new Uint8Array(8)), 0);
        await sink.write(bytes("still"));
        await sink.close();
        assert.equal(await textOf(out, 64), "still");
      },
      `exec cat <&${fd}`,
    ),
    test(
      "the child's end is the end of both",
      async (child) => {
        const [source, sink] = both(child);
        await child.exited;
        assert.equal(await textOf(source, 64), "last words");
        await untilBroken(sink);
      },
      `printf 'last words' >&${fd}`,
    ),
  ];
}

/** The fds of pipes are closed by close(), in whichever order, and at their ends. */
function leavesNothing(subject: Subject): Test {
  return [
    "no fd stays of pipes that were closed",
    async () => {
      const slots = withNull(
        ...subject.sources.map((target): Slot => ({ target, kind: "pipe", direction: "out", raw: false })),
        ...subject.sinks.map((target): Slot => ({ target, kind: "pipe", direction: "in", raw: false })),
        ...subject.sockets.map((target): Slot => ({ target, kind: "socket", raw: false })),
      );
      const round = async (first: "source" | "sink"): Promise<void> => {
        const child = subject.start("exec sleep 9", slots);
        const ends = slots.flatMap(({ target }) => {
          const [source, sink] = [child.source(target), child.sink(target)];
          return first === "source" ? [source, sink] : [sink, source];
        });
        await Promise.all(ends.map(async (end) => end?.close()));
        await ended(child);
      };
      const count = (): number => fs.readdirSync("/proc/self/fd").length;
      await round("source");
      await round("sink");
      await delay(100);
      const before = count();
      for (let i = 0; i < 10; i++) await round(i % 2 === 0 ? "source" : "sink");
      for (let waited = 0; count() > before && waited < 3000; waited += 20) await delay(20);
      assert.ok(count() <= before, `${before} fds have become ${count()}`);
    },
  ];
}

/** Of 0, 1 and 2, those that are not given are /dev/null. */
function withNull(...slots: readonly Slot[]): Slot[] {
  const missing = [0, 1, 2].filter((fd) => !slots.some(({ target }) => target === fd));
  const all = [...missing.map((target): Slot => ({ target, kind: "null" })), ...slots];
  return all.sort((a, b) => a.target - b.target);
}

function sourceOf(child: Child, fd: number): Source {
  return child.source(fd) ?? assert.fail(`there is no source at ${fd}`);
}

function sinkOf(child: Child, fd: number): Sink {
  return child.sink(fd) ?? assert.fail(`there is no sink at ${fd}`);
}

/** Everything until the end, read by buffers of this size. */
async function textOf(source: Source, size: number): Promise<string> {
  const parts: string[] = [];
  for (;;) {
    const into = new Uint8Array(size);
    const count = await source.read(into);
    assert.ok(count <= size);
    if (count === 0) return parts.join("");
    parts.push(ascii.decode(into.subarray(0, count)));
  }
}

function isBroken(error: unknown): true {
  assert.ok(error instanceof Error, String(error));
  const { code, errno, syscall } = error as Error & Record<string, unknown>;
  assert.deepEqual({ code, errno, syscall }, { code: "EPIPE", errno: -32, syscall: "write" });
  return true;
}

async function rejectsBroken(sink: Sink): Promise<void> {
  await assert.rejects(async () => sink.write(bytes("x")), isBroken);
}

/** A write or two may go into a socket whose other end is only just being closed. */
async function untilBroken(sink: Sink): Promise<void> {
  for (let i = 0; i < 50; i++) {
    try {
      await sink.write(bytes("x".repeat(1000)));
    } catch (error) {
      isBroken(error);
      return;
    }
    await delay(20);
  }
  assert.fail("every write was taken, and there is no reader");
}

async function ended(child: Child): Promise<void> {
  child.kill(SIGKILL);
  await child.exited;
}

async function inTime(run: () => Promise<void>): Promise<void> {
  const end = new AbortController();
  const late = delay(PATIENCE, undefined, { signal: end.signal }).then(() => assert.fail("it takes too long"));
  late.catch(() => {});
  try {
    await Promise.race([run(), late]);
  } finally {
    end.abort();
  }
}
