/* eslint max-len: off -- one case a line reads best */
import { describe, expect, test } from "vitest";
import { requestOf } from "../tests/support.js";
import type { Step } from "./engine.js";
import { refusalError, SpawnError, spawnError } from "./error.js";
import type { RequestInput } from "./request.js";
import { fdSlot, nullSlot, pipeSlot } from "./stdio.js";

const EPERM = 1;
const ENOENT = 2;
const EACCES = 13;
const EINVAL = 22;

type Case = [input: Partial<RequestInput>, errno: number, index: number, message: string, path?: string | undefined];

/** A record, so that a new step does not compile before its words are written down here. */
const CASES: { readonly [step in Step]: readonly Case[] } = {
  request: [
    [{}, EINVAL, 0, "the engine does not understand the request, which is a mistake of ringspawn: invalid argument"],
  ],
  memory: [
    [{}, 12, 0, "there is no memory for its start: not enough memory"],
    [{}, 11, 0, "this program's environment changed all the time while it was read"],
  ],
  stdio: [
    [{ slots: [fdSlot(0, 77), nullSlot(1), nullSlot(2)] }, 9, 0, "fd 77, which was to be its fd 0, is not open"],
    [{ slots: [fdSlot(0, 77)] }, 24, 0, "fd 77 could not become its fd 0: too many open files in this process"],
    [
      { slots: [nullSlot(0), pipeSlot(1)] },
      24,
      1,
      "no pipe could be made for its fd 1: too many open files in this process",
    ],
    [{ slots: [nullSlot(0)] }, ENOENT, 0, "/dev/null could not be opened for its fd 0: no such file or directory"],
    [{ setup: { fds: { 5: { file: "/no" } } } }, ENOENT, 3, "the file '/no' for its fd 5 does not exist", "/no"],
    [
      { setup: { fds: { 5: { file: "/a" } } } },
      EACCES,
      3,
      "the file '/a' for its fd 5 could not be opened: permission denied",
      "/a",
    ],
    [{}, 24, 99, "its fds could not be opened: too many open files in this process"],
  ],
  cgroup: [
    [{ cgroup: "/c" }, ENOENT, 0, "the cgroup '/c' does not exist", "/c"],
    [
      { cgroup: "/c" },
      16,
      0,
      "the cgroup '/c' cannot hold processes: its controllers are switched on for the cgroups below it",
      "/c",
    ],
    [{ cgroup: "/c" }, EACCES, 0, "this program may not put processes into the cgroup '/c'", "/c"],
    [{ cgroup: 7 }, 9, 0, "the cgroup of fd 7 is not an open cgroup v2 directory", undefined],
    [{ cgroup: 7 }, 11, 0, "the cgroup of fd 7 takes no further process: its pids.max is reached", undefined],
    [{ cgroup: 7 }, 95, 0, "the cgroup of fd 7 is of a type that takes no processes", undefined],
    [{ cgroup: 7 }, 5, 0, "the cgroup of fd 7 did not take it: input/output error", undefined],
  ],
  birth: [
    [{}, 11, 0, "no further process may be started: RLIMIT_NPROC, pids.max of the cgroup or threads-max is reached"],
    [{}, 12, 0, "there is no memory for another process, or its pid namespace has ended"],
    [{}, EPERM, 0, "this program may not start processes that way"],
    [{}, 38, 0, "no process could be born: not implemented by this kernel, or forbidden by a sandbox"],
  ],
  namespaces: [
    [
      { setup: { namespaces: ["pid", "net"] } },
      EPERM,
      0,
      "it cannot have new namespaces (pid, net): that takes CAP_SYS_ADMIN, or a user namespace where those are allowed",
    ],
    [
      { setup: { namespaces: ["user"] } },
      28,
      0,
      "it cannot have new namespaces (user): there are as many, or as deeply nested, as the system allows",
    ],
    [
      { setup: { namespaces: ["time"] } },
      EINVAL,
      0,
      "it cannot have new namespaces (time): this kernel does not have them, or not together",
    ],
    [{ setup: { namespaces: ["time"] } }, 12, 0, "it cannot have new namespaces (time): not enough memory"],
  ],
  session: [[{ detached: true }, EPERM, 0, "it cannot lead a new session: not permitted"]],
  processGroup: [
    [{ setup: { processGroup: 9 } }, EPERM, 0, "it cannot join the process group 9: this session has no such group"],
    [{ setup: { processGroup: 9 } }, EINVAL, 0, "it cannot join the process group 9: invalid argument"],
  ],
  fds: [
    [{ setup: { fds: { 900: "null" } } }, 9, 3, "its fd 900 could not be set up: 900 is not below RLIMIT_NOFILE"],
    [
      { setup: { fds: { 9: 5 } } },
      9,
      3,
      "its fd 9 could not be set up: fd 5 is not open, or 9 is not below RLIMIT_NOFILE",
    ],
    [{ setup: { fds: { 9: 5 } } }, 24, 3, "its fd 9 could not be set up: too many open files in this process"],
    [{}, 9, 99, "its fds could not be put in their places: not an open fd"],
  ],
  controllingTerminal: [
    [
      { detached: true, setup: { controllingTerminal: 0 } },
      25,
      0,
      "its fd 0 cannot be its controlling terminal: it is not a terminal",
    ],
    [
      { detached: true, setup: { controllingTerminal: 2 } },
      EPERM,
      0,
      "its fd 2 cannot be its controlling terminal: another session has that terminal",
    ],
    [
      { detached: true, setup: { controllingTerminal: 2 } },
      5,
      0,
      "its fd 2 cannot be its controlling terminal: input/output error",
    ],
  ],
  limits: [
    [
      { setup: { limits: { core: 0, nofile: 9 } } },
      EPERM,
      1,
      "its limit nofile could not be set: a hard limit is only raised with CAP_SYS_RESOURCE, and never above the system's own",
    ],
    [
      { setup: { limits: { core: 0 } } },
      EINVAL,
      0,
      "its limit core could not be set: the soft limit would be above the hard one",
    ],
    [{ setup: { limits: { as: 0 } } }, 14, 0, "its limit as could not be set: bad address"],
  ],
  priority: [
    [
      { setup: { priority: -5 } },
      EACCES,
      0,
      "it cannot have the priority -5: a lower nice value takes CAP_SYS_NICE or a higher RLIMIT_NICE",
    ],
    [{ setup: { priority: -5 } }, 3, 0, "it cannot have the priority -5: no such process"],
  ],
  ioPriority: [
    [
      { setup: { ioPriority: { class: "realtime" } } },
      EPERM,
      0,
      "it cannot have that I/O priority: the realtime class takes CAP_SYS_ADMIN or CAP_SYS_NICE",
    ],
    [{ setup: { ioPriority: { class: "idle" } } }, EINVAL, 0, "it cannot have that I/O priority: invalid argument"],
  ],
  affinity: [
    [
      { setup: { affinity: [90, 91] } },
      EINVAL,
      0,
      "it cannot run on the CPUs 90, 91 alone: none of them is there and allowed",
    ],
    [{ setup: { affinity: [0] } }, EPERM, 0, "it cannot run on the CPUs 0 alone: not permitted"],
  ],
  scheduler: [
    [
      { setup: { scheduler: { policy: "fifo" } } },
      EPERM,
      0,
      "it cannot have that scheduler: a realtime policy takes CAP_SYS_NICE or a higher RLIMIT_RTPRIO",
    ],
    [{ setup: { scheduler: { policy: "idle" } } }, EINVAL, 0, "it cannot have that scheduler: invalid argument"],
  ],
  umask: [
    [
      { setup: { umask: 0 } },
      38,
      0,
      "its umask could not be set: not implemented by this kernel, or forbidden by a sandbox",
    ],
  ],
  root: [
    [{ setup: { root: "/r" } }, ENOENT, 0, "the root directory '/r' does not exist", "/r"],
    [{ setup: { root: "/r" } }, EPERM, 0, "the root directory '/r' cannot be entered: that takes CAP_SYS_CHROOT", "/r"],
  ],
  cwd: [
    [{ cwd: "/nope" }, ENOENT, 0, "No such cwd '/nope'", "/nope"],
    [{ cwd: "/etc/passwd" }, 20, 0, "cwd is not a directory '/etc/passwd'", "/etc/passwd"],
    [{ cwd: "/root" }, EACCES, 0, "the working directory '/root' may not be entered: permission denied", "/root"],
    [{ cwd: "/l" }, 40, 0, "the working directory '/l' cannot be entered: too many symbolic links", "/l"],
    [{ cwd: "/w", setup: { root: "/r" } }, ENOENT, 0, "No such cwd '/w' inside the root '/r'", "/w"],
    [
      { setup: { root: "/r" } },
      EACCES,
      0,
      "the working directory '/' inside the root '/r' may not be entered: permission denied",
      "/",
    ],
  ],
  groups: [
    [{ setup: { groups: [5] } }, EPERM, 0, "its supplementary groups could not be set: that takes CAP_SETGID"],
    [
      { setup: { groups: [5] } },
      EINVAL,
      0,
      "its supplementary groups could not be set: this user namespace has no such group",
    ],
  ],
  gid: [[{ gid: 7 }, EPERM, 0, "its gid could not become 7: that takes CAP_SETGID"]],
  uid: [
    [{ uid: 7 }, EPERM, 0, "its uid could not become 7: that takes CAP_SETUID"],
    [{ uid: 7 }, EINVAL, 0, "its uid could not become 7: this user namespace has no such uid"],
    [{ uid: 7 }, 11, 0, "its uid could not become 7: that user has as many processes as RLIMIT_NPROC allows"],
    [{ uid: 7 }, 12, 0, "its uid could not become 7: not enough memory"],
  ],
  dieWithParent: [
    [{ setup: { dieWithParent: true } }, 3, 0, "it cannot be made to end with this program, which has ended already"],
    [
      { file: "/bin/su", setup: { dieWithParent: true } },
      EPERM,
      0,
      "it cannot be made to end with this program: '/bin/su', or its interpreter, is setuid, setgid or has capabilities, and the kernel spares such programs that signal",
    ],
    [
      { setup: { dieWithParent: true, uid: 7 } },
      EPERM,
      -1,
      "it cannot be made to end with this program: this program lacks CAP_KILL, and may not signal user 7, and the kernel spares such programs that signal",
    ],
    [
      { setup: { dieWithParent: true } },
      EPERM,
      -1,
      "it cannot be made to end with this program: exec as root would give it capabilities that this program lacks, or this program may not signal root, and the kernel spares such programs that signal",
    ],
  ],
  noNewPrivileges: [
    [{ setup: { noNewPrivileges: true } }, EINVAL, 0, "it cannot be kept from new privileges: invalid argument"],
  ],
  closeFds: [
    [
      {},
      38,
      0,
      "the fds that it was not to have could not be closed: not implemented by this kernel, or forbidden by a sandbox",
    ],
  ],
  signals: [
    [{}, EINVAL, 2, "what it does on SIGINT could not be set: invalid argument"],
    [{}, EINVAL, 40, "what it does on signal 40 could not be set: invalid argument"],
  ],
  mask: [[{}, EINVAL, 0, "its signal mask could not be set: invalid argument"]],
  file: [
    [{ file: "/nope/x" }, ENOENT, 0, "the file '/nope/x' does not exist", "/nope/x"],
    [{ file: "./x", cwd: "/tmp" }, ENOENT, 0, "the file './x' (seen from '/tmp') does not exist", "./x"],
    [
      { file: "/x", cwd: "/tmp", setup: { root: "/r" } },
      ENOENT,
      0,
      "the file '/x' inside the root '/r' does not exist",
      "/x",
    ],
    [{ file: "" }, ENOENT, 0, 'Executable not found in $PATH: ""', undefined],
    [{ file: "x" }, ENOENT, 1, 'Executable not found in $PATH: "x", which was looked for in /usr/bin, /bin', "x"],
    [
      { file: "x", env: { PATH: ":/" } },
      ENOENT,
      1,
      'Executable not found in $PATH: "x", which was looked for in ., /',
      "x",
    ],
    [
      { file: "x", env: { PATH: Array.from({ length: 25 }, (_, i) => `/${i}`).join(":") } },
      ENOENT,
      0,
      'Executable not found in $PATH: "x", which was looked for in /0, /1, /2, /3, /4, /5, /6, /7, /8, /9, /10, /11, /12, /13, /14, /15, /16, /17, /18, /19 and 5 more',
      "x",
    ],
    [
      { file: "x", env: { PATH: "/etc/passwd" } },
      20,
      0,
      'Executable not found in $PATH: "x", which was looked for in /etc/passwd',
      "/etc/passwd/x",
    ],
    [{ file: "/etc/passwd/x" }, 20, 0, "a part of the path '/etc/passwd/x' is not a directory", "/etc/passwd/x"],
    [
      { file: "/tmp" },
      EACCES,
      0,
      "'/tmp' may not be executed: it is a directory, lacks the permission, or is on a noexec filesystem",
      "/tmp",
    ],
    [
      { file: "x" },
      EACCES,
      1,
      "'/bin/x' may not be executed: it is a directory, lacks the permission, or is on a noexec filesystem",
      "/bin/x",
    ],
    [{ file: "/tmp" }, 21, 0, "'/tmp' is a directory", "/tmp"],
    [{ file: "/x" }, EPERM, 0, "'/x' may not be executed: not permitted", "/x"],
    [{ file: "/x" }, 8, 0, "'/x' is not a program: no format the kernel knows, and no #! in its first line", "/x"],
    [{ args: ["a"] }, 7, 0, "its arguments and environment are too long (2 arguments)", "/usr/bin/true"],
    [{ file: "/x" }, 11, 0, "its user has as many processes as RLIMIT_NPROC allows", "/x"],
    [{ file: "/x" }, 26, 0, "'/x' could not be executed: program is being written to", "/x"],
  ],
  interpreter: [
    [{ file: "/x/script" }, ENOENT, 0, "the interpreter that '/x/script' names does not exist", "/x/script"],
    [{ file: "/x/script" }, EACCES, 0, "the interpreter that '/x/script' names may not be executed", "/x/script"],
    [
      { file: "/x/script" },
      40,
      0,
      "the interpreters that '/x/script' begins with name each other too often",
      "/x/script",
    ],
    [
      { file: "/x/script" },
      80,
      0,
      "the interpreter that '/x/script' names could not be started: a shared library is damaged",
      "/x/script",
    ],
  ],
};

const CODES: Record<number, string> = { 1: "EPERM", 2: "ENOENT", 13: "EACCES", 22: "EINVAL", 9: "EBADF", 7: "E2BIG" };

describe.each(Object.entries(CASES) as [Step, readonly Case[]][])("step %s", (step, cases) => {
  test.each(cases)("%o, errno %i", (input, errno, index, sentence, path) => {
    const request = requestOf(input);
    const error = spawnError(request, "vfork", { errno, step, index });
    const code = CODES[errno] ?? error.code;
    expect(error.message).toBe(`Failed to spawn '${request.file}': ${sentence} (${step}, ${code})`);
    expect(error).toMatchObject({ name: "Error", code, errno: -errno, syscall: "spawn", step, engine: "vfork" });
    // Where the step is about no path of its own, it is the command's.
    const own = ["cgroup", "root", "cwd", "file", "interpreter"].includes(step);
    expect(error.path).toBe(own ? path : (path ?? request.file));
  });
});

describe("the runtime's own spawn, which does not say what failed", () => {
  test("the words are those of the errno, and no more", () => {
    const cause = new Error("spawn x EACCES");
    const error = spawnError(requestOf({ file: "x" }), "runtime", { errno: EACCES, step: undefined, index: 0, cause });
    expect(error.message).toBe("Failed to spawn 'x': permission denied (EACCES)");
    expect(error).toMatchObject({ step: undefined, path: "x", engine: "runtime", cause });
  });

  test("a missing file may be the command or the working directory", () => {
    const at = (errno: number): string =>
      spawnError(requestOf({ cwd: "/w" }), "runtime", { errno, step: undefined, index: 0 }).message;
    expect(at(ENOENT)).toBe(
      "Failed to spawn 'true': no such file or directory: either 'true' or the working directory '/w' is missing (ENOENT)",
    );
    expect(at(20)).toContain("a part of 'true' or of the working directory '/w'");
    expect(at(24)).toBe("Failed to spawn 'true': too many open files in this process (EMFILE)");
  });
});

describe("refusals", () => {
  const cgroup = { engine: "runtime", option: "setup.cgroup", reason: "child_process has no such option" } as const;
  const absent = { engine: "io_uring", option: undefined, reason: "it is not part of this build" } as const;

  test("name the option, the engines asked, and the engine that could", () => {
    const error = refusalError(requestOf({}), { engine: undefined, rejected: [cgroup] }, ["vfork"]);
    expect(error).toBeInstanceOf(SpawnError);
    expect(error).toMatchObject({ code: "ENOTSUP", errno: -95, step: undefined, engine: undefined, path: "true" });
    expect(error.message).toBe(
      "Failed to spawn 'true': the engine asked for cannot do it " +
        "(runtime: setup.cgroup: child_process has no such option); vfork could",
    );
  });

  test("say so when nobody could", () => {
    expect(refusalError(requestOf({}), { engine: undefined, rejected: [absent, cgroup] }, []).message).toBe(
      "Failed to spawn 'true': none of the engines asked for can do it (io_uring: it is not part of this build; " +
        "runtime: setup.cgroup: child_process has no such option); no other engine could here",
    );
  });
});

test("an error without a cause has none, not even an undefined one", () => {
  const error = spawnError(requestOf(), "vfork", { errno: ENOENT, step: "file", index: 0 });
  expect(Object.hasOwn(error, "cause")).toBe(false);
  expect(error.stack).toContain("Error: Failed to spawn");
});
