import { describe, expect, test } from "vitest";
import { engineThat, hostWith, INPUT } from "../tests/support.js";
import type { Failure, SyncOptions, SyncResult } from "./engine.js";
import { createLauncher } from "./launcher.js";
import { forOriginal, isForOriginal, replacedBy, Replacements } from "./replaced.js";
import type { RequestInput, SpawnRequest } from "./request.js";
import { createStandIn, enginesInstead, type Service } from "./stand-in.js";

const LIMITS = {
  input: new Map<number, Uint8Array>(),
  timeout: undefined,
  maxBuffer: undefined,
  killSignal: 15,
  signal: undefined,
  withoutPid: true,
} satisfies SyncOptions;
const RESULT = { pid: 1, exit: { code: 0, signal: null } } as SyncResult;

/** What the user was told. */
const warnings: string[] = [];

/** A stand-in over one native engine whose blocking call does this, and what was told and asked of whom. */
function standInOver(
  spawnSync: (request: SpawnRequest, options: SyncOptions) => SyncResult | Failure,
  env: Readonly<Record<string, string>> = {},
) {
  const asked: SpawnRequest[] = [];
  const native = engineThat({
    name: "vfork",
    spawnSync: (request, options) => {
      asked.push(request);
      return spawnSync(request, options);
    },
  });
  const launcher = createLauncher(hostWith({ PATH: "/bin", ...env }), [native, engineThat({ name: "runtime" })]);
  const standIn = createStandIn(launcher, (message) => warnings.push(message));
  const told: Service[] = [];
  const originals: unknown[] = [];
  const original = (error: unknown): string => {
    originals.push(error);
    return "the original";
  };
  return {
    asked,
    told,
    originals,
    launcher,
    run: (ours: (start: (more?: Partial<RequestInput>) => unknown) => unknown, tell?: () => void): unknown =>
      standIn.serve(
        () => ours((more) => standIn.launcher.spawnSync({ ...INPUT, ...more }, LIMITS).result),
        original,
        (service) => {
          told.push(service);
          tell?.();
        },
      ),
  };
}

const fail = (): never => {
  throw new RangeError("no memory");
};

describe("who serves a call", () => {
  test("an engine of ours, by the defaults of the runtime's API", () => {
    const { run, told, asked, originals } = standInOver(() => RESULT);
    expect(run((start) => start({ engine: "runtime", setup: { nonsense: 1 } }))).toBe(RESULT);
    expect(told).toEqual([{ engine: "vfork" }]);
    expect(asked.map(({ engines }) => engines)).toEqual([["vfork"]]);
    expect(originals).toEqual([]);
  });

  test("the original, where ours finds a mistake before anything was started", () => {
    const { run, told, asked, originals } = standInOver(() => RESULT);
    expect(run((start) => start({ file: "a\0b" }))).toBe("the original");
    expect(told).toEqual([{ engine: null, why: expect.stringMatching(/^command must/) as string }]);
    expect([asked, originals.length]).toEqual([[], 1]);
  });

  test("the original, where an engine says that it has started nothing", () => {
    const { run, originals } = standInOver(() => ({ errno: 2, step: "file", index: 0 }));
    expect(run((start) => start())).toBe("the original");
    expect(originals).toMatchObject([{ code: "ENOENT" }]);
  });

  test("the original, and ours is not called, where another engine than runtime is not wanted", () => {
    const { run, told } = standInOver(fail, { RINGSPAWN_ENGINE: "runtime" });
    expect(run(fail)).toBe("the original");
    expect(told).toEqual([{ engine: null, why: "engine runtime was asked for" }]);
  });

  test("nobody is told of a call that starts nothing and returns", () => {
    const { run, told } = standInOver(fail);
    expect(run(() => "nothing")).toBe("nothing");
    expect(told).toEqual([]);
  });
});

describe("what was started is not started again", () => {
  test("an engine throws instead of an answer", () => {
    const { run, told, originals } = standInOver(fail);
    expect(() => run((start) => start())).toThrow("no memory");
    expect(originals).toEqual([]);
    expect(told).toEqual([{ engine: "vfork" }]);
  });

  test("a face throws with what an engine has answered", () => {
    const { run, told, originals } = standInOver(() => RESULT);
    const ours = (start: () => unknown): unknown => [start(), fail()];
    expect(() => run(ours)).toThrow("no memory");
    expect([told, originals]).toEqual([[{ engine: "vfork" }], []]);
    // The next call is one of its own.
    expect(run(fail)).toBe("the original");
  });

  test("it cannot be told", () => {
    const { run, originals } = standInOver(() => RESULT);
    expect(run((start) => start(), fail)).toBe(RESULT);
    expect(originals).toEqual([]);
    expect(run(fail, fail)).toBe("the original");
  });
});

test("the engines that are preferred to runtime are asked, in order", () => {
  const names = ["io_uring", "vfork", "runtime"] as const;
  const engines = names.map((name) => engineThat({ name }));
  const instead = (RINGSPAWN_ENGINE: string): unknown =>
    enginesInstead(createLauncher(hostWith({ RINGSPAWN_ENGINE }), engines), (message) => warnings.push(message));
  expect(instead("auto")).toEqual(["io_uring", "vfork"]);
  expect(instead("vfork")).toEqual(["vfork"]);
  expect(instead("vfork, runtime, io_uring")).toEqual(["vfork"]);
  expect(() => instead("runtime")).toThrow("engine runtime was asked for");
  expect(warnings).toEqual([]);
  for (let i = 0; i < 2; i++) expect(() => instead("vfrok")).toThrow(/RINGSPAWN_ENGINE must be .*"vfrok"/);
  // Once for the whole program.
  expect(warnings).toEqual([
    expect.stringMatching(/^ringspawn leaves all processes to the runtime: the environment .* got "vfrok"$/),
  ]);
});

describe("what stands in a place is known", () => {
  test("by a mark of its own, which nothing inherits, until all are put back together", () => {
    const originals = { one: (): number => 1, two: (): number => 2 };
    const owner = { ...originals };
    const replacements = new Replacements();
    const tenfold = (original: () => number, isOn: () => boolean) => (): number => original() * (isOn() ? 10 : 1);
    replacements.put(owner, "one", tenfold);
    replacements.put(owner, "two", tenfold);
    const held = owner.one;
    expect([owner.one(), owner.two()]).toEqual([10, 20]);
    expect(replacedBy(originals.one)).toBeUndefined();
    expect(replacedBy(Object.create(held) as () => number)).toBeUndefined();
    expect(replacedBy(held)?.original).toBe(originals.one);
    const another = (): number => 3;
    owner.two = another;
    replacedBy(held)?.restore();
    expect([owner.one, owner.two, held()]).toEqual([originals.one, another, 1]);
  });

  test("options go to the original if they say so themselves", () => {
    const options = forOriginal({ timeout: 1 });
    expect([isForOriginal(options), isForOriginal({}), isForOriginal(Object.create(options) as object)]).toEqual([
      true,
      false,
      false,
    ]);
  });
});
