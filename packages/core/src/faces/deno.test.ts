import { describe, expect, test } from "vitest";
import { hostWith, thrown } from "../../tests/support.js";
import { createLauncher } from "../launcher.js";
import { createCommand } from "./deno.js";
import { createExplain } from "./explain.js";

// No engines: whatever gets past the checks ends as ENOTSUP, and nothing can start.
const launcher = createLauncher(hostWith({ PATH: "/bin", HOME: "/h" }), []);
const Command = createCommand(launcher);
const explain = createExplain(launcher);

describe("Command", () => {
  test("looks at nothing before it is run", () => {
    expect(() => new Command("", { cwd: 5 as never })).not.toThrow();
    expect(Command.name).toBe("Command");
    expect(() => (Command as unknown as () => void)()).toThrow(TypeError);
  });

  test.each(["spawn", "output", "outputSync"] as const)("%s throws at once", (method) => {
    expect(thrown(() => new Command(5 as never)[method]()).message).toBe("command must be a string, got 5");
    expect(thrown(() => new Command("a", { args: "b" as never })[method]()).message).toBe(
      'args must be an array, got "b"',
    );
    expect(thrown(() => new Command("a", { clearEnv: 1 as never })[method]()).message).toBe(
      "clearEnv must be a boolean, got 1",
    );
    expect(thrown(() => new Command("a", { stdout: "pipe" as never })[method]()).message).toMatch(/^stdout must be /);
    expect(thrown(() => new Command("a")[method]())).toMatchObject({ code: "ENOTSUP" });
  });

  test("output() cannot feed a piped stdin", () => {
    for (const method of ["output", "outputSync"] as const) {
      const error = thrown(() => new Command("cat", { stdin: "piped" })[method]());
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(`${method}()`);
    }
  });
});

describe("the request it becomes", () => {
  test("arguments are made strings, a URL a path", () => {
    const { request } = explain(new URL("file:///bin/x"), { args: [1, null] as never });
    expect(request.argv).toEqual(["/bin/x", "1", "null"]);
  });

  test("env is added to ours, or is all there is", () => {
    expect(explain("x").request.env).toBeUndefined();
    const merged = explain("x", { env: { A: "1", HOME: "/x" } });
    expect({ ...merged.request.env }).toEqual({ PATH: "/bin", HOME: "/x", A: "1" });
    expect({ ...explain("x", { env: { A: "1" }, clearEnv: true }).request.env }).toEqual({ A: "1" });
    expect({ ...explain("x", { clearEnv: true }).request.env }).toEqual({});
    expect(explain("x", { clearEnv: true }).request.candidates).toEqual(["/bin/x"]);
    expect(explain("x", { env: { PATH: "/opt" } }).request.candidates).toEqual(["/opt/x"]);
  });

  test("env is told to be only what is added where ours may not be read", () => {
    const closed = createExplain(createLauncher({ ...hostWith({ PATH: "/bin" }), environ: () => undefined }, []));
    expect(closed("x", { env: { A: "1" } }).request).toMatchObject({ env: { A: "1" }, envIsAdded: true });
    for (const options of [{}, { clearEnv: true }, { env: { A: "1" }, clearEnv: true }]) {
      expect(closed("x", options).request.envIsAdded).toBe(false);
    }
    expect(explain("x", { env: { A: "1" } }).request.envIsAdded).toBe(false);
  });

  test("a text file is run by the shell, and stdio is inherited", () => {
    const { request, engine, rejected, steps } = explain("x", { stdout: "null" });
    expect(request.shellFallback).toBe(true);
    expect(request.slots.map(({ kind }) => kind)).toEqual(["fd", "null", "fd"]);
    expect({ engine, steps }).toEqual({ engine: undefined, steps: undefined });
    expect(rejected).toEqual([]);
  });
});
