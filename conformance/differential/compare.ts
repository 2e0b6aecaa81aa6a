/** Compares two observations of a request: what must agree, and what differs on purpose. */
import type { EngineName } from "ringspawn";
import { type Api, type Family, lacks, RUNTIMES } from "../apis.ts";
import type { Report, ReportedFd } from "../report.ts";
import { status } from "../tools.ts";
import type { Observation } from "./observe.ts";
import type { Face, Request } from "./request.ts";

export interface Asked {
  readonly family: Family;
  readonly face: Face;
  readonly request: Request;
}

/** A request's outcome on one engine. */
export interface Side {
  readonly engine: EngineName;
  readonly saw: Observation;
}

/** Requests whose outcome differs on purpose from that of the runtime's own spawn. They are counted and printed. */
interface Exception {
  readonly what: string;
  readonly families: readonly Family[];
  readonly holds: (asked: Asked, ours: Observation, theirs: Observation) => boolean;
}

/** Engine runtime says that it cannot do this. Each row tells of which requests the engine may say so. */
const refusedByRuntime = ({ refused }: Observation): boolean => refused?.code === "ENOTSUP";

export const EXCEPTIONS: readonly Exception[] = [
  {
    what: "the runtime's own spawn has no such option: the runtime engine refuses it",
    families: ["node", "bun", "deno"],
    holds: ({ family, request: { argv0, extra } }, _, theirs) => {
      const fds = Object.fromEntries(Object.keys(extra).map((fd) => [fd, "null" as const]));
      const setup = Object.keys(extra).length > 0 ? { fds } : {};
      return refusedByRuntime(theirs) && lacks(RUNTIMES[family].own, { argv0, setup }) !== undefined;
    },
  },
  {
    what: "Bun takes an empty argv0 for none",
    families: ["bun"],
    holds: ({ request }, ours, theirs) =>
      request.argv0 === "" && ours.report?.argv[0] === "" && theirs.report?.argv[0] !== "",
  },
  {
    what: "child_process knows no real-time signals: it reports a death by one as exit code 0",
    families: ["node"],
    holds: ({ request: { action } }, ours) =>
      action.do === "signal" && action.signal >= 32 && ours.refused === undefined,
  },
];

/**
 * The differences of one of ringspawn's engines (`left`) from another or from engine runtime. Empty when they agree.
 */
export function differences(asked: Asked, left: Side, right: Side): string[] {
  const found: string[] = [];
  const [ours, theirs] = [left.saw, right.saw];
  const native = right.engine !== "runtime";
  const same = (what: string, a: unknown, b: unknown): void => {
    const [one, other] = [canonical(a), canonical(b)];
    if (one !== other) found.push(`${what}: ${left.engine} ${brief(one)}, ${right.engine} ${brief(other)}`);
  };
  same("refused", refusal(ours), refusal(theirs));
  // Ringspawn's engines tell the same step in the same words.
  if (native) same("message", ours.refused?.message, theirs.refused?.message);
  for (const { engine, saw } of [left, right]) {
    if (saw.refused === undefined && saw.engine !== engine) found.push(`${engine} ran on ${saw.engine}`);
  }
  if (ours.refused !== undefined || theirs.refused !== undefined) {
    // The files that a request opens may have been made before its refusal. A program that ran would write others.
    same("files, after a refusal", beside(ours.written), beside(theirs.written));
    return found;
  }
  same("status", ours.status, theirs.status);
  same("stdout", ours.stdout, theirs.stdout);
  same("stderr", ours.stderr, theirs.stderr);
  same("files", ours.written, theirs.written);
  same("a report", ours.report !== undefined, theirs.report !== undefined);
  if (ours.report === undefined || theirs.report === undefined) return found;

  same("the parent is this program", [ours.ours, true], [theirs.ours, true]);
  same("session", ours.session, theirs.session);
  same("process group", ours.group, theirs.group);
  same("the pid told", ours.pidTold, theirs.pidTold);
  const leaked = native ? undefined : leaks(asked, theirs);
  same("fds", kinds(asked, ours.report, undefined), kinds(asked, theirs.report, leaked));
  same("signals", signals(asked, ours.report, true), signals(asked, theirs.report, native));
  if (native) same("argv", ours.report.argv, theirs.report.argv);
  else same("argv", argv(asked, ours.report), argv(asked, theirs.report));
  for (const key of SAME) same(key, ours.report[key], theirs.report[key]);
  // No program may rely on the order of its environment. A name that is there twice is a difference, though.
  same("env", ours.report.env.toSorted(), theirs.report.env.toSorted());
  return found;
}

const SAME = ["cwd", "exe", "uid", "gid", "groups", "umask", "limits", "nice", "ioPriority", "scheduler"].concat([
  "affinity",
  "noNewPrivileges",
  "seccomp",
  "dieWithParent",
  "root",
  "namespaces",
  "cgroup",
]) as (keyof Report)[];

/** The written files, without those that a request makes by opening them. */
function beside(written: Observation["written"]): unknown {
  return Object.entries(written).filter(([name]) => !name.startsWith("opened/"));
}

function refusal({ refused }: Observation): unknown {
  if (refused === undefined) return "none";
  const { name, code, isTypeError } = refused;
  return { name, code, isTypeError };
}

/** argv, without argv[0] where Deno.Command makes that the path that it found: others leave it as written. */
function argv({ family, request }: Asked, { argv }: Report): readonly string[] {
  const looked = request.program === "relative" || request.program === "bare";
  return family === "deno" && looked ? argv.slice(1) : argv;
}

/**
 * The fds of a child, as far as a request determines them.
 *
 * Two things differ on purpose. A pipe is a pipe by a native engine, which /dev/stdout can open again, and a socket by
 * others. And /dev/null may be open for reading, writing or both.
 */
function kinds({ face, request }: Asked, report: Report, leaked: ReadonlySet<number> | undefined): unknown {
  // A blocking call without input gives the child an end of input, by an empty pipe or by /dev/null.
  const unfed = face === "spawnSync" && request.stdio[0] === "pipe" && request.action.do !== "cat";
  return report.fds
    .filter(({ fd }) => !leaked?.has(fd) && !(fd === 0 && unfed))
    .map(({ fd, kind, target, access, append, nonblock, path, cloexec, tty, offset }: ReportedFd) => {
      const common = { fd, nonblock, path, cloexec, tty };
      if (kind === "pipe" || kind === "socket") return { ...common, kind: "a pipe" };
      if (target === "/dev/null") return { ...common, target };
      return { ...common, kind, target, access, append, offset };
    });
}

/**
 * The fds that a runtime's own spawn leaves open in the child: all that are open without CLOEXEC. Ringspawn's engines
 * close them. Deno also leaves a copy of each fd open that it is given by number.
 */
function leaks({ request, family }: Asked, { leaky, report }: Observation): Set<number> {
  const asked = [0, 1, 2, ...Object.keys(request.extra).map(Number)];
  const found = [...leaky];
  const fds = report?.fds ?? [];
  const given = fds.filter(({ fd, kind }) => fd <= 2 && kind === "file").map(({ target }) => target);
  if (family === "deno") found.push(...fds.filter(({ target }) => given.includes(target)).map(({ fd }) => fd));
  return new Set(found.filter((fd) => !asked.includes(fd)));
}

/**
 * Ringspawn's engines start every program with all signals at their default and none blocked. A runtime's own spawn may
 * hand on what this program ignores and blocks, and no more than that.
 */
function signals({ family }: Asked, { signals: { mask, ignored, caught } }: Report, native: boolean): unknown {
  const { leavesIgnored }: Api = RUNTIMES[family].own;
  const more = (list: readonly number[], ours: ReadonlySet<number>): readonly number[] =>
    native ? list : list.filter((signal) => !ours.has(signal) && !leavesIgnored.includes(signal));
  return { mask: more(mask, BLOCKED), ignored: more(ignored, IGNORED), caught };
}

/** The signals that this program was started with. */
const [IGNORED, BLOCKED] = ["SigIgn", "SigBlk"].map((field): ReadonlySet<number> => {
  const bits = BigInt(`0x${status(field)}`);
  return new Set(Array.from({ length: 64 }, (_, i) => i + 1).filter((signal) => (bits >> BigInt(signal - 1)) & 1n));
}) as [ReadonlySet<number>, ReadonlySet<number>];

/** JSON with its keys in the order of their names. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? "undefined"
  );
}

export function brief(text: string): string {
  return text.length <= 1500 ? text : `${text.slice(0, 1200)} … (${text.length} characters) … ${text.slice(-200)}`;
}
