import { describe, expect, test } from "vitest";
import { requestOf } from "../tests/support.js";
import { capable, choose, printRejection, report } from "./choose.js";
import type { Engine, EngineName, Refusal } from "./engine.js";

/** Only what choose() may look at: it must never start anything. */
function engine(name: EngineName, unavailable?: string, refusal?: Refusal): Engine {
  const never = (): never => {
    throw new Error(`${name} was started`);
  };
  return { name, unavailable: () => unavailable, refuses: () => refusal, spawn: never, spawnSync: never };
}

const runtime = engine("runtime");
const vfork = engine("vfork");
const noCgroup = engine("vfork", undefined, { option: "setup.cgroup", reason: "it needs clone3" });

describe("choose", () => {
  test("auto takes io_uring, then vfork, then runtime, in whatever order an adapter lists them", () => {
    const request = requestOf();
    expect(choose(request, [runtime, vfork, engine("io_uring")]).engine?.name).toBe("io_uring");
    expect(choose(request, [runtime, vfork]).engine).toBe(vfork);
    expect(choose(request, [runtime]).engine).toBe(runtime);
  });

  test("a list is an order of preference", () => {
    expect(choose(requestOf({ engine: ["runtime", "vfork"] }), [vfork, runtime]).engine).toBe(runtime);
  });

  test("the reasons of those before it are kept", () => {
    const { engine: chosen, rejected } = choose(requestOf(), [noCgroup, runtime]);
    expect(chosen).toBe(runtime);
    expect(rejected.map(printRejection)).toEqual([
      "io_uring: it is not part of this build",
      "vfork: setup.cgroup: it needs clone3",
    ]);
  });

  test("an engine that cannot be used here is not asked what it refuses", () => {
    const broken: Engine = {
      ...engine("vfork", "there is no prebuilt for this libc"),
      refuses: () => {
        throw new Error("asked");
      },
    };
    const { rejected } = choose(requestOf({ engine: ["vfork", "runtime"] }), [broken, runtime]);
    expect(rejected).toEqual([{ engine: "vfork", option: undefined, reason: "there is no prebuilt for this libc" }]);
  });

  test("none can: no engine, all reasons, and those that could are found", () => {
    const request = requestOf({ engine: "vfork" });
    const choice = choose(request, [noCgroup, runtime]);
    expect(choice.engine).toBeUndefined();
    expect(choice.rejected).toHaveLength(1);
    expect(capable(request, [noCgroup, runtime])).toEqual(["runtime"]);
  });
});

test("report names all three, with a reason where there is none", () => {
  expect(report([engine("vfork", "clone is refused"), runtime])).toEqual([
    { name: "io_uring", available: false, reason: "it is not part of this build" },
    { name: "vfork", available: false, reason: "clone is refused" },
    { name: "runtime", available: true },
  ]);
});
