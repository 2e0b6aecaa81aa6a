/* eslint max-len: off -- one case a line reads best */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { INHERITED, requestOf, thrown } from "../tests/support.js";
import { addVariables, emptyEnv } from "./env.js";
import type { RequestInput } from "./request.js";
import { socketSlot } from "./stdio.js";

const bit = (...signals: number[]): bigint => signals.reduce((set, signal) => set | (1n << BigInt(signal - 1)), 0n);

describe("normalize", () => {
  test("a plain command says nothing but itself", () => {
    const request = requestOf({ args: ["a", ""] });
    expect(request).toMatchObject({
      file: "true",
      argv: ["true", "a", ""],
      candidates: ["/usr/bin/true", "/bin/true"],
      env: undefined,
      cwd: undefined,
      given: [],
      engines: ["io_uring", "vfork", "runtime"],
      setup: { signals: { ignore: 0n, mask: 0n } },
    });
    expect(request.setup.signals.default).toBe((1n << 64n) - 1n - bit(9, 19));
  });

  test("plain requests share one setup, which nobody can change", () => {
    expect(requestOf().setup).toBe(requestOf().setup);
    expect(Object.isFrozen(requestOf().setup)).toBe(true);
    expect(requestOf({ setup: { umask: 0 } }).setup).not.toBe(requestOf().setup);
  });

  test("file and cwd may be URLs, argv0 another name", () => {
    const request = requestOf({ file: new URL("file:///bin/a%20b"), cwd: new URL("file:///tmp"), argv0: "-sh" });
    expect(request).toMatchObject({ file: "/bin/a b", argv: ["-sh"], candidates: ["/bin/a b"], cwd: "/tmp" });
    expect(() => requestOf({ cwd: new URL("http://x/") })).toThrow(TypeError);
  });

  test("the child's own PATH decides, then ours, then the default", () => {
    expect(requestOf({ env: { PATH: "/opt" } }).candidates).toEqual(["/opt/true"]);
    expect(requestOf({ env: {} }).candidates).toEqual(["/usr/bin/true", "/bin/true"]);
    expect(requestOf({ env: { PATH: "" } }).candidates).toEqual(["./true"]);
  });
});

describe("engines", () => {
  test("the option goes before the variable, the variable before auto", () => {
    const env = { RINGSPAWN_ENGINE: " runtime, vfork " };
    expect(requestOf({}, env).engines).toEqual(["runtime", "vfork"]);
    expect(requestOf({ engine: "vfork" }, env).engines).toEqual(["vfork"]);
    expect(requestOf({ engine: "auto" }, env).engines).toEqual(["io_uring", "vfork", "runtime"]);
    expect(requestOf({}, { RINGSPAWN_ENGINE: "" }).engines).toHaveLength(3);
    expect(requestOf({}, { RINGSPAWN_ENGINE: "auto" }).engines).toHaveLength(3);
    expect(requestOf({ engine: ["vfork", "vfork"] }).engines).toEqual(["vfork"]);
  });

  test.each([["uring"], [[]], [7], [null], [{}]])("%o is refused", (engine) => {
    const error = thrown(() => requestOf({ engine }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(
      /^engine must be "io_uring", "vfork", "runtime" or "auto", or a list of engines, got /,
    );
  });

  test("of a list, what is no engine is named by its place, and each element is read once", () => {
    const refused = (engine: unknown): string => thrown(() => requestOf({ engine })).message;
    expect(refused(["vfork", "auto"])).toBe('engine[1] must be "io_uring", "vfork" or "runtime", got "auto"');
    expect(refused(Object.assign(new Array(2), { 1: "vfork" }))).toMatch(/^engine\[0\] must be .*, got undefined$/);
    expect(refused(new Array(50_000_000))).toBe("engine.length must be at most 64, got 50000000");
    let reads = 0;
    const list = Object.defineProperty([], 0, { get: () => (reads++, "vfork") });
    expect([requestOf({ engine: list }).engines, reads]).toEqual([["vfork"], 1]);
  });

  test("a bad variable is named with its value", () => {
    expect(thrown(() => requestOf({}, { RINGSPAWN_ENGINE: "vfrok" })).message).toMatch(
      /the environment variable RINGSPAWN_ENGINE must be .*, got "vfrok"$/,
    );
    expect(thrown(() => requestOf({}, { RINGSPAWN_ENGINE: "vfork,,x" })).message).toMatch(
      /RINGSPAWN_ENGINE\[1\] must be .*, got ""$/,
    );
  });
});

describe("setup", () => {
  test("every key becomes its number", () => {
    const { setup, given, slots } = requestOf({
      setup: {
        session: true,
        controllingTerminal: true,
        uid: 1,
        gid: 4_294_967_294,
        groups: [],
        umask: 0o22,
        priority: -20,
        ioPriority: { class: "best-effort", level: 7 },
        affinity: [3, 0, 3],
        scheduler: { policy: "rr", priority: 99 },
        limits: { nofile: { soft: 10 }, core: "unlimited", cpu: 5 },
        signals: { default: ["SIGINT"], ignore: ["SIGHUP", 34], mask: ["SIGUSR1", 64] },
        root: "/srv",
        namespaces: ["user", "net"],
        cgroup: 5,
        noNewPrivileges: true,
        dieWithParent: true,
        closeFds: false,
        fds: { 10: "null", 3: { pipe: "out" } },
      },
    });
    expect(setup).toEqual({
      session: true,
      controllingTerminal: 0,
      uid: 1,
      gid: 4_294_967_294,
      groups: [],
      umask: 18,
      priority: -20,
      ioPriority: (2 << 13) | 7,
      affinity: [0, 3],
      scheduler: { policy: 2, priority: 99 },
      limits: [
        { resource: 7, soft: 10, hard: undefined },
        { resource: 4, soft: Infinity, hard: Infinity },
        { resource: 0, soft: 5, hard: 5 },
      ],
      signals: { default: bit(2), ignore: bit(1, 34), mask: bit(10, 64) },
      root: "/srv",
      namespaces: 0x5000_0000,
      cgroup: 5,
      noNewPrivileges: true,
      dieWithParent: 9,
      closeFds: false,
      fds: [
        { target: 3, kind: "pipe", direction: "out", raw: false },
        { target: 10, kind: "null" },
      ],
    });
    expect(slots.map(({ target }) => target)).toEqual([0, 1, 2, 3, 10]);
    expect(given).toHaveLength(19);
    expect(requestOf({ setup: { processGroup: 0 } }).setup.processGroup).toBe(0);
  });

  test("what changes nothing is not given, so that no engine refuses it", () => {
    const { given, setup } = requestOf({
      setup: {
        session: false,
        noNewPrivileges: false,
        controllingTerminal: false,
        dieWithParent: false,
        closeFds: true,
        limits: { core: undefined },
        namespaces: [],
        signals: { default: "all", mask: [] },
        fds: {},
        uid: undefined,
      },
    });
    expect(given).toEqual([]);
    expect(setup).toEqual(requestOf().setup);
  });

  test("the same thing may come by an option of the face", () => {
    expect(requestOf({ detached: true })).toMatchObject({ given: ["session"], setup: { session: true } });
    expect(requestOf({ detached: true, setup: { session: true } }).given).toEqual(["session"]);
    expect(requestOf({ uid: 7, gid: 8, cgroup: "/c" })).toMatchObject({
      given: ["uid", "gid", "cgroup"],
      setup: { uid: 7, gid: 8, cgroup: "/c" },
    });
    expect(requestOf({ uid: 0, setup: { uid: 0 } })).toMatchObject({ given: ["uid"], setup: { uid: 0 } });
    expect(thrown(() => requestOf({ uid: 7, setup: { uid: 8 } })).message).toBe(
      "uid and setup.uid must not differ, got 7 and 8",
    );
  });

  test("a signal that is ignored is not reset as well", () => {
    const { setup } = requestOf({ setup: { signals: { ignore: ["SIGINT"] } } });
    expect(setup.signals.default & bit(2)).toBe(0n);
    expect(setup.signals.default & bit(1)).toBe(bit(1));
  });

  test("defaults of the parts", () => {
    const { setup } = requestOf({ setup: { scheduler: { policy: "fifo" }, ioPriority: { class: "idle" } } });
    expect(setup.scheduler).toEqual({ policy: 1, priority: 1 });
    expect(setup.ioPriority).toBe(3 << 13);
    expect(requestOf({ setup: { ioPriority: { class: "realtime" } } }).setup.ioPriority).toBe((1 << 13) | 4);
  });

  test.each<[setup: unknown, message: string]>([
    [7, "setup must be an object, got 7"],
    [[], "setup must be an object, got an array"],
    [null, "setup must be an object, got null"],
    [{ nice: 3 }, "setup.nice is not an option; known are session, processGroup, "],
    [JSON.parse('{"__proto__":1}'), "setup.__proto__ is not an option"],
    [{ toString: 1 }, "setup.toString is not an option"],
    [{ session: 1 }, "setup.session must be a boolean, got 1"],
    [{ processGroup: -1 }, "setup.processGroup must be an integer from 0 to 2147483647, got -1"],
    [
      { processGroup: 0, session: true },
      "setup.processGroup must be absent where the child leads a new session, got 0",
    ],
    [
      { controllingTerminal: true },
      "setup.session must be true, because setup.controllingTerminal is given, got false",
    ],
    [{ controllingTerminal: 7, session: true }, "setup.controllingTerminal must be an fd that the child has, got 7"],
    [{ controllingTerminal: "tty" }, 'setup.controllingTerminal must be an fd number, got "tty"'],
    [{ uid: -1 }, "setup.uid must be an integer from 0 to 4294967294, got -1"],
    [{ uid: 4_294_967_295 }, "setup.uid must be an integer from 0 to 4294967294, got 4294967295"],
    [{ gid: "0" }, 'setup.gid must be an integer from 0 to 4294967294, got "0"'],
    [{ groups: 5 }, "setup.groups must be an array, got 5"],
    [{ groups: [1, -2] }, "setup.groups[1] must be an integer from 0 to 4294967294, got -2"],
    [{ groups: new Array(65_537).fill(1) }, "setup.groups.length must be at most 65536, got 65537"],
    [{ umask: 0o1000 }, "setup.umask must be an integer from 0 to 511, got 512"],
    [{ priority: 99 }, "setup.priority must be an integer from -20 to 19, got 99"],
    [{ priority: 1.5 }, "setup.priority must be an integer from -20 to 19, got 1.5"],
    [{ priority: NaN }, "setup.priority must be an integer from -20 to 19, got NaN"],
    [
      { ioPriority: { class: "fast" } },
      'setup.ioPriority.class must be one of "realtime", "best-effort" or "idle", got',
    ],
    [{ ioPriority: { class: "idle", level: 8 } }, "setup.ioPriority.level must be an integer from 0 to 7, got 8"],
    [{ ioPriority: { class: "idle", lvl: 8 } }, "setup.ioPriority.lvl is not an option; known are class, level"],
    [{ affinity: [] }, "setup.affinity must name at least one CPU, got []"],
    [{ affinity: [8192] }, "setup.affinity[0] must be an integer from 0 to 8191, got 8192"],
    [{ scheduler: { policy: "fifo", priority: 0 } }, "setup.scheduler.priority must be an integer from 1 to 99, got 0"],
    [{ scheduler: { policy: "batch", priority: 1 } }, "setup.scheduler.priority must be an integer from 0 to 0, got 1"],
    [{ scheduler: "fifo" }, 'setup.scheduler must be an object, got "fifo"'],
    [{ limits: { files: 3 } }, "setup.limits.files is not an option; known are cpu, fsize,"],
    [{ limits: { nofile: -1 } }, 'setup.limits.nofile must be an integer that is not negative, or "unlimited", got -1'],
    [{ limits: { nofile: null } }, "setup.limits.nofile must be an integer that is not negative"],
    [{ limits: { nofile: { soft: "9" } } }, "setup.limits.nofile.soft must be an integer that is not negative"],
    [
      { limits: { nofile: { soft: 9, hard: 8 } } },
      "setup.limits.nofile.soft must be at most the hard limit of 8, got 9",
    ],
    [{ limits: { nofile: { max: 9 } } }, "setup.limits.nofile.max is not an option; known are soft, hard"],
    [{ signals: { block: [] } }, "setup.signals.block is not an option; known are default, ignore, mask"],
    [{ signals: { mask: "SIGINT" } }, 'setup.signals.mask must be an array, got "SIGINT"'],
    [{ signals: { mask: ["sigint"] } }, "setup.signals.mask[0] must be one of"],
    [{ signals: { mask: [0] } }, "setup.signals.mask[0] must be one of"],
    [{ signals: { mask: [65] } }, "setup.signals.mask[0] must be one of"],
    [{ signals: { ignore: ["SIGKILL"] } }, "setup.signals.ignore[0] must be a signal other than SIGKILL and SIGSTOP"],
    [{ signals: { mask: [1, "SIGSTOP"] } }, "setup.signals.mask[1] must be a signal other than SIGKILL and SIGSTOP"],
    [{ signals: { default: [9] } }, "setup.signals.default[0] must be a signal other than SIGKILL and SIGSTOP, got 9"],
    [
      { signals: { default: [2], ignore: [2] } },
      "setup.signals.default and setup.signals.ignore must not name the same",
    ],
    [{ root: "" }, 'setup.root must be a string that is not empty, got ""'],
    [{ root: "/a\0" }, "setup.root must be a string without null bytes"],
    [{ namespaces: ["pids"] }, 'setup.namespaces[0] must be one of "time", "mount"'],
    [{ namespaces: "pid" }, 'setup.namespaces must be an array, got "pid"'],
    [{ cgroup: -1 }, "setup.cgroup must be an fd number, which is not negative, got -1"],
    [{ cgroup: {} }, "setup.cgroup must be a string, got an object"],
    [{ dieWithParent: "SIGFOO" }, "setup.dieWithParent must be one of 'SIGHUP', 'SIGINT', "],
    [{ dieWithParent: 0 }, "or a number from 1 to 64, got 0"],
    [{ closeFds: "yes" }, 'setup.closeFds must be a boolean, got "yes"'],
    [{ fds: { 2: "null" } }, "a key of setup.fds must be 3 or more (the others are stdin, stdout and stderr), got 2"],
    [{ fds: { "03": "null" } }, 'a key of setup.fds must be an fd number, got "03"'],
    [{ fds: { "-3": "null" } }, "a key of setup.fds must be an fd number, which is not negative, got -3"],
    [{ fds: { x: "null" } }, 'a key of setup.fds must be an fd number, got "x"'],
    [{ fds: { 3: "pipe" } }, 'setup.fds.3 must be "null", "inherit", an fd number'],
    [
      { fds: { 3: { pty: true }, 4: "null", 5: { pty: { rows: 25 } } } },
      "fds 3 and 5 of the child are one pseudo-terminal: its size and raw must not differ",
    ],
    [{ fds: { 3: { pty: true }, 4: { pty: true, raw: true } } }, "fds 3 and 4 of the child are one pseudo-terminal"],
    [{ fds: { 3: { give: 7 }, 4: 7 } }, "fd 7 is given to the child as its fd 3, and cannot be its fd 4 as well"],
    [{ fds: { 3: 7, 4: { give: 7 } } }, "fd 7 is given to the child as its fd 4, and cannot be its fd 3 as well"],
    [{ fds: { 3: { give: 7 }, 4: { give: 7 } } }, "fd 7 is given to the child as its fd 3"],
    [
      { fds: Object.fromEntries(Array.from({ length: 254 }, (_, i) => [i + 3, "null"])) },
      "at most 256 fds can be set up",
    ],
  ])("%o is refused", (setup, message) => {
    const error = thrown(() => requestOf({ setup }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
    expect(error.code).toMatch(/^ERR_INVALID_ARG_(TYPE|VALUE)$/);
  });

  test("256 fds are not too many, and one is not two things", () => {
    const fds = Object.fromEntries(Array.from({ length: 253 }, (_, i) => [i + 3, "null"]));
    expect(requestOf({ setup: { fds } }).slots).toHaveLength(256);
    const slots: RequestInput["slots"] = [...INHERITED, { target: 3, kind: "null" }];
    expect(thrown(() => requestOf({ slots, setup: { fds: { 3: "null" } } })).message).toBe(
      "setup.fds.3 and stdio[3] are the same fd",
    );
    const channel: RequestInput["slots"] = [...INHERITED, socketSlot(3)];
    expect(thrown(() => requestOf({ slots: channel, setup: { fds: { 3: "null" } } })).message).toBe(
      "setup.fds.3 and ipc are the same fd",
    );
  });
});

describe("strings", () => {
  test.each<[input: Partial<RequestInput>, message: string]>([
    [{ file: "a\0b" }, 'command must be a string without null bytes, got "a\\u0000b"'],
    [{ file: undefined }, "command must be a string, got undefined"],
    [{ file: ["ls"] }, "command must be a string, got an array"],
    [{ args: ["x", "\0"] }, 'args[1] must be a string without null bytes, got "\\u0000"'],
    [{ args: [3] }, "args[0] must be a string, got 3"],
    [{ argv0: "\0" }, "argv0 must be a string without null bytes"],
    [{ cwd: "" }, 'cwd must be a string that is not empty, got ""'],
    [{ cwd: "/\0" }, "cwd must be a string without null bytes"],
    [{ cwd: 3 }, "cwd must be a string, got 3"],
    [{ detached: "yes" }, 'detached must be a boolean, got "yes"'],
    [{ uid: 1.5 }, "uid must be an integer from 0 to 4294967294, got 1.5"],
    [{ file: `${"x".repeat(100)}\0` }, `got "${"x".repeat(57)}..."`],
  ])("%o is refused", (input, message) => {
    const error = thrown(() => requestOf(input));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(message);
  });

  test("variables are checked one by one", () => {
    expect(addVariables({ A: "0", B: "1" }, { A: "2" }, false)).toEqual({ A: "2", B: "1" });
    expect({ ...addVariables(emptyEnv(), { A: undefined, B: 7 }, true) }).toEqual({ B: "7" });
    expect(Object.keys(addVariables(emptyEnv(), JSON.parse('{"__proto__":"x"}'), false))).toEqual(["__proto__"]);
    for (const [env, message] of [
      [{ A: 1 }, "env.A must be a string, got 1"],
      [{ A: undefined }, "env.A must be a string, got undefined"],
      [{ A: "x\0" }, "env.A must be a string without null bytes"],
      [{ "": "x" }, 'env: a name of a variable must not be empty nor hold "=" or NUL, got ""'],
      [{ "A=B": "x" }, 'got "A=B"'],
      [{ "A\0": "x" }, "got"],
      ["A=B", "env must be an object"],
      [null, "env must be an object, got null"],
    ] as const) {
      const error = thrown(() => addVariables({}, env, false));
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(message);
    }
  });
});

describe("whatever comes", () => {
  const key = fc.constantFrom(
    ..."session processGroup controllingTerminal uid gid groups umask priority ioPriority affinity scheduler".split(
      " ",
    ),
    ..."limits signals root namespaces cgroup noNewPrivileges dieWithParent closeFds fds x".split(" "),
  );
  const number = fc.oneof(fc.integer({ min: -3, max: 70 }), fc.double(), fc.maxSafeInteger());
  const word = fc.constantFrom(
    "SIGINT",
    "all",
    "idle",
    "fifo",
    "nofile",
    "soft",
    "policy",
    "class",
    "net",
    "in",
    "/x",
    "\0",
  );
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      number,
      word,
      fc.boolean(),
      fc.constantFrom(null, undefined),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.oneof(word, fc.constantFrom("3", "4", "pipe", "file", "mask", "hard", "level")), tie("value"), {
        maxKeys: 3,
      }),
      fc.anything(),
    ),
  })).value;

  test("the answer is a TypeError or a request within its bounds", () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.dictionary(key, value, { maxKeys: 3 }), (setup) => {
        let request;
        try {
          request = requestOf({ setup });
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          return;
        }
        accepted++;
        const { slots, given } = request;
        for (let i = 0; i < slots.length; i++) {
          if (i < 3) expect(slots[i]?.target).toBe(i);
          else expect(slots[i]!.target).toBeGreaterThan(slots[i - 1]!.target);
        }
        expect(new Set(given).size).toBe(given.length);
        const { signals, priority, umask } = request.setup;
        expect(signals.default & signals.ignore).toBe(0n);
        expect((signals.default | signals.ignore | signals.mask) & bit(9, 19)).toBe(0n);
        expect(signals.mask >> 64n).toBe(0n);
        expect(priority ?? 0).toSatisfy((n: number) => Number.isInteger(n) && n >= -20 && n <= 19);
        expect(umask ?? 0).toSatisfy((n: number) => Number.isInteger(n) && n >= 0 && n <= 0o777);
        for (const { soft = 0, hard = Infinity } of request.setup.limits ?? []) expect(soft).toBeLessThanOrEqual(hard);
      }),
      { numRuns: 2000 },
    );
    // A generator that makes only nonsense would test nothing but the refusals.
    expect(accepted).toBeGreaterThan(100);
  });

  test("command, arguments, cwd, engine and ids of any type", () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            file: value,
            args: fc.array(value, { maxLength: 2 }),
            cwd: value,
            engine: value,
            uid: value,
            detached: value,
          },
          { requiredKeys: [] },
        ),
        (input) => {
          try {
            const { argv, file } = requestOf(input);
            expect([...argv, file].every((string) => typeof string === "string" && !string.includes("\0"))).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
