/**
 * What each runtime's own spawn can be asked for, and in what it differs from ringspawn's engines. Cases ask through
 * {@link lacks} and `T`, so that no case names a runtime and each of these facts stands once.
 */
import type { EngineName, FdSpec, ProcessSetup, SetupKey } from "ringspawn";

/** A pair of sockets, a pseudo-terminal, a bare fd in the place of a stream, an fd that is given away. */
type FdForm = "socket" | "pty" | "raw" | "give";

/** What carries a request out: ringspawn's own code, or the API of a runtime. */
export interface Api {
  /** Ringspawn's own: it has every option, and its errors name the step that failed. */
  readonly native: boolean;
  /** The keys of `setup` that it carries out. The engine must refuse every other one by name. */
  readonly setup: "all" | readonly SetupKey[];
  readonly argv0: boolean | "not empty";
  /** Whether a child can be started at a terminal. */
  readonly terminals: boolean;
  /** The highest fd number that a child can be given. */
  readonly lastFd: number;
  /** Whether the parent's stdout or stderr can be the child's stdin, and the parent's stdin its stdout or stderr. */
  readonly crossed: boolean;
  /** Which of these forms of an fd a child can be given. */
  readonly fds: readonly FdForm[];
  /** Whether a socket pair's end can be had as an fd, be it one that does not block: what Bun's shape has beyond 2. */
  readonly rawSockets: boolean;
  /** Which of them in a blocking call. */
  readonly blockingFds: readonly FdForm[];
  /** Whether a blocking call learns that time has aborted its signal. */
  readonly blockingSignal: boolean;
  /** Whether a blocking call has a limit below one byte. */
  readonly blockingMaxBuffer0: boolean;
  /** Whether signals without a name can be chosen to end the child: always, where the call does not block, never. */
  readonly realTimeSignals: "always" | "not blocking" | "never";
  /** What the child gets for a pipe. */
  readonly pipes: "pipe" | "socket";
  /** Whether the child is spared what this program has open without CLOEXEC. Where not, one known gap tells it. */
  readonly closesFds: boolean;
  /** Whether the variables of `env` arrive in the order in which they were given. */
  readonly keepsEnvOrder: boolean;
  /** Signals that the child starts with ignored, though it should not. One known gap tells it. */
  readonly leavesIgnored: readonly number[];
  /** Whether the resource usage of an ended child is known. */
  readonly usage: boolean;
}

export interface RuntimeFacts {
  /** The runtime's own spawn, which engine `runtime` uses. */
  readonly own: Api;
  /** Which environment of this program a child of `spawn` gets where no `env` is given. */
  readonly spawnEnv: "at the call" | "at the start";
  /** Whether a Blob or a body can be read without waiting. */
  readonly readsBlobs: boolean;
  /** Whose format messages of `serialization: "advanced"` have. */
  readonly structured: "v8" | "jsc";
}

const NATIVE: Api = {
  native: true,
  setup: "all",
  argv0: true,
  terminals: true,
  lastFd: Infinity,
  crossed: true,
  fds: ["socket", "pty", "raw", "give"],
  rawSockets: true,
  blockingFds: ["socket", "pty", "raw", "give"],
  blockingSignal: false,
  blockingMaxBuffer0: true,
  realTimeSignals: "always",
  pipes: "pipe",
  closesFds: true,
  keepsEnvOrder: true,
  leavesIgnored: [],
  usage: true,
};

/** The first signal without a name. */
const REAL_TIME = 32;

/** Options that child_process and Bun.spawn have as well. */
const SERVED: readonly SetupKey[] = ["session", "uid", "gid", "fds"];

export const RUNTIMES = {
  node: {
    own: {
      native: false,
      setup: SERVED,
      argv0: true,
      terminals: false,
      lastFd: 255,
      crossed: true,
      fds: ["socket", "give"],
      rawSockets: false,
      blockingFds: ["give"],
      blockingSignal: false,
      blockingMaxBuffer0: true,
      realTimeSignals: "not blocking",
      pipes: "socket",
      closesFds: false,
      keepsEnvOrder: true,
      leavesIgnored: [],
      usage: false,
    },
    spawnEnv: "at the call",
    readsBlobs: false,
    structured: "v8",
  },
  bun: {
    own: {
      native: false,
      setup: [...SERVED, "cgroup"],
      argv0: "not empty",
      terminals: true,
      lastFd: 255,
      crossed: false,
      fds: ["socket", "give"],
      rawSockets: true,
      blockingFds: ["give"],
      blockingSignal: true,
      blockingMaxBuffer0: false,
      realTimeSignals: "not blocking",
      pipes: "socket",
      closesFds: true,
      keepsEnvOrder: true,
      leavesIgnored: [],
      usage: true,
    },
    // As Bun.spawn itself.
    spawnEnv: "at the start",
    readsBlobs: true,
    structured: "jsc",
  },
  deno: {
    own: {
      native: false,
      setup: ["session", "uid", "gid"],
      argv0: false,
      terminals: false,
      lastFd: 2,
      crossed: true,
      fds: [],
      rawSockets: false,
      blockingFds: [],
      blockingSignal: false,
      blockingMaxBuffer0: true,
      realTimeSignals: "never",
      pipes: "pipe",
      closesFds: false,
      keepsEnvOrder: false,
      // Those that glibc keeps to itself: its posix_spawn leaves them so.
      leavesIgnored: [32, 33],
      usage: false,
    },
    spawnEnv: "at the call",
    readsBlobs: false,
    structured: "v8",
  },
} as const satisfies Record<string, RuntimeFacts>;

export type Family = keyof typeof RUNTIMES;

/** What carries a request out when this engine is chosen in such a runtime. */
export function apiOf(family: Family, engine: EngineName): Api {
  return engine === "runtime" ? RUNTIMES[family].own : NATIVE;
}

/** The options that an API may lack; the others every API has. */
export interface Asked {
  readonly argv0?: string | undefined;
  readonly setup?: ProcessSetup | undefined;
  readonly stdio?: readonly unknown[] | undefined;
  readonly stdin?: unknown;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly maxBuffer?: number | undefined;
  readonly killSignal?: string | number | undefined;
  readonly terminal?: unknown;
  readonly ipc?: unknown;
}

/** The first of these options that the API lacks, by the name that the refusal must have; undefined: none. */
export function lacks(api: Api, asked: Asked, { blocking = false } = {}): string | undefined {
  // What a case has put on Object.prototype is not asked for.
  const own = { __proto__: null, ...asked } as Asked;
  const { setup = {}, argv0, stdio = [], stdin, stdout, stderr, maxBuffer = Infinity, killSignal, terminal, ipc } = own;
  const keys = Object.keys(setup) as SetupKey[];
  // `closeFds: true` says no more than the default, which is nothing to refuse.
  const key = keys.find((key) => !carriesOut(api, key) && !(key === "closeFds" && setup.closeFds === true));
  if (key !== undefined) return `setup.${key}`;
  const forms = blocking ? api.blockingFds : api.fds;
  const isLacking = ([fd, spec]: [string, FdSpec]): boolean =>
    Number(fd) > api.lastFd || !formsOf(spec).every((form) => forms.includes(form));
  const fd = Object.entries(setup.fds ?? {}).find(isLacking)?.[0];
  if (fd !== undefined) return `setup.fds.${fd}`;
  if (typeof terminal === "object" && terminal !== null && !api.terminals) return "terminal";
  if (stdio.length > api.lastFd + 1) return "stdio";
  const extra = stdio.findIndex((word, fd) => fd > 2 && lacksWord(api, word, blocking));
  if (extra >= 0) return `stdio[${extra}]`;
  // A channel is a pair of sockets behind the fds of stdio.
  if (typeof ipc === "function" && !(api.fds.includes("socket") && api.lastFd > 2)) return "ipc";
  if (argv0 !== undefined && (api.argv0 === false || (argv0 === "" && api.argv0 !== true))) return "argv0";
  if (blocking && maxBuffer < 1 && !api.blockingMaxBuffer0) return "maxBuffer";
  const sends = api.realTimeSignals === (blocking ? "always" : "not blocking") || api.realTimeSignals === "always";
  if (typeof killSignal === "number" && killSignal >= REAL_TIME && !sends) return "killSignal";
  if (api.crossed) return undefined;
  return stdin === 1 || stdin === 2 ? "stdin" : stdout === 0 ? "stdout" : stderr === 0 ? "stderr" : undefined;
}

/** Of an fd beyond 2: whether it lacks what Bun's shape means by this word. */
function lacksWord(api: Api, word: unknown, blocking: boolean): boolean {
  if (ArrayBuffer.isView(word)) return blocking && !api.native;
  return (word === "pipe" || word === "socket-fd") && !blocking && !api.rawSockets;
}

function carriesOut({ setup }: Api, key: SetupKey): boolean {
  return setup === "all" || setup.includes(key);
}

function formsOf(spec: FdSpec | undefined): FdForm[] {
  if (typeof spec !== "object") return [];
  const forms: FdForm[] = [];
  if ("pipe" in spec && spec.pipe === "both") forms.push("socket");
  if ("pty" in spec) forms.push("pty");
  if ("raw" in spec && spec.raw) forms.push("raw");
  if ("give" in spec) forms.push("give");
  return forms;
}
