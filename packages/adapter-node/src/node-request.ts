/** What Node's JavaScript asks of its native code → a request for the native engines, or why there is none. */
import {
  AS_THE_PARENT,
  Bare,
  candidates,
  fdSlot,
  MAX_SLOTS,
  type NormalSetup,
  nullSlot,
  type SetupKey,
  type Slot,
  type SpawnRequest,
} from "@ringspawn/core/seam";
import { nativePath } from "@ringspawn/native-linux";
import { type Call, type Entry, isPipe } from "./internals.js";

/** As libuv has it since Node 22: a pair of sockets holds less than the system's default. */
const BUFFER = Number(process.versions.node.split(".", 1)[0]) >= 22 ? 65_536 : undefined;
/** The dispositions that libuv resets: those of 1 to 31. A real-time signal that the program ignores stays ignored. */
const SIGNALS: NormalSetup["signals"] = Object.freeze({ default: 2n ** 31n - 1n, ignore: 0n, mask: 0n });

/** Where the libc looks for a program if the child has no PATH. musl also runs no text without `#!` by a shell. */
interface Libc {
  readonly path: string;
  readonly shellFallback: boolean;
}

let libc: Libc | undefined;

function libcOfNode(): Libc {
  const found = nativePath("engine.node", process.platform, process.arch);
  const isMusl = typeof found !== "string" && /-musl[\\/][^\\/]*$/.test(found.path);
  return isMusl
    ? { path: "/usr/local/bin:/bin:/usr/bin", shellFallback: false }
    : { path: "/bin:/usr/bin", shellFallback: true };
}

/** The request, whose engines are to be named yet. */
export function requestOf(call: Call): Omit<SpawnRequest, "engines"> | string {
  const { file, cwd } = call;
  if (typeof file !== "string" || file === "") return "the file is no string";
  if (cwd !== undefined && cwd !== null && typeof cwd !== "string") return "cwd is no string";
  const argv = argvOf(call.args);
  if (typeof argv === "string") return argv;
  const env = envOf(call.envPairs);
  if (typeof env === "string") return env;
  const setup = setupOf(call);
  if (typeof setup === "string") return setup;
  const slots = slotsOf(call.stdio);
  if (typeof slots === "string") return slots;
  const { path, shellFallback } = (libc ??= libcOfNode());
  return {
    file,
    argv,
    candidates: candidates(file, {
      platform: "linux",
      path: env["PATH"] ?? path,
      extensions: undefined,
      leavesBare: true,
    }),
    env,
    envIsAdded: false,
    killSignal: undefined,
    cwd: cwd === null || cwd === "" ? undefined : cwd,
    slots,
    shellFallback,
    ...setup,
  };
}

function argvOf(args: Call["args"]): readonly string[] | string {
  if (args === undefined || args.length === 0) return "there is no argv";
  // Node's native code makes strings of numbers; of an object, that would call its methods.
  const isText = (arg: unknown): boolean => typeof arg === "string" || typeof arg === "number";
  // A hole counts: Node makes a text of that, too.
  const all = Array.from(args);
  return all.every(isText) ? all.map(String) : "an argument is no string";
}

function envOf(pairs: Call["envPairs"]): Readonly<Record<string, string>> | string {
  if (pairs === undefined) return "there is no environment";
  const env = new Bare() as Record<string, string>;
  for (const pair of pairs) {
    const at = typeof pair === "string" ? pair.indexOf("=") : -1;
    if (at < 0) return "a variable of the environment has no =";
    const name = (pair as string).slice(0, at);
    // Such as "A=B": "c" beside A, which are two variables of the name A to the child.
    if (Object.hasOwn(env, name)) return "a variable of the environment comes twice";
    env[name] = (pair as string).slice(at + 1);
  }
  return env;
}

/** Every fd that is not close-on-exec stays open in the child, as libuv has it; Node's own all are. */
function setupOf({ detached, uid, gid }: Call): Pick<SpawnRequest, "setup" | "given"> | string {
  const setup: { -readonly [K in SetupKey]?: NormalSetup[K] } = Object.assign(new Bare(), AS_THE_PARENT);
  setup.closeFds = false;
  setup.signals = SIGNALS;
  if (detached === true) setup.session = true;
  for (const [key, id] of [
    ["uid", uid],
    ["gid", gid],
  ] as const) {
    if (id === undefined || id === null) continue;
    if (typeof id !== "number" || id < 0) return `${key} is no id`;
    // Of others, libuv changes only the effective id.
    if (process.geteuid?.() !== 0) return `${key} is for root`;
    setup[key] = id;
  }
  const given = (Object.keys(setup) as SetupKey[]).filter((key) => key !== "signals");
  return { setup: setup as NormalSetup, given };
}

function slotsOf(stdio: Call["stdio"]): readonly Slot[] | string {
  if (stdio === undefined) return "there is no stdio";
  const slots: Slot[] = [];
  for (let target = 0; target < Math.max(stdio.length, 3); target++) {
    const slot = slotOf(target, stdio[target] ?? { type: "ignore" });
    if (typeof slot === "string") return `stdio[${target}]: ${slot}`;
    if (slot !== undefined) slots.push(slot);
  }
  return slots.length <= MAX_SLOTS ? slots : `stdio has more than ${MAX_SLOTS} fds`;
}

/** Undefined: the child does not have this fd. */
function slotOf(target: number, { type, fd, handle, wrapType }: Entry): Slot | string | undefined {
  switch (type) {
    case "ignore":
      return target <= 2 ? nullSlot(target) : undefined;
    case "pipe":
    case "overlapped":
      return { target, kind: "socket", raw: isPipe(handle), ...(BUFFER !== undefined && { buffer: BUFFER }) };
    case "inherit":
    case "fd":
      return isFd(fd) ? fdSlot(target, fd) : "its fd is no number";
    case "wrap": {
      const wrapped = (handle as { readonly fd?: unknown } | null)?.fd;
      const isStream = wrapType === "pipe" || wrapType === "tty" || wrapType === "tcp";
      return isStream && isFd(wrapped) ? fdSlot(target, wrapped) : "it is a stream without an fd";
    }
    default:
      return "its type is not known";
  }
}

function isFd(fd: unknown): fd is number {
  return typeof fd === "number" && Number.isInteger(fd) && fd >= 0;
}
