/**
 * What somebody may try who calls us and is hostile, by the permissions that the program has. side-by-side.test.ts
 * makes each attempt with every engine of ours and with Deno's own API, and fails on any that only ours allow.
 */
import type { CommandOptions } from "ringspawn";
import { library } from "./run.ts";

export interface Attempt {
  readonly name: string;
  readonly command: string;
  readonly options?: CommandOptions;
  /** By which face of ours. Default: `Command.outputSync()`. */
  readonly face?: "outputSync" | "output" | "spawn" | "start" | "bun" | "bunSync" | "pool";
  /** A file that the program opens before. Its fd takes the place of the text "own" in the options. */
  readonly opens?: string;
  /** What the program does to its own environment before. */
  readonly sets?: Readonly<Record<string, string>>;
  /** How Deno's own API says the same, where that is not Deno.Command. */
  readonly own?: { readonly file: string; readonly open: keyof typeof OPEN_OPTIONS };
  /**
   * Where Deno's own API cannot say it: what is right by docs/permissions.md. It runs natively, or is a NotCapable with
   * this message, or no engine there is has it.
   */
  readonly expect?: "runs" | "unserved" | { readonly refused: string };
  /** The engine of `auto` where it runs as Deno lets it. Default: a native one. */
  readonly engine?: "runtime";
  /** What ours print, where Deno itself runs another file than the one that it has looked up. */
  readonly instead?: string;
  /** Ours throws a TypeError before anything is looked at. */
  readonly isUsage?: boolean;
}

/** What an attempt has come to. */
export interface Outcome {
  readonly code?: number | string;
  readonly stdout?: string;
  readonly engine?: string;
  readonly error?: string;
  readonly message?: string;
}

export interface Group {
  readonly name: string;
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Deno's permission broker decides, and denies what this matches: `run:/bin/true` and the like. */
  readonly denies?: RegExp;
  readonly list: readonly Attempt[];
}

export const OPEN_OPTIONS = {
  r: { read: true },
  "r+": { read: true, write: true },
  w: { write: true, create: true, truncate: true },
  "w+": { read: true, write: true, create: true, truncate: true },
  a: { append: true, create: true },
  "a+": { read: true, append: true, create: true },
} as const;

const ffi = `--allow-ffi=${library}`;
const [bin, text] = [0o755, 0o644];

/** The files of all attempts, below a folder `s`. Each program tells who it is. */
export function makeFiles(s: string): void {
  const file = (path: string, content: string, mode: number): void => {
    Deno.mkdirSync(`${s}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(`${s}/${path}`, content, { mode });
    Deno.chmodSync(`${s}/${path}`, mode);
  };
  const program = (path: string, who: string): void => file(path, `#!/bin/sh\necho ${who}\n`, bin);
  program("bin/tool", "allowed");
  program("bin/other", "OTHER");
  program("bin/TOOL", "UPPER CASE");
  program("bin/\u00e9", "allowed");
  program("bin/e\u0301", "ANOTHER UNICODE");
  for (const name of ["tool", "ls", "bin/tool", "usr/bin/ls", "bin/ls"]) program(`evil/${name}`, "EVIL");
  program("evil/deep/usr/bin/ls", "EVIL");
  program("bin/byname", "BY NAME");
  program("evil/byname", "BY NAME, EVIL");
  file("bin/text", "echo from the shell\n", bin);
  file("bin/plain", "#!/bin/sh\necho PLAIN\n", text);
  file("bin/env", '#!/bin/sh\necho "$A,$B,$ORACLE"\n', bin);
  file("bin/ids", '#!/bin/sh\necho "$(id -u) $(id -g) $(id -G)"\n', bin);
  file("bin/stdin", "#!/bin/sh\nreadlink /proc/self/fd/0\n", bin);
  Deno.mkdirSync(`${s}/bin/folder`, { recursive: true });
  for (const folder of ["evil/a/b/c", "evil/x", "files/ro", "out"])
    Deno.mkdirSync(`${s}/${folder}`, { recursive: true });
  Deno.symlinkSync("bin/tool", `${s}/link`);
  Deno.symlinkSync(`${s}/evil/x`, `${s}/into-evil`);
  Deno.symlinkSync("bin", `${s}/bin-link`);
  Deno.linkSync(`${s}/bin/tool`, `${s}/hard`);
  for (const name of ["f", "g", "ro/f", "w", "a", "r+", "w+", "a+"]) file(`files/${name}`, "content\n", text);
  file("out/secret", "secret\n", text);
  for (const [link, to] of [
    ["to-f", "f"],
    ["to-secret", "../out/secret"],
    ["to-environ", "/proc/self/environ"],
    ["to-mem", "/proc/self/mem"],
    ["to-link", "to-environ"],
    ["dangling", "nothing"],
    ["loop", "loop"],
    ["to-null", "/dev/null"],
    ["to-stdin", "/dev/stdin"],
    ["proc", "/proc/self"],
  ] as const) {
    Deno.symlinkSync(to, `${s}/files/${link}`);
  }
  Deno.linkSync(`${s}/out/secret`, `${s}/files/hard`);
}

export function groups(s: string): Group[] {
  return [
    someMayRun(s),
    environment(s),
    inheritedLoader(s),
    setupWithSome(s),
    setupWithAll(s),
    butSome(s),
    files(s),
    filesWithAll(s),
    fds(s),
    fdsWithAll(s),
    unreadableEnvironment(s),
    unreadableEnvironmentAndSome(s),
    nothingMayRun(s),
    brokerForRun(s),
    brokerForRun(s, [ffi, "--allow-run"]),
    brokerForOthers(s),
    brokerUnseen(),
  ];
}

// eslint-disable-next-line max-lines-per-function -- a table
function someMayRun(s: string): Group {
  const allowed = ["tool", "text", "plain", "folder", "gone", "\u00e9"].map((name) => `${s}/bin/${name}`);
  const tool = `${s}/bin/tool`;
  const up = "../".repeat(20);
  const path = (PATH: string, more: CommandOptions = {}): CommandOptions => ({ ...more, env: { PATH } });
  const plain = (name: string, command: string, options?: CommandOptions): Attempt => ({
    name,
    command,
    ...(options !== undefined && { options }),
  });
  const byDeno = (name: string, command: string, options: CommandOptions): Attempt => ({
    ...plain(name, command, options),
    engine: "runtime",
  });
  return {
    name: "some may run",
    flags: [ffi, `--allow-run=${[...allowed, "ls"].join(",")}`, "--allow-env"],
    list: [
      plain("the path", tool),
      plain("another path", `${s}/bin/other`),
      plain("slashes doubled", `/${s}//bin///tool`),
      plain("a dot", `${s}/bin/./tool`),
      plain("two dots", `${s}/bin/../bin/tool`),
      plain("two dots behind what is not there", `${s}/nothing/../bin/tool`),
      plain("two dots above the root", `/../..${s}/bin/tool`),
      plain("a slash at the end", `${tool}/`),
      plain("a dot at the end", `${tool}/.`),
      plain("two dots at the end", `${tool}/..`),
      plain("relative", "./bin/tool"),
      plain("relative to cwd", "./tool", { cwd: `${s}/bin` }),
      plain("relative to a relative cwd", "./tool", { cwd: "bin" }),
      plain("relative to a cwd of another", "./tool", { cwd: `${s}/evil` }),
      plain("relative to a cwd by a symbolic link", "./tool", { cwd: `${s}/bin-link` }),
      plain("a cwd that only as text is the right one", "../bin/tool", { cwd: `${s}/into-evil` }),
      plain("a path that only as text is the right one", `${s}/into-evil/../bin/tool`),
      plain("a symbolic link to it", `${s}/link`),
      plain("by a symbolic link to its folder", `${s}/bin-link/tool`),
      plain("a hard link to it", `${s}/hard`),
      plain("/proc/self/cwd", "/proc/self/cwd/bin/tool"),
      plain("/proc/self/cwd and up", `/proc/self/cwd/${up}usr/bin/ls`, { cwd: `${s}/evil/a/b/c` }),
      plain("/proc/self/cwd and up three", "/proc/self/cwd/../../../usr/bin/ls", { cwd: `${s}/evil/a/b/c` }),
      plain("/proc/self/root", `/proc/self/root${tool}`),
      plain("/proc/thread-self/root", `/proc/thread-self/root${tool}`),
      plain("/dev/fd", "/dev/fd/0"),
      plain("/proc/self/exe", "/proc/self/exe"),
      plain("another case", `${s}/bin/TOOL`),
      plain("a letter composed", `${s}/bin/\u00e9`),
      plain("a letter decomposed", `${s}/bin/e\u0301`),
      plain("a lone surrogate", `${s}/bin/\ud800`),
      plain("a space at the end", `${tool} `),
      plain("a star", `${s}/bin/*`),
      plain("a path longer than any", `${s}/${"a/../".repeat(2000)}bin/tool`),
      plain("a name longer than any", `${s}/bin/${"a".repeat(5000)}`),
      { ...plain("NUL", `${tool}\0x`), isUsage: true },
      plain("nothing", ""),
      plain("a text without #!", `${s}/bin/text`),
      plain("not executable", `${s}/bin/plain`),
      plain("a folder", `${s}/bin/folder`),
      plain("not there", `${s}/bin/gone`),
      plain("a name", "ls", { args: ["/dev/null"] }),
      plain("a name of another", "cat"),
      plain("a name that nothing has", "nothing-of-this-name"),
      plain("a name, PATH of another folder", "ls", path(`${s}/evil`)),
      plain("a name, PATH with another folder first", "ls", {
        ...path(`${s}/evil:/usr/bin:/bin`),
        args: ["/dev/null"],
      }),
      byDeno("a name, PATH with nothing first", "ls", { ...path("/nowhere:/usr/bin:/bin"), args: ["/dev/null"] }),
      plain("a name, PATH with one folder", "ls", { ...path("/usr/bin"), args: ["/dev/null"] }),
      plain("a name, PATH empty", "ls", path("", { cwd: `${s}/evil` })),
      byDeno("a name, an empty entry first", "ls", { ...path(":/usr/bin", { cwd: `${s}/evil` }), args: ["/dev/null"] }),
      plain("a name, an empty entry alone", "ls", path(":", { cwd: `${s}/evil` })),
      plain("a name, a dot in PATH", "ls", path(".", { cwd: `${s}/evil` })),
      byDeno("a name, a dot first in PATH", "ls", { ...path(".:/usr/bin", { cwd: `${s}/evil` }), args: ["/dev/null"] }),
      plain("a name, a relative entry", "ls", path("evil")),
      plain("a name, a relative entry of what may run", "tool", path("bin")),
      plain("a name, its folder in PATH", "tool", path(`${s}/bin`)),
      plain("a name, its folder by two dots", "tool", path(`${s}/evil/../bin`)),
      { ...plain("a name, its folder only as text", "tool", path(`${s}/into-evil/../bin`)), instead: "allowed\n" },
      plain("a name, two folders that may be", "tool", path(`${s}/evil:${s}/bin`)),
      plain("a name, no environment", "ls", { clearEnv: true, args: ["/dev/null"] }),
      plain("a name, PATH alone", "ls", { clearEnv: true, env: { PATH: `${s}/evil` } }),
      { ...plain("a name, PATH of the program changed", "ls"), sets: { PATH: `${s}/evil:/usr/bin` } },
      { ...plain("a name, PATH of the program its folder", "tool"), sets: { PATH: `${s}/bin` } },
      { ...plain("a variable of the loader set by the program", tool), sets: { LD_PRELOAD: "/x.so" } },
      { ...plain("that taken away", tool), sets: { LD_PRELOAD: "", PATH: "/usr/bin:/bin" } },
      plain("cwd is not there", tool, { cwd: `${s}/nothing` }),
      plain("cwd is a file", tool, { cwd: tool }),
      plain("cwd of a name", "ls", { cwd: `${s}/evil`, args: ["/dev/null"] }),
      ...(["output", "spawn", "start", "bun", "bunSync"] as const).flatMap((face) => [
        { name: `${face}: the path`, command: tool, face },
        { name: `${face}: another path`, command: `${s}/bin/other`, face },
        { name: `${face}: only as text`, command: `${s}/into-evil/../bin/tool`, face },
      ]),
    ],
  };
}

function environment(s: string): Group {
  const of = (name: string, env: Record<string, string>, clearEnv = false): Attempt => ({
    name,
    command: `${s}/bin/env`,
    options: { env, clearEnv },
  });
  return {
    name: "an environment of its own",
    flags: [ffi, `--allow-run=${s}/bin/env`, "--allow-env"],
    list: [
      of("a variable", { A: "1" }),
      of("LD_PRELOAD", { LD_PRELOAD: "/x.so" }),
      of("LD_LIBRARY_PATH, nothing else", { LD_LIBRARY_PATH: "/x" }, true),
      of("LD_AUDIT and DYLD_INSERT_LIBRARIES", { LD_AUDIT: "/x", DYLD_INSERT_LIBRARIES: "/y" }),
      of("small letters", { ld_preload: "/x.so" }),
      of("mixed letters", { Ld_Preload: "/x.so" }),
      of("a space first", { " LD_PRELOAD": "/x.so" }),
      of("a tab first", { "\tLD_PRELOAD": "/x.so" }),
      of("a no-break space first", { "\u00a0LD_PRELOAD": "/x.so" }),
      of("a next line first", { "\u0085LD_PRELOAD": "/x.so" }),
      of("a byte order mark first", { "\ufeffLD_PRELOAD": "/x.so" }),
      of("an empty value", { LD_PRELOAD: "" }),
      of("a space for a value", { LD_PRELOAD: " " }),
      of("LD alone", { LD: "/x.so" }),
      of("LD_ in the middle", { XLD_PRELOAD: "/x.so" }),
      of("a line break before it", { "A\nLD_PRELOAD": "/x.so" }),
      of("GCONV_PATH", { GCONV_PATH: "/x" }),
      { ...of("an equals sign in the name", { "LD_PRELOAD=x": "1" }), isUsage: true },
      { ...of("NUL in the value", { A: "1\0LD_PRELOAD=x" }), isUsage: true },
    ],
  };
}

function inheritedLoader(s: string): Group {
  const command = `${s}/bin/env`;
  return {
    name: "a variable of the loader is inherited",
    flags: [ffi, `--allow-run=${command}`, "--allow-env"],
    env: { LD_ORACLE: "1" },
    list: [
      { name: "as it is", command },
      { name: "with more", command, options: { env: { LD_PRELOAD: "/x.so" } } },
      { name: "made empty", command, options: { env: { LD_ORACLE: "" } } },
      { name: "left out", command, options: { clearEnv: true } },
      { name: "another program", command: "/bin/cat" },
    ],
  };
}

const SETUP: Readonly<Record<string, unknown>> = {
  processGroup: 0,
  groups: [],
  umask: 0o077,
  priority: 5,
  ioPriority: { class: "idle" },
  affinity: [0],
  scheduler: { policy: "batch" },
  limits: { nofile: 64 },
  signals: { ignore: ["SIGHUP"] },
  root: "/",
  namespaces: ["uts"],
  noNewPrivileges: true,
  dieWithParent: true,
  closeFds: false,
  fds: { 3: { pipe: "out" } },
};

function setupWithSome(s: string): Group {
  const command = `${s}/bin/ids`;
  const refused = (option: string): { refused: string } => ({
    refused: `Requires --allow-run permissions to spawn subprocess with ${option}`,
  });
  const attempts = Object.entries({ ...SETUP, cgroup: "/sys/fs/cgroup" }).map(([key, value]) => ({
    name: `setup.${key}`,
    command,
    options: { setup: { [key]: value } },
    expect: refused(`setup.${key}`),
  }));
  const terminal = { session: true, controllingTerminal: true };
  return {
    name: "setup where some may run",
    flags: [ffi, `--allow-run=${command}`, "--allow-env"],
    list: [
      ...attempts,
      {
        name: "setup.controllingTerminal",
        command,
        options: { setup: terminal },
        expect: refused("setup.controllingTerminal"),
      },
      { name: "uid", command, options: { uid: 65534 } },
      { name: "gid", command, options: { gid: 65534 } },
      { name: "uid and gid", command, options: { uid: 65534, gid: 65534 } },
      { name: "setup.session", command, options: { setup: { session: true } }, expect: "runs" },
      { name: "detached", command, options: { detached: true }, face: "spawn" },
      { name: "a pool", command, face: "pool", expect: { refused: run("a child of the pool") } },
      {
        name: "argv0",
        command,
        face: "bun",
        options: { argv0: "cat" } as CommandOptions,
        expect: refused("argv0"),
      },
      {
        name: "a terminal",
        command,
        face: "bun",
        options: { terminal: {} } as CommandOptions,
        expect: refused("a terminal"),
      },
    ],
  };
}

function setupWithAll(s: string): Group {
  const command = `${s}/bin/ids`;
  return {
    name: "setup where all may run",
    flags: [ffi, "--allow-run", "--allow-env"],
    list: Object.entries(SETUP).map(([key, value]) => ({
      name: `setup.${key}`,
      command,
      options: { setup: { [key]: value } },
      expect: "runs",
    })),
  };
}

function butSome(s: string): Group {
  return {
    name: "all may run but some",
    flags: [ffi, "--allow-run", `--deny-run=${s}/bin/tool,cat,byname`, "--allow-env"],
    list: [
      { name: "one of them", command: `${s}/bin/tool` },
      { name: "one of them, relative to cwd", command: "./tool", options: { cwd: `${s}/bin` } },
      { name: "one of them, as text", command: `${s}/into-evil/../bin/tool` },
      { name: "one of them by its name", command: "cat" },
      { name: "one of them by another path", command: "/usr/bin/cat" },
      { name: "a symbolic link to one of them", command: `${s}/link` },
      { name: "another", command: `${s}/bin/other` },
      { name: "another by its name", command: "ls", options: { args: ["/dev/null"] }, engine: "runtime" },
      {
        name: "another by its name, in one folder",
        command: "true",
        options: { env: { PATH: "/usr/bin" } },
        engine: "runtime",
      },
      {
        name: "a name, a folder that is another in the child",
        command: "tool",
        options: { cwd: `${s}/evil`, env: { PATH: "/proc/self/cwd/bin" } },
        engine: "runtime",
      },
      { name: "one denied by a name that nothing has", command: `${s}/bin/byname` },
      { name: "that one relative to cwd", command: "./byname", options: { cwd: `${s}/bin` } },
      { name: "that one by a link of the name", command: `${s}/evil/byname` },
      { name: "by a relative entry of PATH", command: "other", options: { env: { PATH: "bin" } }, engine: "runtime" },
      { name: "a variable of the loader", command: `${s}/bin/other`, options: { env: { LD_PRELOAD: "/x" } } },
      {
        name: "setup.root",
        command: "/bin/true",
        options: { setup: { root: "/" } },
        expect: { refused: "Requires --allow-run permissions to spawn subprocess with setup.root" },
      },
    ],
  };
}

function fileAttempt(s: string, file: string, open: keyof typeof OPEN_OPTIONS = "r"): Attempt {
  const options: CommandOptions = { setup: { fds: { 3: { file, open } } } };
  return { name: `${open} ${file.replace(s, "…")}`, command: "/bin/true", options, own: { file, open } };
}

// eslint-disable-next-line max-lines-per-function -- a table
function files(s: string): Group {
  const f = `${s}/files`;
  const at = (file: string, open?: keyof typeof OPEN_OPTIONS): Attempt => fileAttempt(s, file, open);
  return {
    name: "files where some may be read and written",
    flags: [
      ffi,
      "--allow-run",
      "--allow-env",
      `--allow-read=${f},/proc,/dev,/sys`,
      `--allow-write=${f},/proc,/dev`,
      `--deny-write=${f}/ro`,
    ],
    list: [
      at(`${f}/f`),
      at("files/f"),
      at(`${f}/w`, "w"),
      at(`${f}/a`, "a"),
      at(`${f}/r+`, "r+"),
      at(`${f}/w+`, "w+"),
      at(`${f}/a+`, "a+"),
      at(`${f}/new`, "w"),
      at(`${f}/ro/f`),
      at(`${f}/ro/f`, "w"),
      at(`${f}/ro/new`, "a"),
      at(`${s}/out/secret`),
      at(`${s}/out/secret`, "a"),
      at(`${f}/../out/secret`),
      at(`${s}/nothing/../files/f`),
      at(`${f}/f/`),
      at(`${f}//f`),
      at(`${f}/to-f`),
      at(`${f}/to-secret`),
      at(`${f}/hard`),
      at(`${f}/to-environ`),
      at(`${f}/to-mem`, "r+"),
      at(`${f}/to-mem`, "a"),
      at(`${f}/to-link`),
      at(`${f}/to-null`, "w"),
      at(`${f}/to-stdin`),
      at(`${f}/proc/environ`),
      at(`${f}/proc/root/etc/passwd`),
      at(`${f}/dangling`),
      at(`${f}/loop`),
      at(`${f}/nothing`),
      at(`${f}/`),
      at(`${f}/f/x`),
      at("/proc/self/environ"),
      at("//proc/self/environ"),
      at("/proc/self/mem"),
      at("/proc/self/mem", "r+"),
      at("/proc/self/mem", "w"),
      at("/proc/thread-self/environ"),
      at("/proc/self/task/../environ"),
      at("/proc/self/root/etc/passwd"),
      at(`/proc/self/root${f}/f`),
      at("/proc/self/cwd/files/f"),
      at("/proc/self/fd/0"),
      at("/proc/self/fd/3"),
      at("/proc/1/environ"),
      at("/proc/cpuinfo"),
      at("/dev/fd/0"),
      at("/dev/fd/3", "r+"),
      at("/dev/stdin"),
      at("/dev/null"),
      at("/dev/null", "r+"),
      at("/dev/zero"),
      at("/dev/full"),
      at("/dev/mem", "r+"),
      at("/sys/kernel/mm/transparent_hugepage/enabled"),
      at("/etc/passwd"),
      at("/etc/passwd", "a"),
      at(`${f}/${"x".repeat(300)}`),
      { ...at(`${f}/f\0`), isUsage: true },
      {
        name: "a file for a prespawned child",
        command: "/bin/true",
        face: "pool",
        options: { setup: { fds: { 3: { file: `${s}/out/secret`, open: "w" } } } },
        expect: { refused: `Requires write access to "${s}/out/secret", run again with the --allow-write flag` },
      },
    ],
  };
}

function filesWithAll(s: string): Group {
  return {
    name: "files where all is allowed",
    flags: ["--allow-all"],
    list: ["/proc/self/environ", "/proc/self/status", "/dev/full", `${s}/files/to-environ`, `${s}/out/secret`].map(
      (file) => fileAttempt(s, file),
    ),
  };
}

/** As Deno says it of the file by which Deno would open the fd. */
function refusedFd(fd: number): { refused: string } {
  return { refused: `Requires all access to "/proc/self/fd/${fd}", run again with the --allow-all flag` };
}

const FD_FLAGS: readonly string[] = [
  "--allow-net",
  "--allow-sys",
  "--allow-import",
  "--allow-env",
  "--allow-read",
  "--allow-write",
];

function fds(s: string): Group {
  const command = `${s}/bin/stdin`;
  const own = "own" as unknown as number;
  // Deno's own: what it waits with, its database, the pipe by which it hears of signals.
  const foreign = [3, 4, 5, 9, 251].map((fd) => ({
    name: `fd ${fd} for stdin`,
    command,
    options: { stdin: fd },
    expect: refusedFd(fd),
  }));
  return {
    name: "fds where all may run, and files be read and written",
    flags: [ffi, "--allow-run", ...FD_FLAGS.slice(3)],
    list: [
      ...foreign,
      { name: "fd 0 for stdin", command, options: { stdin: 0 } },
      { name: "fd 2 for stdin", command, options: { stdin: 2 } },
      { name: "an fd of its own for stdin", command, options: { stdin: own }, opens: `${s}/files/f` },
      {
        name: "an fd of its own beyond 2",
        command,
        options: { setup: { fds: { 7: own } } },
        opens: `${s}/files/f`,
        expect: "runs",
      },
      { name: "fd 3 beyond 2", command, options: { setup: { fds: { 7: 3 } } }, expect: refusedFd(3) },
      { name: "fd 9 by inherit", command, options: { setup: { fds: { 9: "inherit" } } }, expect: refusedFd(9) },
      { name: "fd 5 for stdout", command, options: { stdout: 5 }, expect: refusedFd(5) },
      { name: "no fd", command, options: { stdin: 900 }, expect: refusedFd(900) },
      { name: "fd 3 given away", command, options: { setup: { fds: { 7: { give: 3 } } } }, expect: refusedFd(3) },
      {
        name: "an fd given away that it has not",
        command,
        options: { setup: { fds: { 7: { give: 900 } } } },
        expect: refusedFd(900),
      },
      { name: "a pty", command, options: { setup: { fds: { 7: { pty: true } } } }, expect: "runs" },
      { name: "a pair of sockets", command, options: { setup: { fds: { 7: { pipe: "both" } } } }, expect: "runs" },
      { name: "fd 3 for a cgroup", command, options: { setup: { cgroup: 3 } }, expect: refusedFd(3) },
      { name: "fd 3 for a pool", command, face: "pool", options: { stdin: 3 }, expect: refusedFd(3) },
    ],
  };
}

function fdsWithAll(s: string): Group {
  const command = `${s}/bin/stdin`;
  return {
    name: "fds where each permission is given",
    flags: [...FD_FLAGS, "--allow-run", "--allow-ffi"],
    list: [
      { name: "fd 9 for stdin", command, options: { stdin: 9 } },
      { name: "fd 9 beyond 2", command, options: { setup: { fds: { 7: 9 } } }, expect: "runs" },
    ],
  };
}

function unreadableEnvironment(s: string): Group {
  const command = `${s}/bin/env`;
  return {
    name: "all may run, the environment may not be read",
    flags: [ffi, "--allow-run"],
    env: { ORACLE: "inherited" },
    list: [
      { name: "inherited", command },
      { name: "with one more", command, options: { env: { A: "1" } }, engine: "runtime" },
      { name: "with one other", command, options: { env: { ORACLE: "2" } }, engine: "runtime" },
      { name: "by a name", command: "true", engine: "runtime" },
      { name: "by a name, with PATH", command: "env", options: { env: { PATH: `${s}/bin` } }, engine: "runtime" },
      { name: "its own", command, options: { clearEnv: true, env: { A: "1" } } },
      { name: "with a variable of the loader", command, options: { env: { LD_ORACLE: "1" } }, engine: "runtime" },
      { name: "output: with one more", command, face: "output", options: { env: { A: "1" } }, engine: "runtime" },
      { name: "start: with one more", command, face: "start", options: { env: { A: "1" } }, engine: "runtime" },
    ],
  };
}

function unreadableEnvironmentAndSome(s: string): Group {
  const command = `${s}/bin/env`;
  return {
    name: "some may run, one variable may be read",
    flags: [ffi, `--allow-run=${command}`, "--allow-env=PATH"],
    env: { LD_ORACLE: "inherited" },
    list: [
      { name: "inherited", command },
      { name: "with one more", command, options: { env: { A: "1" } } },
      { name: "without that of the loader", command, options: { env: { LD_ORACLE: "" } }, engine: "runtime" },
      { name: "its own", command, options: { clearEnv: true, env: { A: "1" } } },
      { name: "its own with one of the loader", command, options: { clearEnv: true, env: { LD_A: "1" } } },
      { name: "another program", command: "/bin/cat", options: { clearEnv: true } },
    ],
  };
}

function nothingMayRun(s: string): Group {
  const command = `${s}/bin/tool`;
  return {
    name: "the library may be loaded, nothing may run",
    flags: [ffi, "--allow-env", "--allow-read", "--allow-write"],
    list: [
      ...(["outputSync", "output", "spawn", "start", "bun", "bunSync"] as const).map((face) => ({
        name: face,
        command,
        face,
      })),
      { name: "a pool", command, face: "pool", expect: { refused: run("a child of the pool") } },
      { name: "by a name", command: "true" },
      {
        name: "in another root",
        command,
        options: { setup: { root: "/" } },
        expect: { refused: "Requires --allow-run permissions to spawn subprocess with setup.root" },
      },
    ],
  };
}

/** The flags grant more than the broker, and less: it is the broker that counts. */
function brokerForRun(s: string, flags: readonly string[] = ["--allow-all"]): Group {
  const by = (face: Attempt["face"], command: string): Attempt => ({
    name: `${face ?? "outputSync"}: ${command.replace(s, "…")}`,
    command,
    ...(face !== undefined && { face }),
    engine: "runtime",
  });
  const faces = [undefined, "output", "spawn", "start", "bun", "bunSync"] as const;
  const setup = (name: string, more: CommandOptions["setup"]): Attempt => ({
    name,
    command: `${s}/bin/tool`,
    options: { setup: { ...more } },
    expect: "unserved",
  });
  return {
    name: `a broker denies some programs, ${flags.join(" ").replace(ffi, "the library may be loaded")}`,
    flags,
    // Deno asks for all programs first, which is `run:`.
    denies: /^run:(?:|.*\/(?:other|evil\/.*|true))$/,
    list: [
      ...faces.map((face) => by(face, `${s}/bin/tool`)),
      ...faces.map((face) => by(face, `${s}/bin/other`)),
      by(undefined, "true"),
      by(undefined, "cat"),
      by(undefined, "nothing-of-this-name"),
      { ...by(undefined, "tool"), options: { env: { PATH: `${s}/evil:${s}/bin` } } },
      { ...by(undefined, `${s}/bin/env`), options: { env: { A: "1" }, clearEnv: true } },
      { ...by(undefined, `${s}/bin/env`), options: { env: { LD_ORACLE: "1" } } },
      setup("a file that may be read", { fds: { 3: { file: `${s}/files/f` } } }),
      setup("a new umask", { umask: 0o077 }),
      { ...setup("a pool", {}), face: "pool" },
    ],
  };
}

function brokerForOthers(s: string): Group {
  const command = `${s}/bin/stdin`;
  return {
    name: "a broker denies files and the environment",
    flags: ["--allow-all"],
    denies: /^(?:read|write|env|ffi):/,
    list: [
      { name: "a path", command, engine: "runtime" },
      { name: "a path, output", command, face: "output", engine: "runtime" },
      { name: "a name", command: "true", engine: "runtime" },
      { name: "a variable more", command: `${s}/bin/env`, options: { env: { A: "1" } }, engine: "runtime" },
      {
        name: "a file that may not be read",
        command: "/bin/true",
        options: { setup: { fds: { 3: { file: `${s}/out/secret` } } } },
        expect: "unserved",
      },
      { name: "fd 3 for stdin", command, options: { stdin: 3 }, expect: refusedFd(3) },
    ],
  };
}

/** Without the library nobody has looked for a broker: a read that is refused tells of it. */
function brokerUnseen(): Group {
  const engine = "runtime";
  return {
    name: "a broker denies to look for programs, the library may not be loaded",
    flags: ["--allow-run", "--allow-read", "--allow-env"],
    denies: /^read:.*\/true$/,
    list: [
      { name: "a name", command: "true", engine },
      { name: "a name, output", command: "true", face: "output", engine },
    ],
  };
}

function run(command: string): string {
  return `Requires run access to "${command}", run again with the --allow-run flag`;
}
