/** The only maker of {@link SpawnError}: turns the numbers of an engine into a sentence. */
import { bare } from "./builtins.js";
import { type Choice, printRejection } from "./choose.js";
import type { EngineName, Failure, Step } from "./engine.js";
import type { Host } from "./host.js";
import { UNSEEN, whyNotExecutable } from "./not-executable.js";
import { ENOTSUP, NAMESPACES, errnoCode, errnoText, limitName, signalName } from "./numbers.js";
import { isMisread } from "./path.js";
import type { SpawnRequest } from "./request.js";
import type { Slot } from "./stdio.js";

const EPERM = 1;
const ENOENT = 2;
const ESRCH = 3;
const E2BIG = 7;
const ENOEXEC = 8;
const EBADF = 9;
const EAGAIN = 11;
const ENOMEM = 12;
const EACCES = 13;
const EBUSY = 16;
const ENOTDIR = 20;
const EISDIR = 21;
const EINVAL = 22;
const ENOTTY = 25;
const ENOSPC = 28;
const ENOSYS = 38;
const ELOOP = 40;
const EUSERS = 87;
const EOPNOTSUPP = 95;

const NO_TERMINAL = "Failed to open a terminal";

interface Details {
  readonly errno: number;
  readonly step: Step | undefined;
  readonly path: string | undefined;
  readonly engine: EngineName | undefined;
  readonly cause?: unknown;
}

/**
 * A process that could not be started. Nothing is left of the attempt, and the program never ran. Its `name` is
 * "Error", as of the errors of Node and Bun, or that of the runtime's own class for such errors, as in Deno.
 */
export class SpawnError extends Error {
  /** `"ENOENT"`, … ; `"ENOTSUP"` when no engine asked for can serve the request. */
  readonly code: string;
  /** Negative, as Node and Bun give it. */
  readonly errno: number;
  readonly syscall: string = "spawn";
  /**
   * What failed. Undefined for `ENOTSUP`, and when the runtime's own spawn failed: that does not tell, and looking at
   * the paths afterwards did not show it.
   */
  readonly step: Step | undefined;
  /** What the step was about: the working directory, the program, a file of `setup.fds`, …; else the command. */
  readonly path: string | undefined;
  /** The engine that tried; undefined when no engine could. */
  readonly engine: EngineName | undefined;
  readonly #made = true;

  /** True also for an error that {@link inClassOf} has put into a class of the runtime. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && #made in value;
  }

  constructor(message: string, { errno, step, path, engine, cause }: Details) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = errnoCode(errno);
    this.errno = -errno;
    this.step = step;
    this.path = path;
    this.engine = engine;
  }
}

/** The same error, as an instance of the class that the runtime has for errors with this code, if it has one. */
export function inClassOf<T>(host: Host, error: T, step?: Step): T {
  if (!(error instanceof Error)) return error;
  const { code } = error as { code?: unknown };
  const Class = typeof code === "string" ? host.errorClass?.(code, step) : undefined;
  if (Class === undefined) return error;
  Object.defineProperty(error, "name", bare({ value: Class.name, configurable: true, writable: true }));
  return Object.setPrototypeOf(error, Class.prototype as object) as T;
}

/** An engine tried and failed. */
export function spawnError(request: SpawnRequest, engine: EngineName, failure: Failure, host?: Host): SpawnError {
  const { errno, step, cause } = failure;
  const where = step === undefined ? "" : `${step}, `;
  const why = sentence(request, failure, host);
  const message = `Failed to spawn '${request.file}': ${why} (${where}${errnoCode(errno)})`;
  return new SpawnError(message, { errno, step, path: pathOf(request, failure), engine, cause });
}

/** An engine tried to open a terminal without a process, and failed. */
export function terminalError(engine: EngineName, { errno, step, cause }: Failure): SpawnError {
  const message = `${NO_TERMINAL}: ${errnoText(errno)} (${errnoCode(errno)})`;
  return new SpawnError(message, { errno, step, path: undefined, engine, cause });
}

/** No engine asked for can serve the request, or open a terminal (where it is undefined); `others` could. */
export function refusalError(
  request: SpawnRequest | undefined,
  { rejected }: Choice,
  others: readonly EngineName[],
): SpawnError {
  const reasons = rejected.map(printRejection).join("; ");
  const could = others.length === 0 ? "no other engine could here" : `${others.join(" or ")} could`;
  const asked = rejected.length === 1 ? "the engine asked for cannot" : "none of the engines asked for can";
  const what = request === undefined ? NO_TERMINAL : `Failed to spawn '${request.file}'`;
  const message = `${what}: ${asked} do it (${reasons}); ${could}`;
  return new SpawnError(message, { errno: ENOTSUP, step: undefined, path: request?.file, engine: undefined });
}

/** What failed and why, without the command at the front. */
// eslint-disable-next-line max-lines-per-function -- it answers for every step
function sentence(request: SpawnRequest, { errno, step, index }: Failure, host: Host | undefined): string {
  const { setup } = request;
  const text = errnoText(errno);
  switch (step) {
    case undefined:
      return unknownStep(request, errno);
    case "request":
      return `the engine does not understand the request, which is a mistake of ringspawn: ${text}`;
    case "memory":
      return errno === EAGAIN
        ? "this program's environment changed all the time while it was read"
        : `there is no memory for its start: ${text}`;
    case "stdio":
      return stdioSentence(request.slots[index], errno);
    case "cgroup":
      return cgroupSentence(setup.cgroup, errno);
    case "birth":
      return birthSentence(errno);
    case "namespaces":
      return `it cannot have new namespaces (${namespaceNames(setup.namespaces ?? 0)}): ${namespaceReason(errno)}`;
    case "session":
      return `it cannot lead a new session: ${text}`;
    case "processGroup":
      return `it cannot join the process group ${setup.processGroup}: ${
        errno === EPERM || errno === ESRCH ? "this session has no such group" : text
      }`;
    case "fds":
      return fdsSentence(request.slots[index], errno);
    case "controllingTerminal":
      return `its fd ${setup.controllingTerminal ?? 0} cannot be its controlling terminal: ${
        errno === ENOTTY ? "it is not a terminal" : errno === EPERM ? "another session has that terminal" : text
      }`;
    case "limits":
      return limitSentence(setup.limits?.[index]?.resource, errno);
    case "priority":
      return `it cannot have the priority ${setup.priority}: ${
        errno === EACCES || errno === EPERM ? "a lower nice value takes CAP_SYS_NICE or a higher RLIMIT_NICE" : text
      }`;
    case "ioPriority":
      return `it cannot have that I/O priority: ${
        errno === EPERM ? "the realtime class takes CAP_SYS_ADMIN or CAP_SYS_NICE" : text
      }`;
    case "affinity":
      return `it cannot run on the CPUs ${setup.affinity?.join(", ")} alone: ${
        errno === EINVAL ? "none of them is there and allowed" : text
      }`;
    case "scheduler":
      return `it cannot have that scheduler: ${
        errno === EPERM ? "a realtime policy takes CAP_SYS_NICE or a higher RLIMIT_RTPRIO" : text
      }`;
    case "umask":
      return `its umask could not be set: ${text}`;
    case "root":
      return `the root directory '${setup.root}' ${
        errno === EPERM ? "cannot be entered: that takes CAP_SYS_CHROOT" : directoryReason(errno)
      }`;
    case "cwd":
      return cwdSentence(request, errno);
    case "groups":
      return `its supplementary groups could not be set: ${idReason("group", errno, "CAP_SETGID")}`;
    case "gid":
      return `its gid could not become ${setup.gid}: ${idReason("gid", errno, "CAP_SETGID")}`;
    case "uid":
      return `its uid could not become ${setup.uid}: ${idReason("uid", errno, "CAP_SETUID")}`;
    case "dieWithParent":
      return `it cannot be made to end with this program${deathReason(request, index, errno)}`;
    case "noNewPrivileges":
      return `it cannot be kept from new privileges: ${text}`;
    case "closeFds":
      return `the fds that it was not to have could not be closed: ${text}`;
    case "signals":
      return `what it does on ${signalName(index) ?? `signal ${index}`} could not be set: ${text}`;
    case "mask":
      return `its signal mask could not be set: ${text}`;
    case "file":
      return fileSentence(request, index, errno, host);
    case "interpreter":
      return interpreterSentence(request, index, errno);
  }
}

/** The runtime's own spawn gives an errno, and the paths did not show more, so the sentence must not say more. */
function unknownStep({ file, cwd }: SpawnRequest, errno: number): string {
  const text = errnoText(errno);
  if (cwd === undefined) return text;
  if (errno === ENOENT) return `${text}: either '${file}' or the working directory '${cwd}' is missing`;
  if (errno === ENOTDIR) return `${text}: a part of '${file}' or of the working directory '${cwd}'`;
  return text;
}

function stdioSentence(slot: Slot | undefined, errno: number): string {
  const text = errnoText(errno);
  switch (slot?.kind) {
    case "null":
      return `/dev/null could not be opened for its fd ${slot.target}: ${text}`;
    case "fd":
      return errno === EBADF
        ? `fd ${slot.fd}, which was to be its fd ${slot.target}, is not open`
        : `fd ${slot.fd} could not become its fd ${slot.target}: ${text}`;
    case "pipe":
      return `no pipe could be made for its fd ${slot.target}: ${text}`;
    case "socket":
      return `no pair of sockets could be made for its fd ${slot.target}: ${text}`;
    case "open terminal":
      return `the terminal could not become its fd ${slot.target}: ${text}`;
    case "pty":
    case "terminal":
      return `no pseudo-terminal could be had for its fd ${slot.target}: ${text}`;
    case "file":
      return errno === ENOENT
        ? `the file '${slot.path}' for its fd ${slot.target} does not exist`
        : `the file '${slot.path}' for its fd ${slot.target} could not be opened: ${text}`;
    default:
      return `its fds could not be opened: ${text}`;
  }
}

function fdsSentence(slot: Slot | undefined, errno: number): string {
  if (slot === undefined) return `its fds could not be put in their places: ${errnoText(errno)}`;
  if (errno !== EBADF && errno !== EINVAL) return `its fd ${slot.target} could not be set up: ${errnoText(errno)}`;
  const closed = slot.kind === "fd" ? `fd ${slot.fd} is not open, or ` : "";
  return `its fd ${slot.target} could not be set up: ${closed}${slot.target} is not below RLIMIT_NOFILE`;
}

function cgroupSentence(cgroup: string | number | undefined, errno: number): string {
  const which = typeof cgroup === "number" ? `the cgroup of fd ${cgroup}` : `the cgroup '${cgroup}'`;
  switch (errno) {
    case ENOENT:
      return `${which} does not exist`;
    case EBADF:
      return `${which} is not an open cgroup v2 directory`;
    case EBUSY:
      return `${which} cannot hold processes: its controllers are switched on for the cgroups below it`;
    case EACCES:
      return `this program may not put processes into ${which}`;
    case EAGAIN:
      return `${which} takes no further process: its pids.max is reached`;
    case EOPNOTSUPP:
      return `${which} is of a type that takes no processes`;
    default:
      return `${which} did not take it: ${errnoText(errno)}`;
  }
}

function birthSentence(errno: number): string {
  switch (errno) {
    case EAGAIN:
      return "no further process may be started: RLIMIT_NPROC, pids.max of the cgroup or threads-max is reached";
    case ENOMEM:
      return "there is no memory for another process, or its pid namespace has ended";
    case EPERM:
      return "this program may not start processes that way";
    default:
      return `no process could be born: ${errnoText(errno)}`;
  }
}

function namespaceNames(bits: number): string {
  const names = Object.entries(NAMESPACES).filter(([, bit]) => (bits & bit) !== 0);
  return names.map(([name]) => name).join(", ");
}

function namespaceReason(errno: number): string {
  switch (errno) {
    case EPERM:
      return "that takes CAP_SYS_ADMIN, or a user namespace where those are allowed";
    case ENOSPC:
    case EUSERS:
      return "there are as many, or as deeply nested, as the system allows";
    case EINVAL:
      return "this kernel does not have them, or not together";
    default:
      return errnoText(errno);
  }
}

function limitSentence(resource: number | undefined, errno: number): string {
  const name = resource === undefined ? undefined : limitName(resource);
  const reason =
    errno === EPERM
      ? "a hard limit is only raised with CAP_SYS_RESOURCE, and never above the system's own"
      : errno === EINVAL
        ? "the soft limit would be above the hard one"
        : errnoText(errno);
  return `its limit ${name ?? `number ${resource}`} could not be set: ${reason}`;
}

/** For a directory that is none, in the words that programs written for Deno look for. */
function cwdSentence(request: SpawnRequest, errno: number): string {
  const named = `'${request.cwd ?? "/"}'${inRoot(request)}`;
  if (errno === ENOENT) return `No such cwd ${named}`;
  if (errno === ENOTDIR) return `cwd is not a directory ${named}`;
  return `the working directory ${named} ${directoryReason(errno)}`;
}

function directoryReason(errno: number): string {
  switch (errno) {
    case ENOENT:
      return "does not exist";
    case ENOTDIR:
      return "is not a directory";
    case EACCES:
      return "may not be entered: permission denied";
    default:
      return `cannot be entered: ${errnoText(errno)}`;
  }
}

function idReason(what: string, errno: number, capability: string): string {
  switch (errno) {
    case EPERM:
      return `that takes ${capability}`;
    case EINVAL:
      return `this user namespace has no such ${what}`;
    case EAGAIN:
      return "that user has as many processes as RLIMIT_NPROC allows";
    default:
      return errnoText(errno);
  }
}

function fileSentence(request: SpawnRequest, index: number, errno: number, host: Host | undefined): string {
  const { file } = request;
  const path = request.candidates[index] ?? file;
  const bare = !file.includes("/");
  const from = path.startsWith("/") || request.cwd === undefined ? "" : ` (seen from '${request.cwd}')`;
  const named = `'${path}'${from}${inRoot(request)}`;
  switch (errno) {
    case ENOENT:
      if (bare) return notFoundSentence(request, host);
      return `the file ${named} does not exist`;
    case ENOTDIR:
      if (bare) return notFoundSentence(request, host);
      return `a part of the path ${named} is not a directory`;
    case EACCES:
      return `${named} may not be executed: ${host === undefined ? UNSEEN : whyNotExecutable(host, request, path)}`;
    case EISDIR:
      return `${named} is a directory`;
    case EPERM:
      return `${named} may not be executed: ${errnoText(errno)}`;
    case ENOEXEC:
      return `${named} is not a program: no format the kernel knows, and no #! in its first line`;
    case E2BIG:
      return `its arguments and environment are too long (${request.argv.length} arguments)`;
    case EAGAIN:
      return "its user has as many processes as RLIMIT_NPROC allows";
    default:
      return `${named} could not be executed: ${errnoText(errno)}`;
  }
}

/** In the words that programs written for Bun look for. */
function notFoundSentence(request: SpawnRequest, host: Host | undefined): string {
  const where = searched(request);
  const found = `Executable not found in $PATH: ${JSON.stringify(request.file)}`;
  const path = request.env?.PATH ?? host?.getenv("PATH");
  const isCut = host !== undefined && path !== undefined && isMisread(host, path);
  const end = isCut ? "; an entry of PATH is not UTF-8, and ends the search" : "";
  return where === "" ? found + end : `${found}${inRoot(request)}, which was looked for in ${where}${end}`;
}

function deathReason(request: SpawnRequest, index: number, errno: number): string {
  if (errno === ESRCH) return ", which has ended already";
  if (errno !== EPERM) return `: ${errnoText(errno)}`;
  // No program is to blame, but the ids that the child begins with.
  if (index < 0) return `: ${idsAreSpared(request.setup)}, and the kernel spares such programs that signal`;
  const named = `'${request.candidates[index] ?? request.file}'${inRoot(request)}, or its interpreter,`;
  return `: ${named} is setuid, setgid or has capabilities, and the kernel spares such programs that signal`;
}

function idsAreSpared({ uid = 0 }: SpawnRequest["setup"]): string {
  if (uid !== 0) return `this program lacks CAP_KILL, and may not signal user ${uid}`;
  return "exec as root would give it capabilities that this program lacks, or this program may not signal root";
}

function interpreterSentence(request: SpawnRequest, index: number, errno: number): string {
  const named = `'${request.candidates[index] ?? request.file}'${inRoot(request)}`;
  switch (errno) {
    case ENOENT:
      return `the interpreter that ${named} names does not exist`;
    case EACCES:
      return `the interpreter that ${named} names may not be executed`;
    case ELOOP:
      return `the interpreters that ${named} begins with name each other too often`;
    case ENOSYS:
      return `the interpreter that ${named} names is for another machine`;
    default:
      return `the interpreter that ${named} names could not be started: ${errnoText(errno)}`;
  }
}

/** The directories of the search, as far as they fit into a message. */
function searched({ file, candidates }: SpawnRequest): string {
  if (file === "" || candidates[0] === "") return "";
  const all = candidates.map((candidate) => candidate.slice(0, -file.length - 1) || "/");
  const shown = all.slice(0, 20).join(", ");
  return all.length > 20 ? `${shown} and ${all.length - 20} more` : shown;
}

function inRoot({ setup }: SpawnRequest): string {
  return setup.root === undefined ? "" : ` inside the root '${setup.root}'`;
}

function pathOf(request: SpawnRequest, { errno, step, index }: Failure): string | undefined {
  switch (step) {
    case "cwd":
      return request.cwd ?? "/";
    case "root":
      return request.setup.root;
    case "cgroup":
      return typeof request.setup.cgroup === "string" ? request.setup.cgroup : undefined;
    case "stdio": {
      const slot = request.slots[index];
      return slot?.kind === "file" ? slot.path : request.file;
    }
    case "file":
      // The program was found nowhere: no candidate is more to blame than the others. An empty command is no path.
      if (errno === ENOENT && !request.file.includes("/")) return request.file || undefined;
      return request.candidates[index] ?? request.file;
    case "interpreter":
      return request.candidates[index] ?? request.file;
    default:
      return request.file;
  }
}
