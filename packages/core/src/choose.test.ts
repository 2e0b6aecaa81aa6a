import { describe, expect, test } from "vitest";
import { requestOf } from "../tests/support.js";
import { capable, capableOfTerminal, choose, chooseForTerminal, printRejection, report } from "./choose.js";
import type { Engine, EngineName, Refusal } from "./engine.js";
import type { SetupKey } from "./options.js";

/** Only what choose() may look at: it must never start anything. */
function engine(name: EngineName, unavailable?: string, refusal?: Refusal): Engine & Required<Pick<Engine, "spawn">> {
  const never = (): never => {
    throw new Error(`${name} was started`);
  };
  const serves = new Set<SetupKey>(["umask"]);
  const api = `the API of ${name}`;
  return { name, api, serves, unavailable: () => unavailable, refuses: () => refusal, spawn: never, spawnSync: never };
}

const runtime = engine("runtime");
const vfork = engine("vfork");
const ring = engine("io_uring");
const noRing = engine("io_uring", "this kernel has none");
const noCgroup = engine("vfork", undefined, { option: "setup.cgroup", reason: "it needs clone3" });

describe("choose", () => {
  test("auto takes the first of the list of engines that can", () => {
    expect(choose(requestOf(), [ring, vfork, runtime], "spawn").engine).toBe(ring);
    expect(choose(requestOf(), [noRing, vfork, runtime], "spawn").engine).toBe(vfork);
    expect(choose(requestOf(), [noRing, noCgroup, runtime], "spawn").engine).toBe(runtime);
  });

  test("a list is an order of preference", () => {
    expect(choose(requestOf({ engine: ["runtime", "vfork"] }), [vfork, runtime], "spawn").engine).toBe(runtime);
  });

  test("the reasons of those before it are kept", () => {
    const { engine: chosen, rejected } = choose(requestOf(), [noRing, noCgroup, runtime], "spawn");
    expect(chosen).toBe(runtime);
    expect(rejected.map(printRejection)).toEqual([
      "io_uring: this kernel has none",
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
    const { rejected } = choose(requestOf({ engine: ["vfork", "runtime"] }), [broken, runtime], "spawn");
    expect(rejected).toEqual([{ engine: "vfork", option: undefined, reason: "there is no prebuilt for this libc" }]);
  });

  test("none can: no engine, all reasons, and those that could are found", () => {
    const request = requestOf({ engine: "vfork" });
    const choice = choose(request, [noCgroup, runtime], "spawn");
    expect(choice.engine).toBeUndefined();
    expect(choice.rejected).toHaveLength(1);
    expect(capable(request, [noCgroup, runtime], "spawn")).toEqual(["runtime"]);
  });
});

describe("what an engine cannot do", () => {
  test("a key of setup that it does not serve is refused by the key's name, without asking the engine", () => {
    const request = requestOf({ engine: "vfork", setup: { umask: 0, priority: 1 } });
    const { rejected } = choose(request, [vfork], "spawn");
    expect(rejected.map(printRejection)).toEqual(["vfork: setup.priority: the API of vfork has no such option"]);
    expect(choose(requestOf({ engine: "vfork", setup: { umask: 0 } }), [vfork], "spawn").engine).toBe(vfork);
  });

  test("an engine without the method for it is passed over, and those that have it are named", () => {
    const late = { ...ring, name: "late", spawn: undefined, start: () => ({ errno: 1 }) } as never as Engine;
    const request = { ...requestOf(), engines: ["late", "vfork"] };
    expect(choose(request, [late, vfork], "start").engine).toBe(late);
    const { engine: chosen, rejected } = choose(request, [late, vfork], "spawn");
    expect(chosen).toBe(vfork);
    expect(rejected.map(printRejection)).toEqual([
      "late: only vfork can start a process and wait until its program runs",
    ]);
  });
});

test("a terminal is opened by the first engine that can, and the others say why not", () => {
  const opens = { ...vfork, openTerminal: () => ({ errno: 1, step: undefined, index: 0 }) };
  const all = [noRing, opens, runtime];
  const { engine: chosen, rejected } = chooseForTerminal(["runtime", "io_uring", "vfork"], all);
  expect(chosen).toBe(opens);
  expect(rejected.map(printRejection)).toEqual([
    "runtime: terminal: the API of runtime has no pseudo-terminals",
    "io_uring: this kernel has none",
  ]);
  expect(chooseForTerminal(["runtime"], all).engine).toBeUndefined();
  expect(capableOfTerminal(all)).toEqual(["vfork"]);
});

test("report names every engine, with a reason where it is not available", () => {
  expect(report([noRing, engine("vfork", "clone is refused"), runtime])).toEqual([
    { name: "io_uring", available: false, reason: "this kernel has none" },
    { name: "vfork", available: false, reason: "clone is refused" },
    { name: "runtime", available: true },
  ]);
});
