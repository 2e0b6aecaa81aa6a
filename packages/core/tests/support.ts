/** What the unit tests share: a host that answers from memory, and requests made by way of it. */
import v8 from "node:v8";
import type { Engine } from "../src/engine.js";
import type { Host } from "../src/host.js";
import type { SetupKey } from "../src/options.js";
import { normalize, type RequestInput, type SpawnRequest } from "../src/request.js";
import { SETUP } from "../src/setup.js";
import { fdSlot } from "../src/stdio.js";
import { type V8, v8Structured } from "../src/structured.js";

/** The names of the engines of a usual build. */
const NAMES = ["io_uring", "vfork", "runtime"] as const;

export const INHERITED: RequestInput["slots"] = [0, 1, 2].map((fd) => fdSlot(fd, fd));

export function hostWith(env: Readonly<Record<string, string>>): Host {
  return {
    runtime: "test",
    version: "0",
    platform: "linux",
    getenv: (name) => env[name],
    environ: () => ({ ...env }),
    pathFromURL(url) {
      if (url.protocol !== "file:") throw new TypeError("Must be a file URL");
      return decodeURIComponent(url.pathname);
    },
    authorize: (request) => request,
    bytes: (array) => array,
    structured: v8Structured(() => v8 as unknown as V8),
  };
}

/** The options of a request of which nothing is said. */
export const UNSAID: Omit<RequestInput, "fileOption" | "file" | "argsOption" | "args" | "slots" | "shellFallback"> = {
  firstArg: 0,
  argv0: undefined,
  env: undefined,
  envIsAdded: false,
  cwd: undefined,
  uid: undefined,
  gid: undefined,
  cgroup: undefined,
  detached: undefined,
  killSignal: undefined,
  engine: undefined,
  setup: undefined,
};

/** What a face would hand over for `true`. */
export const INPUT: RequestInput = {
  ...UNSAID,
  fileOption: "command",
  file: "true",
  argsOption: "args",
  args: [],
  slots: INHERITED,
  shellFallback: true,
};

/** As a face would hand it over. */
export function requestOf(input: Partial<RequestInput> = {}, env: Record<string, string> = {}): SpawnRequest {
  return normalize(hostWith({ PATH: "/usr/bin:/bin", ...env }), NAMES, { ...INPUT, ...input });
}

/** An engine, by default of the name `io_uring`, that can do this and nothing else. */
export function engineThat(does: Partial<Engine>): Engine {
  const unasked = (): never => {
    throw new Error("not what was asked for");
  };
  return {
    name: "io_uring",
    api: "the engine of this test",
    serves: new Set(Object.keys(SETUP) as SetupKey[]),
    unavailable: () => undefined,
    refuses: () => undefined,
    spawn: unasked,
    spawnSync: unasked,
    ...does,
  };
}

/** The error a call throws; it is a mistake of the test if it throws none. */
export function thrown(call: () => unknown): Error & { code?: string } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}
