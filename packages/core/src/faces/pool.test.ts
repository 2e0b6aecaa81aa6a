/** What a pool makes of its options, on an engine whose children wait for ever. */
import { describe, expect, test } from "vitest";
import { engineThat, hostWith, thrown } from "../../tests/support.js";
import type { Refusal, Running } from "../engine.js";
import type { SpawnRequest } from "../request.js";
import { createLauncher } from "../launcher.js";
import { type CreatePool, createPoolFactory, type PoolOptions } from "./pool.js";

/** `createPool`, and the requests with which its children were prespawned. */
function prespawning(host = hostWith({})): { createPool: CreatePool; requests: SpawnRequest[] } {
  const requests: SpawnRequest[] = [];
  const engine = engineThat({
    prespawn(request) {
      requests.push(request);
      return { exec: () => "gone", kill() {}, ended: new Promise(() => {}) };
    },
  });
  return { createPool: createPoolFactory(createLauncher(host, [engine])), requests };
}

describe("stdio", () => {
  test("is stdin, stdout and stderr, in this order", () => {
    const { createPool, requests } = prespawning();
    createPool({ size: 1, stdio: ["null", "piped", 7] });
    createPool({ size: 1, stdin: "null", stdout: "piped", stderr: 7 });
    expect(requests[0]?.slots).toEqual([
      { target: 0, kind: "null" },
      { target: 1, kind: "pipe", direction: "out", raw: false },
      { target: 2, kind: "fd", fd: 7, given: false },
    ]);
    expect(requests[0]?.slots).toEqual(requests[1]?.slots);
  });

  test("what is not given is inherited, with an undefined beside it, too", () => {
    const { createPool, requests } = prespawning();
    createPool({ size: 1, stdio: undefined, stdout: "null" });
    createPool({ size: 1, stdio: ["inherit", "null", "inherit"], stdout: undefined });
    expect(requests[0]?.slots).toEqual(requests[1]?.slots);
  });

  test.each<[unknown, string]>([
    ["piped", 'stdio must be an array, got "piped"'],
    [null, "stdio must be an array, got null"],
    [[], "stdio.length must be 3: stdin, stdout and stderr, got 0"],
    [["null", "piped"], "stdio.length must be 3: stdin, stdout and stderr, got 2"],
    [["null", "null", "null", "null"], "stdio.length must be 3: stdin, stdout and stderr, got 4"],
    [["null", "pipe", "null"], 'stdio[1] must be "piped", "inherit", "null" or an fd number, got "pipe"'],
    [[undefined, "null", "null"], 'stdio[0] must be "piped", "inherit", "null" or an fd number, got undefined'],
    [["null", "null", -1], "stdio[2] must be an fd number, which is not negative, got -1"],
  ])("%j is refused", (stdio, message) => {
    const { createPool, requests } = prespawning();
    const error = thrown(() => createPool({ size: 1, stdio } as unknown as PoolOptions));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(message);
    expect(requests).toEqual([]);
  });

  test.each(["stdin", "stdout", "stderr"])("beside %s it is refused", (name) => {
    const { createPool } = prespawning();
    const error = thrown(() => createPool({ size: 1, stdio: ["null", "null", "null"], [name]: "piped" }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toBe(`${name} must be absent beside stdio, got "piped"`);
  });
});

test("a child that waits is born only as the host permits", () => {
  const forbidding = (): never => {
    throw new Error("not permitted");
  };
  const forbidden = prespawning({ ...hostWith({}), authorize: forbidding });
  expect(thrown(() => forbidden.createPool({ size: 1 })).message).toBe("not permitted");
  expect(forbidden.requests).toEqual([]);
  const narrow = prespawning({ ...hostWith({}), authorize: (request) => ({ ...request, candidates: ["/narrow"] }) });
  narrow.createPool({ size: 1 });
  expect(narrow.requests.map(({ candidates }) => candidates)).toEqual([["/narrow"]]);
});

test("no child is given a program when the engine would refuse the request by now", () => {
  const started: string[] = [];
  const given: string[] = [];
  const refusals: Refusal[] = [];
  const running: Running = {
    pid: 7,
    pipes: new Map(),
    terminal: undefined,
    exited: new Promise<never>(() => {}),
    kill: () => true,
    ref() {},
    unref() {},
    after() {},
  };
  const engine = engineThat({
    refuses: () => refusals[0],
    prespawn: () => ({
      exec: ({ file }) => {
        given.push(file);
        return { ...running, started: new Promise(() => {}) };
      },
      kill() {},
      ended: new Promise(() => {}),
    }),
  });
  const plain = {
    ...engineThat({
      spawn: ({ file }) => {
        started.push(file);
        return running;
      },
    }),
    name: "vfork",
  } as const;
  const pool = createPoolFactory(createLauncher(hostWith({}), [engine, plain]))({ size: 2 });
  pool.spawn("/bin/true");
  expect([given, started]).toEqual([["/bin/true"], []]);
  refusals.push({ option: "command", reason: "not any more" });
  pool.spawn("/bin/false");
  expect([given, started]).toEqual([["/bin/true"], ["/bin/false"]]);
});

test("what a program puts on Object.prototype is no option of a pool", () => {
  const { createPool, requests } = prespawning();
  Object.defineProperty(Object.prototype, "uid", { value: 12_345, configurable: true });
  try {
    createPool({ size: 1 });
  } finally {
    Reflect.deleteProperty(Object.prototype, "uid");
  }
  expect(requests.map(({ setup }) => setup.uid)).toEqual([requests[0]?.setup.gid]);
});

test("no fd is given away to a child that may never run", () => {
  const { createPool, requests } = prespawning();
  const error = thrown(() => createPool({ size: 1, setup: { fds: { 3: "null", 4: { give: 7 } } } }));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toBe("setup.fds.4 cannot be given away: a child that waits for its program may never run one");
  expect(requests).toEqual([]);
});

describe("an engine that cannot have a child wait", () => {
  const stuck = { ...engineThat({}), name: "vfork" } as const;

  test("refuses, and names the one that can", () => {
    const ring = engineThat({ unavailable: () => "not here", prespawn: () => ({ errno: 1, step: "birth", index: 0 }) });
    const createPool = createPoolFactory(createLauncher(hostWith({}), [ring, stuck]));
    expect(thrown(() => createPool({ size: 1, engine: "vfork" })).message).toBe(
      "Failed to spawn 'a child of the pool': the engine asked for cannot do it " +
        "(vfork: only io_uring can have a child wait for its program); no other engine could here",
    );
    expect(thrown(() => createPool({ size: 1 })).message).toContain(
      "(io_uring: not here; vfork: only io_uring can have a child wait for its program); ",
    );
  });

  test("refuses where no engine of the build can", () => {
    const createPool = createPoolFactory(createLauncher(hostWith({}), [stuck]));
    expect(thrown(() => createPool({ size: 1, engine: "vfork" })).message).toContain(
      "(vfork: no engine of this build can have a child wait for its program)",
    );
  });
});
