/**
 * Every member of the three APIs whose shape ours has, and what becomes of it. scripts/compat.mjs makes docs/compat.md
 * of this, asks the runtimes themselves whether a member is missing here, and looks for each test that is named.
 */

/** What a member or a behaviour is: the same as the original; more than that, or more right; not there. */
type State = "same" | "better" | "not";

/**
 * What it is, what becomes of it, how it is better or why it is not there (empty for the same), and the tests. Some ask
 * the original and ours: `oracle deno: QUESTION`, `oracle bun: CASE`, `node PROGRAM: SCENE` (conformance/programs/node/
 * child-process), `deno lives: CASE`, `bun lives: CASE`, `deno FILE: TEST`, `bun FILE: TEST`. `FILE: CASE` is a case of
 * conformance (`register` of its folder `node`).
 */
export type Row = readonly [what: string, state: State, how: string, ...tests: string[]];

/** A table of rows, by what has these members, or by the subject. */
export type Api = { readonly [owner: string]: readonly Row[] };

const OTHER_SYSTEM = "for Windows only, where ours is the runtime's own as well";

export const deno: Api = {
  Deno: [
    ["Command", "same", "", "oracle deno: is a class"],
    [
      "ChildProcess",
      "same",
      "under register, children of ours are instances of Deno's class",
      "oracle deno: ChildProcess: constructed with what is none",
    ],
    ["spawn", "same", "", "oracle deno: spawn(): both overloads"],
    ["spawnAndWait", "same", "", "oracle deno: spawnAndWait(): both overloads"],
    ["spawnAndWaitSync", "same", "", "oracle deno: spawnAndWaitSync(): both overloads"],
    ["kill", "same", "it stays Deno's, and reaches our children as any other", "oracle deno: Deno.kill() of a child"],
  ],
  CommandOptions: [
    [
      "args",
      "better",
      "what is no array is a mistake that is told, and not ignored",
      "oracle deno: args that are no array",
    ],
    [
      "cwd",
      "better",
      "of a file as cwd the code is ENOTDIR whichever method it was",
      "oracle deno: cwd that is a file",
    ],
    ["env", "better", "a name that cannot be one is told, and not dropped", "oracle deno: a name of env with an ="],
    ["clearEnv", "same", "", "oracle deno: clearEnv with env"],
    ["uid", "same", "", "oracle deno: uid and gid"],
    ["gid", "same", "", "oracle deno: uid and gid"],
    ["signal", "same", "", "oracle deno: output() with an aborted signal"],
    ["stdin", "same", "", "oracle deno: stdio of spawn()"],
    ["stdout", "same", "", "oracle deno: an fd's number"],
    ["stderr", "same", "", "oracle deno: stdio of output()"],
    ["windowsRawArguments", "same", OTHER_SYSTEM, "oracle deno: windowsRawArguments"],
    ["detached", "same", "", "oracle deno: detached leads a session"],
  ],
  Command: [
    ["constructor", "same", "", "oracle deno: its name and methods"],
    ["output", "same", "", "oracle deno: the bytes of output()"],
    ["outputSync", "same", "", "oracle deno: stdio of outputSync()"],
    ["spawn", "same", "", "oracle deno: each call starts it anew"],
  ],
  ChildProcess: [
    ["constructor", "same", "", "oracle deno: ChildProcess: constructed with what is none"],
    ["pid", "same", "", "oracle deno: its members"],
    ["stdin", "same", "", "oracle deno: what is written arrives"],
    ["stdout", "same", "", "oracle deno: chunks"],
    ["stderr", "same", "", "oracle deno: stderr that is not piped"],
    ["status", "better", "it resolves after a real-time signal, too", "oracle deno: a real-time signal"],
    ["output", "same", "", "oracle deno: output() twice"],
    [
      "kill",
      "better",
      "the message names what was given and what would do",
      "oracle deno: kill() of what is no signal",
    ],
    ["ref", "same", "", "oracle deno: ref() and unref() return nothing"],
    ["unref", "same", "", "oracle deno: ref() and unref() return nothing"],
    ["Symbol(Symbol.asyncDispose)", "same", "", "oracle deno: disposal of one that ignores SIGTERM"],
  ],
  CommandStatus: [
    ["success", "same", "", "oracle deno: status of an exit"],
    ["code", "same", "", "oracle deno: every exit code"],
    ["signal", "better", "of a real-time signal its number", "oracle deno: a real-time signal"],
  ],
  CommandOutput: [
    ["success", "same", "", "oracle deno: the bytes of output()"],
    ["code", "same", "", "oracle deno: each call starts it anew"],
    ["signal", "same", "", "oracle deno: output() with an aborted signal"],
    ["stdout", "same", "", "oracle deno: stdout of output() that is not piped"],
    ["stderr", "same", "", "oracle deno: stdout of outputSync() that is not piped"],
  ],
  SubprocessReadableStream: [
    [
      "constructor",
      "better",
      "it has the name of its type; Deno's has an inner one",
      "oracle deno: classes of the streams",
    ],
    ["arrayBuffer", "same", "", "oracle deno: bytes() and arrayBuffer()"],
    ["bytes", "same", "", "oracle deno: bytes() and arrayBuffer()"],
    ["json", "same", "", "oracle deno: json()"],
    ["text", "same", "", "oracle deno: text()"],
  ],
};

const SIGNAL_OF_SYNC =
  "a blocking call with one is Bun's own; an engine that cannot learn of an abort refuses it if asked for by name";

export const bun: Api = {
  Bun: [
    ["spawn", "same", "", "oracle bun: cmd inside"],
    ["spawnSync", "same", "", "oracle bun: sync, cmd inside"],
  ],
  Options: [
    ["cmd", "same", "", "oracle bun: cmd empty"],
    ["cwd", "better", "the error's path is that of cwd; a URL is taken", "oracle bun: the path of an error about cwd"],
    ["detached", "same", "", "oracle bun: detached"],
    ["uid", "same", "", "oracle bun: uid and gid"],
    ["gid", "same", "", "oracle bun: uid and gid"],
    ["cgroup", "same", "", "oracle bun: cgroup that is missing, and one that is closed"],
    ["env", "same", "", "oracle bun: env default is the one of the start"],
    ["stdio", "same", "", "oracle bun: what an extra fd is in the child, by its word"],
    [
      "stdin",
      "better",
      "a stream that is at its end is taken by spawnSync",
      "oracle bun: sync: stdin a stream that is at its end",
    ],
    ["stdout", "better", "a file that was longer is cut off", "oracle bun: stdout to a file that is longer"],
    ["stderr", "same", "", "oracle bun: both outputs"],
    ["onExit", "same", "", "oracle bun: order of exited and onExit"],
    ["onDisconnect", "same", "", "oracle bun: ipc: what the callbacks get"],
    [
      "ipc",
      "better",
      "a message that cannot be understood is told as such, and not as the end of the channel; no handle comes with " +
        "a message, so that under register a call with `ipc` is Bun's own",
      "oracle bun: ipc: a function and what becomes nothing, as JSON",
    ],
    ["serialization", "same", "", "oracle bun: ipc: rich values there and back"],
    ["windowsHide", "same", OTHER_SYSTEM, "oracle bun: unknown options, and those of Windows"],
    ["windowsVerbatimArguments", "same", OTHER_SYSTEM, "oracle bun: unknown options, and those of Windows"],
    ["argv0", "same", "", "oracle bun: argv0 bad"],
    ["signal", "same", SIGNAL_OF_SYNC, "oracle bun: sync: a signal that time aborts, whichever engine can"],
    ["timeout", "same", "", "oracle bun: timeout with killSignal"],
    ["killSignal", "same", "", "oracle bun: killSignal bad"],
    ["maxBuffer", "better", "what is no number is told, and is not no limit", "oracle bun: maxBuffer bad"],
    ["lazy", "same", "", "oracle bun: lazy: unread stdout is not drained"],
    ["terminal", "same", "", "oracle bun: terminal: the child's stdio, session and size"],
  ],
  Subprocess: [
    ["connected", "same", "", "oracle bun: ipc: disconnect by the parent"],
    ["disconnect", "same", "", "oracle bun: ipc: disconnect by the parent"],
    ["exitCode", "same", "", "oracle bun: exit code"],
    ["exited", "same", "", "oracle bun: exited is one promise"],
    ["kill", "same", "", "oracle bun: kill with an empty, null or NaN signal"],
    ["killed", "same", "", "oracle bun: killed by a signal"],
    ["pid", "same", "", "oracle bun: the handle's members"],
    ["readable", "same", "", "oracle bun: defaults"],
    ["ref", "same", "", "oracle bun: ref and unref"],
    ["resourceUsage", "same", "", "oracle bun: resourceUsage is a new object"],
    [
      "send",
      "better",
      "false while the child leaves much unread, where Bun takes all; a handle is refused by its class's name",
      "oracle bun: ipc: what send says while the child does not read",
    ],
    ["signalCode", "same", "", "oracle bun: killed by a real-time signal"],
    ["stderr", "same", "", "oracle bun: both outputs"],
    ["stdin", "same", "", "oracle bun: FileSink: members"],
    [
      "stdio",
      "better",
      "bytes reach the child; the fd of a pipe blocks on native engines",
      "oracle bun: an extra fd made of bytes",
    ],
    ["stdout", "same", "", "oracle bun: stdout.text, bytes, json, blob"],
    ["terminal", "same", "", "oracle bun: terminal: the handle of the child"],
    ["unref", "same", "", "oracle bun: ref and unref"],
    ["writable", "same", "", "oracle bun: defaults"],
    ["Symbol(Symbol.asyncDispose)", "same", "", "oracle bun: asyncDispose"],
    ["Symbol(Symbol.toStringTag)", "same", "", "oracle bun: the handle's type"],
  ],
  FileSink: [
    ["close", "same", "", "oracle bun: FileSink: close"],
    ["flush", "same", "", "oracle bun: FileSink: write, flush, end"],
    ["end", "same", "", "oracle bun: FileSink: end with an error"],
    ["start", "same", "", "oracle bun: FileSink: start"],
    [
      "write",
      "better",
      "numbers after the end, as its type says",
      "oracle bun: FileSink: what calls after the end return",
    ],
    ["ref", "same", "", "oracle bun: FileSink: start"],
    ["unref", "same", "", "oracle bun: FileSink: start"],
    ["_getFd", "not", "undocumented, and for Bun's own modules alone: the fd of the pipe, which closes with it"],
    ["sinkId", "not", "undocumented, and for Bun's own modules alone: it tells its native classes apart"],
    ["constructor", "same", "", "oracle bun: FileSink: members"],
    ["Symbol(Symbol.toStringTag)", "same", "", "oracle bun: FileSink: as it is told apart"],
  ],
  Terminal: [
    ["constructor", "same", "", "oracle bun: terminal: members"],
    ["write", "same", "", "oracle bun: terminal: what write() returns"],
    ["resize", "same", "", "oracle bun: terminal: what cannot be a size"],
    ["setRawMode", "same", "", "oracle bun: terminal: flags and raw mode"],
    ["ref", "same", "", "bun lives: none, a terminal being open"],
    ["unref", "same", "", "bun lives: unref'd, at a terminal that is unref'd"],
    ["close", "same", "", "oracle bun: terminal: after close()"],
    ["closed", "same", "", "oracle bun: terminal: after close()"],
    ["inputFlags", "same", "", "oracle bun: terminal: flags and raw mode"],
    ["outputFlags", "same", "", "oracle bun: terminal: flags and raw mode"],
    ["localFlags", "better", "what cannot be flags is told", "oracle bun: terminal: what cannot be flags"],
    ["controlFlags", "same", "", "oracle bun: terminal: flags and raw mode"],
    [
      "Symbol(Symbol.asyncDispose)",
      "better",
      "its end is told, as that of close() is",
      "oracle bun: terminal: asyncDispose",
    ],
  ],
  TerminalOptions: [
    ["cols", "same", "", "oracle bun: terminal: any object has options"],
    ["rows", "same", "", "oracle bun: terminal: the child's stdio, session and size"],
    ["name", "same", "as in Bun, it sets no TERM", "oracle bun: terminal: TERM is that of the environment"],
    ["data", "same", "", "oracle bun: terminal: the order of what is told"],
    ["exit", "same", "", "oracle bun: terminal: the order of what is told"],
    ["drain", "same", "", "oracle bun: terminal: drain"],
  ],
  SyncSubprocess: [
    ["exitCode", "same", "", "oracle bun: sync: values"],
    ["signalCode", "same", "", "oracle bun: sync: killed"],
    ["stdout", "same", "", "oracle bun: sync: what is not piped"],
    ["stderr", "same", "", "oracle bun: sync: what is not piped"],
    ["success", "same", "", "oracle bun: sync: killed"],
    ["resourceUsage", "same", "", "oracle bun: sync: resourceUsage"],
    ["exitedDueToTimeout", "same", "", "oracle bun: sync: keys"],
    ["exitedDueToMaxBuffer", "same", "", "oracle bun: maxBuffer reached"],
    ["pid", "same", "", "oracle bun: sync: keys"],
  ],
  ResourceUsage: ["contextSwitches", "cpuTime", "maxRSS", "messages", "ops", "shmSize", "signalCount", "swapCount"].map(
    (member): Row => [
      member,
      "better",
      "its own, so that it is compared and written as JSON",
      "oracle bun: resourceUsage as JSON",
    ],
  ),
};

/** Node's own JavaScript, over ours: the test is a program that prints what it sees of these, with ours and without. */
const nodes = (program: string, ...members: readonly string[]): readonly Row[] =>
  members.map((member) => [
    member,
    "same",
    "",
    `register: child_process is the same with ringspawn beneath it: ${program}`,
  ]);
const OWN_CALLS = "register: ringspawn/child_process serves its own calls and nobody else's";

export const node: Api = {
  child_process: [
    ["ChildProcess", "same", "", OWN_CALLS],
    ["_forkChild", "same", "", OWN_CALLS],
    ["default", "same", "", OWN_CALLS],
    ...nodes("sync", "execFileSync", "execSync", "spawnSync"),
    ...nodes("ipc", "fork"),
    ...nodes("spawn", "exec", "execFile", "spawn"),
  ],
  ChildProcess: [
    ...["constructor", "Symbol(Symbol.dispose)", "spawnfile", "spawnargs", "stdio"].map(
      (member): Row => [member, "same", "it is the very class of Node", OWN_CALLS],
    ),
    ...nodes("spawn", "spawn", "kill", "signalCode", "exitCode", "killed", "pid", "stdin", "stdout", "stderr"),
    ...nodes("life", "ref", "unref"),
    ...nodes("ipc", "connected", "channel", "send", "disconnect"),
  ],
  "the result of spawnSync": nodes("sync", "status", "signal", "output", "pid", "stdout", "stderr"),
};
