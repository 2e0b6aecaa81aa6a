/** What only an engine of our own making can be made to do, and on cue: an outcome that comes late, or not yet. */
import { describe, expect, test } from "vitest";
import { engineThat, hostWith, thrown } from "../../tests/support.js";
import type { Engine, Exit, Failure, Pipe, Running, Sink, Source, Starting, Usage } from "../engine.js";
import type { DuplexPipe } from "../process.js";
import type { SpawnRequest } from "../request.js";
import { createLauncher } from "../launcher.js";
import { createStart, type StartedProcess, type StartFunction } from "./start.js";

const NO_FILE: Failure = { errno: 2, step: "file", index: 0 };
const NOTHING: Exit = { code: null, signal: null, coreDumped: false, usage: undefined };
const USAGE: Usage = {
  userMicros: 1,
  systemMicros: 1,
  maxRss: 1,
  voluntarySwitches: 1,
  involuntarySwitches: 1,
  minorFaults: 1,
  majorFaults: 1,
  blocksIn: 1,
  blocksOut: 1,
};
const PIPED = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;

/** A start whose outcome the test decides. */
class Pending implements Starting {
  pidReads = 0;
  readonly killed: number[] = [];
  readonly closed: number[] = [];
  readonly started: Promise<Failure | undefined>;
  readonly exited: Promise<Exit>;
  readonly pipes = new Map<number, Pipe>();
  readonly terminal = undefined;
  tell!: (failure: Failure | undefined) => void;
  end!: (exit: Exit) => void;

  constructor({ slots }: SpawnRequest) {
    this.started = new Promise((resolve) => (this.tell = resolve));
    this.exited = new Promise((resolve) => (this.end = resolve));
    for (const { kind, target } of slots) {
      if (kind !== "pipe") continue;
      const close = (): void => void this.closed.push(target);
      // As a pipe is: a read waits for its end, which closing brings.
      let wake: ((count: number) => void) | undefined;
      const source: Source = {
        read: () => (this.closed.includes(target) ? 0 : new Promise((resolve) => (wake = resolve))),
        settle() {},
        close: () => (close(), wake?.(0)),
      };
      const sink: Sink = {
        write: () => {
          if (this.closed.includes(target)) throw Object.assign(new Error("broken"), { code: "EPIPE" });
        },
        settle() {},
        close,
      };
      this.pipes.set(target, {
        source: target === 0 ? undefined : source,
        sink: target === 0 ? sink : undefined,
        fd: undefined,
      });
    }
  }

  get pid(): number {
    this.pidReads++;
    return 77;
  }

  kill(signal: number): boolean {
    this.killed.push(signal);
    return true;
  }

  fail(failure: Failure): void {
    this.tell(failure);
    // One that was born and could not exec was a process all the same.
    this.end({ ...NOTHING, signal: 9, usage: USAGE });
  }

  ref(): void {}
  unref(): void {}
  after(): undefined {}
}

/** `start` on an engine whose starts stay undecided, and what it made of them. */
function undecided(): { start: StartFunction; all: Pending[]; requests: SpawnRequest[] } {
  const all: Pending[] = [];
  const requests: SpawnRequest[] = [];
  const engine = engineThat({
    start(request) {
      const pending = new Pending(request);
      requests.push(request);
      all.push(pending);
      return pending;
    },
  });
  return { start: createStart(createLauncher(hostWith({ PATH: "/bin" }), [engine])), all, requests };
}

function startOn(does: Partial<Engine>): StartFunction {
  return createStart(createLauncher(hostWith({ PATH: "/bin" }), [engineThat(does)]));
}

/** Long enough for every promise that was settled, and for what nobody handled of them. */
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** The rejections that nobody handled while `run` ran and a little longer. */
async function unhandled(run: () => unknown): Promise<unknown[]> {
  const found: unknown[] = [];
  const before = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => found.push(error));
  try {
    await run();
    await settled();
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of before) process.on("unhandledRejection", listener);
  }
  return found;
}

/** Three ways to fail, which people must not be able to tell apart. */
const FAILURES: readonly [how: string, start: () => StartedProcess][] = [
  [
    "told late",
    (): StartedProcess => {
      const { start, all } = undecided();
      const child = start("/nope", PIPED);
      setTimeout(() => all[0]?.fail(NO_FILE), 1);
      return child;
    },
  ],
  ["told at once", (): StartedProcess => startOn({ start: () => NO_FILE })("/nope", PIPED)],
  ["of an engine that only spawns", (): StartedProcess => startOn({ spawn: () => NO_FILE })("/nope", PIPED)],
];

describe.each(FAILURES)("a failure %s", (_how, start) => {
  test("is the same error wherever one looks", async () => {
    const child = start();
    expect(child.engine).toBe("io_uring");
    const error: unknown = await child.started.catch((error: unknown) => error);
    const fields = { name: "Error", code: "ENOENT", step: "file", path: "/nope", engine: "io_uring" };
    expect(error).toMatchObject(fields);
    await expect(child.status).rejects.toBe(error);
    await expect(child.output()).rejects.toBe(error);
    await expect(child.started).rejects.toBe(error);
  });

  test("leaves a handle as of a child that has ended", async () => {
    const child = start();
    const writing = child.stdin.getWriter();
    await expect(child.started).rejects.toThrow();
    await expect(writing.write(new Uint8Array(1))).rejects.toMatchObject({ code: "EPIPE" });
    await expect(writing.closed).rejects.toMatchObject({ code: "EPIPE" });
    expect(await child.stdout.text()).toBe("");
    expect(await child.stderr.text()).toBe("");
    expect(() => child.kill()).toThrow(TypeError);
    expect(child.pid).toBeUndefined();
    child.ref();
    child.unref();
    await child[Symbol.asyncDispose]();
    expect(child.resourceUsage()).toBeUndefined();
  });

  test("ends a read that was under way", async () => {
    const child = start();
    const [text] = await Promise.all([child.stdout.text(), expect(child.started).rejects.toThrow()]);
    expect(text).toBe("");
  });

  test("comes up once when nobody looks", async () => {
    expect(await unhandled(start)).toMatchObject([{ code: "ENOENT" }]);
    const looked = await unhandled(() => {
      const child = start();
      void child.started;
      void child.status;
      void child.output();
    });
    expect(looked).toMatchObject([{ code: "ENOENT" }]);
    expect(await unhandled(() => start()[Symbol.asyncDispose]())).toMatchObject([{ code: "ENOENT" }]);
  });

  test.each(["started", "status", "output"] as const)("is handled by whoever awaits %s", async (which) => {
    const found = await unhandled(async () => {
      const child = start();
      const promises = { started: child.started, status: child.status, output: child.output() };
      await expect(promises[which]).rejects.toMatchObject({ code: "ENOENT" });
    });
    expect(found).toEqual([]);
  });

  test("is one's own again once one has made a promise of it", async () => {
    const found = await unhandled(() => void start().status.then(() => "derived"));
    expect(found).toMatchObject([{ code: "ENOENT" }]);
  });
});

describe("a start that is not decided yet", () => {
  test("of a burst no pid is asked for, and nothing that needs it", async () => {
    const { start, all } = undecided();
    const controller = new AbortController();
    const children = Array.from({ length: 5 }, () => start("x", { ...PIPED, signal: controller.signal }));
    for (const child of children) {
      child.unref();
      child.kill();
      child.stdin.getWriter();
      child.stdout.getReader().releaseLock();
      void child.status;
      void child.output();
    }
    controller.abort();
    expect(all.map(({ pidReads }) => pidReads)).toEqual([0, 0, 0, 0, 0]);
    expect(children[0]?.pid).toBe(77);
    for (const pending of all) pending.fail(NO_FILE);
    for (const child of children) await expect(child.started).rejects.toThrow();
    expect(all.map(({ pidReads }) => pidReads)).toEqual([1, 0, 0, 0, 0]);
  });

  test("resolves once it runs, and tells how it ended", async () => {
    const { start, all } = undecided();
    const child = start("x");
    let runs = false;
    void child.started.then(() => (runs = true));
    await settled();
    expect(runs).toBe(false);
    all[0]?.tell(undefined);
    expect(await child.started).toBeUndefined();
    expect(runs).toBe(true);
    all[0]?.end({ ...NOTHING, code: 3 });
    expect(await child.status).toEqual({ success: false, code: 3, signal: null });
    expect(child.started).toBe(child.started);
    expect(child.status).toBe(child.status);
    expect(() => child.kill()).toThrow(TypeError);
  });

  test("signals wait for the program, in order", async () => {
    const { start, all } = undecided();
    const child = start("x");
    child.kill("SIGUSR1");
    child.kill();
    expect(() => child.kill("SIGNOPE" as never)).toThrow(TypeError);
    await settled();
    expect(all[0]?.killed).toEqual([]);
    all[0]?.tell(undefined);
    await child.started;
    expect(all[0]?.killed).toEqual([10, 15]);
    child.kill("SIGKILL");
    expect(all[0]?.killed).toEqual([10, 15, 9]);
  });

  test("so do an abort and a disposal, also an abort that came before", async () => {
    const { start, all } = undecided();
    const controller = new AbortController();
    start("x", { signal: controller.signal });
    start("x", { signal: AbortSignal.abort() });
    const disposed = start("x")[Symbol.asyncDispose]();
    controller.abort();
    await settled();
    expect(all.map(({ killed }) => killed)).toEqual([[], [], []]);
    for (const pending of all) pending.tell(undefined);
    await settled();
    expect(all.map(({ killed }) => killed)).toEqual([[15], [15], [15]]);
    for (const pending of all) pending.end({ ...NOTHING, signal: 15 });
    await disposed;
  });

  test("nothing is killed that never ran", async () => {
    const { start, all } = undecided();
    const child = start("x", { signal: AbortSignal.abort() });
    child.kill();
    all[0]?.fail(NO_FILE);
    await expect(child.started).rejects.toThrow();
    await settled();
    expect(all[0]?.killed).toEqual([]);
  });

  test("our ends of its pipes are closed when it fails", async () => {
    const { start, all } = undecided();
    const child = start("x", { ...PIPED, setup: { fds: { 5: { pipe: "out" } } } });
    all[0]?.fail(NO_FILE);
    await expect(child.started).rejects.toThrow();
    expect([...new Set(all[0]?.closed)].sort()).toEqual([0, 1, 2, 5]);
  });

  test("a stream that is read otherwise is told by output(), and by nobody else", async () => {
    const { start, all } = undecided();
    const found = await unhandled(async () => {
      const child = start("x", PIPED);
      child.stdout.getReader();
      void child.output();
      all[0]?.tell(undefined);
      await child.started;
    });
    expect(found).toMatchObject([{ name: "TypeError" }]);
    all[0]?.end(NOTHING);
  });
});

test("of what failed at once each pipe has its end, and nothing raw is left", async () => {
  const setup = {
    fds: {
      3: { pipe: "both" },
      4: { pty: true },
      5: { pty: true },
      6: { pipe: "out", raw: true },
      7: { pipe: "both", raw: true },
      8: { pipe: "in" },
    },
  } as const;
  const child = startOn({ spawn: () => NO_FILE })("x", { setup });
  await expect(child.started).rejects.toThrow();
  expect(Object.keys(child.fds)).toEqual(["3", "4", "8"]);
  const { readable, writable } = child.fds[3] as DuplexPipe;
  expect(await readable.text()).toBe("");
  await expect(writable.getWriter().write(new Uint8Array(1))).rejects.toMatchObject({ code: "EPIPE" });
});

describe("an engine that has no start", () => {
  test("spawns, and has started", async () => {
    const running: Running = {
      pid: 5,
      pipes: new Map(),
      terminal: undefined,
      exited: Promise.resolve({ ...NOTHING, code: 0 }),
      kill: () => true,
      ref() {},
      unref() {},
      after() {},
    };
    const child = startOn({ spawn: () => running })("x");
    expect(child.pid).toBe(5);
    await child.started;
    expect(await child.status).toMatchObject({ success: true });
  });

  test("each kind of pipe beyond 2 has its form, and a raw fd is not asked for before", () => {
    let asked = 0;
    const source: Source = { read: () => 0, settle() {}, close() {} };
    const sink: Sink = { write() {}, settle() {}, close() {} };
    const raw = {
      source: undefined,
      sink: undefined,
      get fd() {
        asked++;
        return 9;
      },
    };
    const running: Running = {
      pid: 5,
      terminal: undefined,
      pipes: new Map<number, Pipe>([
        [1, { source, sink: undefined, fd: undefined }],
        [3, { source, sink: undefined, fd: undefined }],
        [4, { source: undefined, sink, fd: undefined }],
        [5, { source, sink, fd: undefined }],
        [6, raw],
      ]),
      exited: Promise.resolve({ ...NOTHING, code: 0 }),
      kill: () => true,
      ref() {},
      unref() {},
      after() {},
    };
    const child = startOn({ spawn: () => running })("x");
    expect(asked).toBe(0);
    const { fds } = child;
    expect(Object.keys(fds)).toEqual(["3", "4", "5", "6"]);
    expect(fds[3]).toBeInstanceOf(ReadableStream);
    expect(fds[4]).toBeInstanceOf(WritableStream);
    const { readable, writable } = fds[5] as DuplexPipe;
    expect([readable, writable]).toEqual([expect.any(ReadableStream), expect.any(WritableStream)]);
    expect([fds[6], child.fds[6], asked]).toEqual([9, 9, 1]);
  });

  test("a signal does not wait", () => {
    const killed: number[] = [];
    const running: Running = {
      pid: 5,
      pipes: new Map(),
      terminal: undefined,
      exited: new Promise(() => {}),
      kill: (signal) => killed.push(signal) > 0,
      ref() {},
      unref() {},
      after() {},
    };
    startOn({ spawn: () => running })("x").kill();
    expect(killed).toEqual([15]);
  });
});

describe("what is thrown at once", () => {
  test("usage mistakes, before anything begins", () => {
    const { start, all } = undecided();
    expect(thrown(() => start(5 as never)).message).toBe("command must be a string, got 5");
    expect(thrown(() => start("x", { stdout: "pipe" as never }))).toBeInstanceOf(TypeError);
    expect(thrown(() => start("x", { args: "b" as never }))).toBeInstanceOf(TypeError);
    expect(thrown(() => start("x", { signal: {} as never }))).toBeInstanceOf(TypeError);
    expect(all).toEqual([]);
  });

  test("that no engine can serve it", () => {
    const refuses = (): { option: string; reason: string } => ({ option: "cwd", reason: "it cannot" });
    expect(thrown(() => startOn({ refuses })("x"))).toMatchObject({ name: "Error", code: "ENOTSUP" });
  });

  test("what the runtime does not permit, and what is no answer of the system", () => {
    const host = {
      ...hostWith({}),
      authorize: () => {
        throw new Error("not permitted");
      },
    };
    const start = createStart(createLauncher(host, [engineThat({ start: () => NO_FILE })]));
    expect(thrown(() => start("x")).message).toBe("not permitted");
    expect(thrown(() => startOn({})("x")).message).toBe("not what was asked for");
  });
});

describe("the request it becomes", () => {
  test("no shell, stdio as the parent's; options as Command has them", () => {
    const { start, requests } = undecided();
    start(new URL("file:///bin/x"), {
      args: ["a"],
      cwd: "/d",
      env: { A: "1" },
      clearEnv: true,
      uid: 3,
      detached: true,
    });
    const [request] = requests;
    expect(request).toMatchObject({ argv: ["/bin/x", "a"], cwd: "/d", env: { A: "1" }, shellFallback: false });
    expect(request?.slots.map(({ kind }) => kind)).toEqual(["fd", "fd", "fd"]);
    expect(request?.setup).toMatchObject({ uid: 3, session: true });
  });
});
