import { describe, expect, expectTypeOf, test } from "vitest";
import { hostWith, thrown } from "../../tests/support.js";
import { createLauncher } from "../launcher.js";
import type { SubprocessReadableStream } from "../streams.js";
import { createSpawnPair } from "./bun.js";
import type { Subprocess } from "./bun-types.js";
import type { FileSink } from "./file-sink.js";

// No engines: whatever gets past the checks ends as ENOTSUP, and nothing can start.
const { spawn, spawnSync } = createSpawnPair(createLauncher(hostWith({}), []));
const loose = spawn as (...args: unknown[]) => unknown;
const bytes = new Uint8Array(1);
const blob = new Blob(["x"]);

describe("options are checked before an engine is asked", () => {
  test.each<[args: unknown[], code: string, message: string]>([
    [[[]], "ERR_INVALID_ARG_TYPE", "cmd must not be empty, got []"],
    [["ls"], "ERR_INVALID_ARG_TYPE", 'cmd must be an array of strings, got "ls"'],
    [[{ cmd: "ls" }], "ERR_INVALID_ARG_TYPE", 'cmd must be an array, got "ls"'],
    [[{}], "ERR_INVALID_ARG_TYPE", "cmd must be an array, got undefined"],
    [[["ls", "a\0"]], "ERR_INVALID_ARG_VALUE", "args[1] must be a string without null bytes"],
    [[["a\0"]], "ERR_INVALID_ARG_VALUE", "cmd[0] must be a string without null bytes"],
    [[["ls"], 5], "ERR_INVALID_ARG_TYPE", "options must be an object, got 5"],
    [[["ls"], { stdio: "pipe" }], "ERR_INVALID_ARG_TYPE", 'stdio must be an array, got "pipe"'],
    [[["ls"], { stdio: ["piped"] }], "ERR_INVALID_ARG_TYPE", "stdio[0] must be"],
    [[["ls"], { stdin: -1 }], "ERR_INVALID_ARG_VALUE", "stdin must be an fd number, which is not negative, got -1"],
    [[["ls"], { timeout: "1" }], "ERR_INVALID_ARG_TYPE", "timeout must be a number that is not negative, got string"],
    [[["ls"], { timeout: -1 }], "ERR_OUT_OF_RANGE", 'The value of "timeout" is out of range. It must be >= 0'],
    [
      [["ls"], { maxBuffer: "1" }],
      "ERR_INVALID_ARG_TYPE",
      "maxBuffer must be a number that is not negative, got string",
    ],
    [[["ls"], { killSignal: "sigterm" }], "ERR_INVALID_ARG_TYPE", "killSignal must be one of 'SIGHUP', 'SIGINT'"],
    [[["ls"], { killSignal: 0 }], "ERR_UNKNOWN_SIGNAL", "killSignal must be a signal"],
    [[["ls"], { onExit: 5 }], "ERR_INVALID_ARG_TYPE", "onExit must be a function or undefined, got 5"],
    [[["ls"], { onDisconnect: 5 }], "ERR_INVALID_ARG_TYPE", "onDisconnect must be a function or undefined, got 5"],
    [
      [["ls"], { stdout: "socket-fd" }],
      "ERR_INVALID_ARG_TYPE",
      "stdout: 'socket-fd' is only supported at indices >= 3",
    ],
    [[["ls"], { stdout: bytes }], "ERR_INVALID_ARG_TYPE", "ArrayBufferView cannot be used for stdout/stderr yet"],
    [[["ls"], { stderr: blob }], "ERR_INVALID_ARG_TYPE", "Blobs are immutable, and cannot be used for stdout/stderr"],
    [[["ls"], { stdio: [0, 1, 2, blob] }], "ERR_INVALID_ARG_TYPE", "Blob cannot be used for stdio[3] yet"],
    [
      [["ls"], { stdio: [0, 1, 2, new ReadableStream()] }],
      "ERR_INVALID_ARG_TYPE",
      "ReadableStream cannot be used for stdio[3] yet",
    ],
    [[["ls"], { signal: {} }], "ERR_INVALID_ARG_TYPE", "signal must be an AbortSignal, got an object"],
    [[["ls"], { ipc() {}, serialization: "x" }], "ERR_INVALID_ARG_TYPE", 'serialization must be "json" or "advanced"'],
    [[["ls"], { ipc() {}, serialization: 5 }], "ERR_INVALID_ARG_TYPE", "serialization must be"],
    [[["ls"], { terminal: 5 }], "ERR_INVALID_ARG_TYPE", "terminal must be a Terminal object or options object"],
    [
      [["ls"], { terminal: { name: "x".repeat(129) } }],
      "ERR_INVALID_ARG_VALUE",
      "Terminal name too long (max 128 characters)",
    ],
    [[["ls"], { env: { A: "\0" } }], "ERR_INVALID_ARG_VALUE", "env.A must be a string without null bytes"],
    [[["ls"], { umask: 0o77 }], "ERR_INVALID_ARG_VALUE", "umask is not an option, but a key of one: setup.umask"],
    [[["ls"], { setup: { nice: 1 } }], "ERR_INVALID_ARG_VALUE", "setup.nice is not an option"],
  ])("%o", (args, code, message) => {
    const error = thrown(() => loose(...args));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  test("an aborted signal is an AbortError with its reason, in both calls", () => {
    const signal = AbortSignal.abort("enough");
    for (const call of [() => spawn(["ls"], { signal }), () => spawnSync(["ls"], { signal })]) {
      expect(thrown(call)).toMatchObject({
        name: "AbortError",
        code: "ABORT_ERR",
        cause: "enough",
      });
    }
  });

  test("a channel of Windows is another thing, and is refused", () => {
    const windows = createSpawnPair(createLauncher({ ...hostWith({}), platform: "win32" }, []));
    expect(thrown(() => windows.spawn(["ls"], { ipc() {} })).message).toBe("ipc is not supported on Windows");
  });

  test("a blocking call takes only bytes as data", () => {
    expect(thrown(() => spawnSync(["ls"], { stdin: new Blob(["x"]) })).message).toContain("in a blocking call");
  });

  test("what is right ends at the engines, and null is as good as nothing", () => {
    const nothing = { env: null, cwd: null, signal: null, onExit: null, killSignal: null, timeout: null };
    const ignored = { ipc: 5, serialization: "x" };
    expect(thrown(() => loose(["ls"], ignored))).toMatchObject({ code: "ENOTSUP" });
    for (const call of [() => loose(["ls", 5], nothing), () => loose(["ls"], null), () => loose(["ls"], { cwd: "" })]) {
      expect(thrown(call)).toMatchObject({ name: "Error", code: "ENOTSUP" });
    }
    for (const call of [() => spawn(["ls"]), () => spawn({ cmd: ["ls"] }), () => spawnSync(["ls"], { timeout: 0 })]) {
      expect(thrown(call)).toMatchObject({ name: "Error", code: "ENOTSUP" });
    }
  });
});

test("types: what is piped is certain", () => {
  const typesOnly = (): void => {
    expectTypeOf(spawn(["x"])).toEqualTypeOf<Subprocess<"ignore", "pipe", "inherit">>();
    expectTypeOf(spawn(["x"]).stdout).toEqualTypeOf<SubprocessReadableStream>();
    expectTypeOf(spawn(["x"]).stderr).toEqualTypeOf<undefined>();
    expectTypeOf(spawn(["x"], { stdin: "pipe", stdout: "ignore" }).stdin).toEqualTypeOf<FileSink>();
    expectTypeOf(spawn(["x"], { stdin: "pipe", stdout: "ignore" }).stdout).toEqualTypeOf<undefined>();
    const { stderr } = spawn(["x"], { stdio: ["ignore", "inherit", "pipe"] });
    expectTypeOf(stderr).toEqualTypeOf<SubprocessReadableStream>();
    expectTypeOf(spawn({ cmd: ["x"] }).stdout).toEqualTypeOf<SubprocessReadableStream>();
    expectTypeOf(spawnSync(["x"]).stdout).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
    expectTypeOf<Subprocess["stdout"]>().toEqualTypeOf<SubprocessReadableStream | number | undefined>();
    expectTypeOf(spawn(["x"], { stdout: 5 }).stdout).toEqualTypeOf<number>();
    const any: Subprocess = spawn(["x"], { stdin: "inherit", onExit: (child, code) => [child.pid, code] });
    expectTypeOf(any.pid).toEqualTypeOf<number>();
    const told = spawn(["x"], {
      stdin: "pipe",
      ipc(message, child) {
        expectTypeOf(message).toEqualTypeOf<unknown>();
        expectTypeOf(child.stdin).toEqualTypeOf<FileSink>();
      },
      onDisconnect(isOver, error) {
        expectTypeOf(isOver).toEqualTypeOf<true>();
        expectTypeOf(error).toEqualTypeOf<Error | undefined>();
      },
    });
    expectTypeOf(told.send({ a: 1 }, (error) => void expectTypeOf(error).toEqualTypeOf<Error | null>())).toBeBoolean();
    // @ts-expect-error -- a handle cannot be sent
    told.send(1, {});
  };
  expect(typesOnly).toBeTypeOf("function");
});
