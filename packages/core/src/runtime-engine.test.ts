/** The shell over a made-up API on made-up systems, with the numbers of Windows and macOS. */
import { describe, expect, test } from "vitest";
import { hostWith, thrown, UNSAID } from "../tests/support.js";
import { choose } from "./choose.js";
import type { Failure, Running, SyncOptions } from "./engine.js";
import { normalize, type RequestInput, type SpawnRequest } from "./request.js";
import type { Files } from "./path.js";
import type { Feature, RuntimeApi, RuntimeCall, RuntimeChild, RuntimeExit } from "./runtime-api.js";
import { RuntimeEngine } from "./runtime-engine.js";
import { fdSlot, nullSlot, pipeSlot, type Slot } from "./stdio.js";

interface System {
  readonly platform: string;
  readonly errnos: Readonly<Record<string, number>>;
  readonly signals: Readonly<Record<string, number>>;
}

const LINUX: System = {
  platform: "linux",
  errnos: { ENOENT: 2, E2BIG: 7, ENOEXEC: 8, EAGAIN: 11, EACCES: 13, ENOTDIR: 20, EMFILE: 24 },
  signals: { SIGKILL: 9, SIGUSR1: 10, SIGTERM: 15 },
};
// <sys/errno.h> and <sys/signal.h>
const MACOS: System = {
  platform: "darwin",
  errnos: {
    ENOENT: 2,
    ENOEXEC: 8,
    EDEADLK: 11,
    EACCES: 13,
    ENOTDIR: 20,
    EMFILE: 24,
    EAGAIN: 35,
    ENOTSUP: 45,
    ENAMETOOLONG: 63,
    EBADARCH: 86,
    ELOOP: 62,
    EPROCLIM: 67,
  },
  signals: {
    SIGABRT: 6,
    SIGEMT: 7,
    SIGKILL: 9,
    SIGBUS: 10,
    SIGSYS: 12,
    SIGTERM: 15,
    SIGURG: 16,
    SIGSTOP: 17,
    SIGCONT: 19,
    SIGCHLD: 20,
    SIGIO: 23,
    SIGINFO: 29,
    SIGUSR1: 30,
    SIGUSR2: 31,
  },
};
// The numbers of libuv, and those that the C runtime has for signals.
const WINDOWS: System = {
  platform: "win32",
  errnos: {
    ENOENT: -4058,
    E2BIG: -4093,
    EACCES: -4092,
    EAGAIN: -4088,
    EMFILE: -4066,
    ENOMEM: -4057,
    ENOTDIR: -4052,
    EPERM: -4048,
    UNKNOWN: -4094,
  },
  signals: {
    SIGHUP: 1,
    SIGINT: 2,
    SIGILL: 4,
    SIGFPE: 8,
    SIGKILL: 9,
    SIGSEGV: 11,
    SIGTERM: 15,
    SIGBREAK: 21,
    SIGABRT: 22,
  },
};

const nameIn = (table: Readonly<Record<string, number>>, number: number): string | undefined =>
  Object.keys(table).find((name) => table[name] === number);

/** What happens to a program: it dies of a signal, or its start ends with an errno; by the numbers of its system. */
type Fate = { readonly errno?: number; readonly signal?: number; readonly code?: number; readonly throws?: unknown };

interface World {
  readonly engine: RuntimeEngine;
  readonly host: ReturnType<typeof hostWith>;
  readonly calls: RuntimeCall[];
  /** Numbers that the system was asked to send. */
  readonly sent: number[];
  readonly closed: number[];
  /** `open fd` by path, in order. */
  readonly opened: string[];
}

/** Files by their path: what they begin with; "dir", and "closed" for what may not be executed. */
function world(
  system: System,
  {
    fate = () => ({ code: 0 }),
    files = {},
    env = {},
    features = ["argv0", "crossed", "real-time signals"],
    lastFd = 255,
    hides = () => false,
  }: {
    fate?: (call: RuntimeCall) => Fate;
    files?: Readonly<Record<string, string>>;
    env?: Record<string, string>;
    features?: readonly Feature[];
    lastFd?: number;
    hides?: (path: string) => boolean;
  } = {},
): World {
  const { errnos, signals, platform } = system;
  const calls: RuntimeCall[] = [];
  const sent: number[] = [];
  const opened: string[] = [];
  const closed: number[] = [];
  const failing = (code: string): Error => Object.assign(new Error(code), { code, errno: errnos[code] });
  const contentOf = (path: string): string => {
    // Windows does not tell names apart by their case.
    const content =
      files[path] ?? (platform === "win32" ? files[path.replace(/[^.]+$/, (x) => x.toLowerCase())] : undefined);
    if (content === undefined) throw failing("ENOENT");
    return content;
  };
  const fake: Files = {
    openSync(path) {
      if (path !== "NUL" && path !== "/dev/null") contentOf(path);
      opened.push(path);
      return 99 + opened.length;
    },
    closeSync: (fd) => void closed.push(fd),
    readSync: (fd, into) => new TextEncoder().encodeInto(contentOf(opened[fd - 100] as string), into).written,
    accessSync(path) {
      if (contentOf(path) === "closed") throw failing("EACCES");
    },
    fstatSync: () => ({}),
    statSync: (path) => {
      const content = contentOf(path);
      return { isFile: () => content !== "dir", isDirectory: () => content === "dir" };
    },
  };
  const carryOut = (call: RuntimeCall): Fate => {
    calls.push(call);
    const what = fate(call);
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- also what is no error
    if (what.throws !== undefined) throw what.throws;
    return what;
  };
  const exitOf = ({ code, signal }: Fate): RuntimeExit => ({
    usage: undefined,
    code: code ?? null,
    signal: signal === undefined ? null : (nameIn(signals, signal) ?? signal),
  });
  const api: RuntimeApi = {
    name: "the API",
    serves: new Set(["session", "uid", "gid", "fds"]),
    lastFd,
    features: new Set(features),
    files: fake,
    devNull: platform === "win32" ? "NUL" : "/dev/null",
    mayLook: (path) => !hides(path),
    start(call): RuntimeChild | string {
      const what = carryOut(call);
      if (what.errno !== undefined) return nameIn(errnos, what.errno) ?? `Unknown system error ${what.errno}`;
      return {
        pid: 7,
        exited: Promise.resolve(exitOf(what)),
        pipe: ({ target }) => ({ source: undefined, sink: undefined, fd: target }),
        kill(signal) {
          const number = typeof signal === "number" ? signal : signals[signal];
          if (number === undefined) throw new TypeError(`Unknown signal: ${signal}`);
          sent.push(number);
          return true;
        },
        ref() {},
        unref() {},
      };
    },
    runSync(call, _, killSignal) {
      const what = carryOut(call);
      if (what.errno !== undefined) return nameIn(errnos, what.errno) ?? "";
      sent.push(typeof killSignal === "number" ? killSignal : (signals[killSignal] ?? -1));
      const output = [undefined, new Uint8Array([1]), new Uint8Array([2])];
      return { pid: 7, exit: exitOf(what), output, timedOut: true, overflowed: false };
    },
    codeOf({ errno }) {
      return errno === undefined ? undefined : nameIn(errnos, errno as number);
    },
  };
  const host = { ...hostWith({ PATH: "/bin", ...env }), platform };
  return { engine: new RuntimeEngine(host, api), host, calls, sent, opened, closed };
}

const NOTHING: readonly Slot[] = [0, 1, 2].map(nullSlot);

function requestIn({ host }: World, input: Partial<RequestInput> = {}): SpawnRequest {
  return normalize(host, ["runtime"], {
    ...UNSAID,
    fileOption: "command",
    file: host.platform === "win32" ? "C:\\x.exe" : "/bin/x",
    argsOption: "args",
    args: [],
    slots: NOTHING,
    shellFallback: true,
    ...input,
  });
}

const SYNC: SyncOptions = {
  input: new Map(),
  timeout: 1,
  maxBuffer: undefined,
  killSignal: 10,
  signal: undefined,
  withoutPid: false,
};

function running(result: Running | Failure): Running {
  if ("errno" in result) throw new Error(`it failed with ${result.errno}`);
  return result;
}

describe("numbers go over by name", () => {
  test.each([
    [
      MACOS,
      { EAGAIN: 11, EDEADLK: 35, ENOTSUP: 95, ENAMETOOLONG: 36, ELOOP: 40, ENOENT: 2, EBADARCH: 8, EPROCLIM: 11 },
    ],
    [WINDOWS, { ENOENT: 2, EACCES: 13, EAGAIN: 11, EMFILE: 24, ENOMEM: 12, EPERM: 1, E2BIG: 7, UNKNOWN: 5 }],
    [LINUX, { ENOENT: 2, ENOEXEC: 8, EACCES: 13 }],
  ] as const)("an errno of $platform is that of Linux, answered and thrown", (system, expected) => {
    for (const [code, errno] of Object.entries(expected)) {
      const number = system.errnos[code] as number;
      const error = Object.assign(new Error(code), { errno: number });
      for (const what of [{ errno: number }, { throws: error }]) {
        const { engine, ...rest } = world(system, { fate: () => what });
        const request = requestIn({ engine, ...rest }, { shellFallback: false });
        expect([engine.spawn(request), engine.spawnSync(request, SYNC)]).toMatchObject([{ errno }, { errno }]);
      }
    }
  });

  test("an errno without a name is EIO, and what is no error of the system is thrown on", () => {
    const strange = world(MACOS, { fate: () => ({ errno: 999 }) });
    expect(strange.engine.spawn(requestIn(strange))).toMatchObject({ errno: 5 });
    const permission = new TypeError("not allowed");
    const refusing = world(MACOS, { fate: () => ({ throws: permission }) });
    expect(thrown(() => refusing.engine.spawn(requestIn(refusing)))).toBe(permission);
  });

  test("a signal of Linux is sent by its name", () => {
    const mac = world(MACOS);
    const child = running(mac.engine.spawn(requestIn(mac)));
    for (const signal of [10, 12, 7, 19, 17, 9, 0]) child.kill(signal);
    expect(mac.sent).toEqual([30, 31, 10, 17, 20, 9, 0]);
    mac.engine.spawnSync(requestIn(mac), SYNC);
    expect(mac.sent.at(-1)).toBe(30);
    const windows = world(WINDOWS);
    const other = running(windows.engine.spawn(requestIn(windows)));
    for (const signal of [15, 6]) other.kill(signal);
    expect(windows.sent).toEqual([15, 22]);
    expect(thrown(() => other.kill(30)).message).toBe("Unknown signal: SIGPWR");
  });

  test("a real-time signal is sent on Linux alone", () => {
    const linux = world(LINUX);
    running(linux.engine.spawn(requestIn(linux))).kill(40);
    expect(linux.sent).toEqual([40]);
    const mac = world(MACOS);
    const error = thrown(() => running(mac.engine.spawn(requestIn(mac))).kill(40));
    expect(error).toMatchObject({ name: "TypeError", code: "ERR_UNKNOWN_SIGNAL" });
    expect(error.message).toContain("signal 40");
    expect(mac.sent).toEqual([]);
  });

  test("a death by a signal is told by the number of Linux", async () => {
    for (const [system, theirs, ours] of [
      [MACOS, 30, 10],
      [MACOS, 10, 7],
      [MACOS, 12, 31],
      [WINDOWS, 22, 6],
      [LINUX, 10, 10],
      [LINUX, 40, 40],
    ] as const) {
      const here = world(system, { fate: () => ({ signal: theirs, code: 0 }) });
      const exit = await running(here.engine.spawn(requestIn(here))).exited;
      expect(exit).toEqual({ code: null, signal: ours, coreDumped: false, usage: undefined });
      expect(here.engine.spawnSync(requestIn(here), SYNC)).toMatchObject({ exit, timedOut: true });
    }
    // Linux has no number for it: then nothing is known of the end.
    const info = world(MACOS, { fate: () => ({ signal: 29 }) });
    expect(await running(info.engine.spawn(requestIn(info))).exited).toMatchObject({ code: null, signal: null });
  });
});

describe("the search for the program", () => {
  const files = { "/a/x": "closed", "/b/x": "dir", "/c/x": "\u007fELF\0", "/t/x": "echo", "/s/x": "#!/bin/sh\n" };
  const startedBy = (path: string, more: object = {}, input: Partial<RequestInput> = {}): string | Failure => {
    const here = world(LINUX, { files, env: { PATH: path }, ...more });
    const result = here.engine.spawn(requestIn(here, { file: "x", ...input }));
    return "errno" in result ? result : (here.calls[0] as RuntimeCall).file;
  };

  test("the first that can be executed, by the PATH of the request and none of the runtime's", () => {
    expect(startedBy("/none:/a:/b:/c:/s")).toBe("/c/x");
    expect(startedBy("/none", {}, { env: { PATH: "/s" } })).toBe("/s/x");
    expect(startedBy("", { files: { "/home/./x": "\0" } }, { cwd: "/home" })).toBe("./x");
  });

  test("nothing there: no API is asked; what may not be executed is left to it, for its error", () => {
    expect(startedBy("/none")).toMatchObject({ errno: 2 });
    expect(startedBy("/none:/a:/b")).toBe("/a/x");
  });

  test("where the files may not be looked at, the API searches", () => {
    expect(startedBy("/none:/c", { hides: (path: string) => path.startsWith("/none") })).toBe("x");
  });

  test("a text without #!: the shell runs it, or it is refused, whatever the API would do", () => {
    const shell = { features: ["argv0", "shell"] };
    expect(startedBy("/t", shell)).toBe("/t/x");
    expect(startedBy("/t:/c", shell, { shellFallback: false })).toMatchObject({ errno: 8 });
    expect(startedBy("/s", shell, { shellFallback: false })).toBe("/s/x");
    expect(startedBy("/t", shell, { file: "/t/x", shellFallback: false })).toMatchObject({ errno: 8 });
    expect(startedBy("/t", shell, { file: "/a/x", shellFallback: false })).toBe("/a/x");
  });

  test("an API that refuses texts is asked again with the shell, once", () => {
    const here = world(LINUX, { fate: ({ file }) => (file === "/bin/sh" ? {} : { throws: { errno: 8 } }) });
    running(here.engine.spawn(requestIn(here, { args: ["a"] })));
    expect(here.calls.map(({ file, argv }) => [file, ...argv])).toEqual([
      ["/bin/x", "/bin/x", "a"],
      ["/bin/sh", "/bin/sh", "/bin/x", "a"],
    ]);
    const other = world(LINUX, { fate: () => ({ throws: { errno: 8 } }) });
    expect(other.engine.spawn(requestIn(other, { shellFallback: false }))).toMatchObject({ errno: 8 });
    expect(other.calls).toHaveLength(1);
  });

  test("a program that is missing, may not be executed or lacks its interpreter is told as that", () => {
    const files = { "/there": "#!/none\n", "/closed": "closed", "/d": "dir" };
    const start = (file: string, errno: number, more: object = {}, input: object = {}): unknown => {
      const here = world(LINUX, { files, fate: () => ({ errno }), ...more });
      return here.engine.spawn(requestIn(here, { file, ...input }));
    };
    expect(start("/none", 2)).toMatchObject({ errno: 2, step: "file" });
    expect(start("/there", 2)).toMatchObject({ errno: 2, step: "interpreter" });
    expect(start("/closed", 13)).toMatchObject({ errno: 13, step: "file" });
    expect(start("/d", 13)).toMatchObject({ errno: 13, step: "file" });
    expect(start("/there", 13)).toMatchObject({ errno: 13, step: undefined });
    expect(start("/closed", 13, {}, { uid: 5 })).toMatchObject({ errno: 13, step: undefined });
    expect(start("/none", 13)).toMatchObject({ errno: 13, step: undefined });
    expect(start("/none", 2, { hides: () => true })).toMatchObject({ errno: 2, step: undefined });
    expect(start("/there", 7)).toMatchObject({ errno: 7, step: "file" });
    expect(start("/there", 11)).toMatchObject({ errno: 11, step: undefined });
    expect(start("/there", 13, {}, { cwd: "/d" })).toMatchObject({ errno: 13, step: undefined });
  });

  test("a working directory that is missing, or is none, is told as that", () => {
    const start = (cwd: string, more: object = {}): unknown => {
      const here = world(LINUX, { files: { "/file": "", "/dir": "dir" }, fate: () => ({ errno: 2 }), ...more });
      return here.engine.spawn(requestIn(here, { cwd }));
    };
    expect(start("/none")).toMatchObject({ errno: 2, step: "cwd" });
    expect(start("/file")).toMatchObject({ errno: 20, step: "cwd" });
    expect(start("/dir")).toMatchObject({ errno: 2, step: "file" });
    expect(start("/none", { hides: () => true })).toMatchObject({ errno: 2, step: undefined });
    expect(start("/none", { fate: () => ({ errno: 13 }) })).toMatchObject({ errno: 13, step: undefined });
  });
});

describe("batch files on Windows", () => {
  const files = { "C:\\tools\\x.cmd": "@echo off", "C:\\tools\\y.exe": "MZ\0" };
  const env = { PATH: "C:\\tools", PATHEXT: ".EXE;.CMD", ComSpec: "C:\\Windows\\system32\\cmd.exe" };

  test("they are run by the command interpreter, its arguments as they are", () => {
    const here = world(WINDOWS, { files, env });
    const request = requestIn(here, { file: "x", args: ["a b", '"&calc'] });
    expect(here.engine.refuses(request)).toBeUndefined();
    running(here.engine.spawn(request));
    expect(here.calls[0]).toMatchObject({
      file: "C:\\Windows\\system32\\cmd.exe",
      argv: ["cmd.exe", "/d", "/e:on", "/v:off", "/s", "/c", '""C:\\tools\\x.CMD" "a b" """&calc""'],
      verbatim: true,
    });
  });

  test("also by their path; programs are run as they are", () => {
    const here = world(WINDOWS, { files, env });
    running(here.engine.spawn(requestIn(here, { file: "C:\\tools\\x" })));
    running(here.engine.spawn(requestIn(here, { file: "y", args: ['"&calc'] })));
    expect(here.calls.map(({ file, verbatim }) => [file, verbatim])).toEqual([
      ["C:\\Windows\\system32\\cmd.exe", true],
      ["C:\\tools\\y.EXE", false],
    ]);
    expect(here.calls[1]?.argv).toEqual(["y", '"&calc']);
  });

  test("what no quotes protect is refused before anything starts", () => {
    const here = world(WINDOWS, { files, env });
    const request = requestIn(here, { file: "x", args: ["fine", "a\r\nb"] });
    expect(here.engine.refuses(request)).toMatchObject({ option: "args[1]" });
    expect(here.engine.refuses(requestIn(here, { file: "y", args: ["a\r\nb"] }))).toBeUndefined();
    expect(here.calls).toEqual([]);
  });
});

describe("stdio", () => {
  const slots = (...more: Slot[]): readonly Slot[] => [...NOTHING, ...more];

  test("files and nothing are opened, holes are filled, and what was opened is closed", () => {
    const here = world(LINUX, { files: { "/f": "" } });
    const file: Slot = { target: 5, kind: "file", path: "/f", open: "w", mode: 0o600 };
    const { engine, calls, opened, closed } = here;
    engine.spawn(requestIn(here, { slots: slots(nullSlot(4), file, fdSlot(6, 33), pipeSlot(7)) }));
    expect(calls[0]?.stdio).toEqual(["ignore", "ignore", "ignore", "ignore", 100, 101, 33, "pipe"]);
    expect([opened, closed]).toEqual([
      ["/dev/null", "/f"],
      [100, 101],
    ]);
  });

  test("a file that cannot be opened fails as that, and closes what was opened before", () => {
    const here = world(WINDOWS);
    const file: Slot = { target: 5, kind: "file", path: "C:\\f", open: "r", mode: 0 };
    const failure = here.engine.spawn(requestIn(here, { slots: slots(nullSlot(4), file) }));
    expect(failure).toMatchObject({ errno: 2, step: "stdio", index: 4 });
    expect([here.calls, here.opened, here.closed]).toEqual([[], ["NUL"], [100]]);
  });

  test("an fd that is given is closed after a start, and stays open after a failure", () => {
    const given: Slot = { target: 3, kind: "fd", fd: 44, given: true };
    for (const [fate, closed] of [
      [{ code: 0 }, [44]],
      [{ errno: 24 }, []],
      [{ throws: { errno: 13 } }, []],
    ] as const) {
      const here = world(LINUX, { fate: () => fate, features: ["give"] });
      here.engine.spawn(requestIn(here, { slots: slots(given) }));
      expect(here.closed).toEqual(closed);
    }
  });

  test("ids are signed where the API takes them so", () => {
    for (const [features, uid] of [
      [["int32"], -2],
      [[], 4_294_967_294],
    ] as const) {
      const here = world(LINUX, { features });
      here.engine.spawn(requestIn(here, { uid: 4_294_967_294, detached: true }));
      expect(here.calls[0]).toMatchObject({ uid, gid: undefined, session: true });
    }
  });
});

interface Asked {
  readonly features?: readonly Feature[];
  readonly lastFd?: number;
  readonly sync?: boolean;
  readonly killSignal?: number;
  readonly maxBuffer?: number;
}

describe("what the API cannot do is refused by the name of the option", () => {
  const all: readonly Feature[] = ["argv0", "socket", "give", "crossed", "blocking pipes"];
  const pty: Slot = { target: 5, kind: "pty", rows: 24, cols: 80, raw: false };
  const socket: Slot = { target: 5, kind: "socket", raw: false };
  const given: Slot = { target: 5, kind: "fd", fd: 9, given: true };
  const raw: Slot = { target: 5, kind: "pipe", direction: "in", raw: true };

  const refusal = (
    input: Partial<RequestInput>,
    { features = all, lastFd = 255, sync = false, killSignal = 15, maxBuffer }: Asked = {},
  ): string | undefined => {
    const here = world(LINUX, { features, lastFd });
    const request = requestIn(here, input);
    // As the launcher asks.
    const options = sync ? { ...SYNC, killSignal, maxBuffer } : undefined;
    const { rejected } = choose(request, [here.engine], sync ? "spawnSync" : "spawn", options);
    expect(here.calls).toEqual([]);
    return rejected[0] && `${rejected[0].option}: ${rejected[0].reason}`;
  };
  const extra = (slot: Slot): Partial<RequestInput> => ({ slots: [...NOTHING, slot] });

  test("slots, with and without the feature", () => {
    expect(refusal(extra(pty))).toBe("stdio[5]: the API has no pseudo-terminals");
    expect(refusal(extra(raw))).toBe("stdio[5]: the API has no raw fds to give");
    for (const [slot, feature] of [
      [socket, "socket"],
      [given, "give"],
    ] as const) {
      expect(refusal(extra(slot))).toBeUndefined();
      expect(refusal(extra(slot), { features: all.filter((name) => name !== feature) })).toMatch(
        /^stdio\[5\]: the API/,
      );
    }
    expect(refusal(extra(nullSlot(256)))).toBe("stdio[256]: the API gives a child no fds beyond 255");
    expect(refusal({ setup: { fds: { 5: { pipe: "in" } } } }, { lastFd: 2 })).toMatch(/^setup\.fds\.5: the API/);
    expect(refusal({ setup: { umask: 0 } })).toBe("setup.umask: the API has no such option");
  });

  test("stdio in a direction of its own, and crossed", () => {
    const at = (slot: Slot): Partial<RequestInput> => ({
      slots: NOTHING.map((none, i) => (i === slot.target ? slot : none)),
    });
    expect(refusal(at({ target: 0, kind: "socket", raw: false }))).toMatch(/^stdin: /);
    expect(refusal(at({ target: 1, kind: "pipe", direction: "in", raw: false }))).toMatch(/^stdout: .*direction/);
    expect(refusal(at({ target: 2, kind: "pipe", direction: "out", raw: true }))).toMatch(/^stderr: /);
    expect(refusal(at(pipeSlot(0)))).toBeUndefined();
    const features = all.filter((name) => name !== "crossed");
    expect(refusal(at(fdSlot(0, 2)))).toBeUndefined();
    expect(refusal(at(fdSlot(0, 2)), { features })).toMatch(/^stdin: /);
    expect(refusal(at(fdSlot(2, 0)), { features })).toMatch(/^stderr: /);
    expect(refusal(at(fdSlot(2, 1)), { features })).toBeUndefined();
  });

  test("argv0", () => {
    expect(refusal({ argv0: "other" })).toBeUndefined();
    expect(refusal({ argv0: "other" }, { features: [] })).toBe("argv0: the API has no such option");
  });

  test("in a call that blocks", () => {
    expect(refusal({}, { sync: true, killSignal: 40 })).toMatch(/^killSignal: the API cannot send it/);
    const features = ["real-time signals", "maxBuffer 0"] as const;
    expect(refusal({}, { sync: true, killSignal: 40, features })).toMatch(/^killSignal: the API cannot send it/);
    expect(refusal({ killSignal: 40 }, { features })).toBeUndefined();
    expect(refusal({ killSignal: 40 })).toMatch(/^killSignal: the API cannot send it/);
    expect(refusal({}, { sync: true, maxBuffer: 0, features })).toBeUndefined();
    expect(refusal({}, { sync: true, maxBuffer: 0 })).toBe("maxBuffer: the API has no limit below one byte");
    expect(refusal({}, { sync: true, maxBuffer: 1 })).toBeUndefined();
    expect(refusal(extra(socket), { sync: true })).toMatch(/^stdio\[5\]: a call that blocks/);
    expect(refusal(extra(pipeSlot(5)), { sync: true })).toBeUndefined();
    expect(refusal(extra(pipeSlot(5)), { sync: true, features: ["argv0"] })).toMatch(/^stdio\[5\]: the API, when it/);
    expect(refusal(extra(pipeSlot(5)), { features: ["argv0"] })).toBeUndefined();
  });
});
