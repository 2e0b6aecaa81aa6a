/* eslint-disable max-lines -- a table */
/**
 * What the originals do, a fact a row, and the test that asks them and ours. scripts/compat.mjs makes a part of
 * docs/compat.md of this, and looks for each test that is named, as for those of compat.ts.
 */
import type { Api, Row } from "./compat.ts";

/** Facts in which ours is as the original, each with the test or tests that say so, without what they begin with. */
const same = (suite: string, facts: Readonly<Record<string, string | readonly string[]>>): readonly Row[] =>
  Object.entries(facts).map(([fact, tests]) => [
    fact,
    "same",
    "",
    ...[tests].flat().map((test) => `${suite}: ${test}`),
  ]);

/** A fact in which ours is another on purpose. */
const better = (test: string, fact: string, how: string): Row => [fact, "better", how, test];

export const deno: Api = {
  "How it is called": [
    ...same("oracle deno", {
      "nothing is looked at before it runs, each call starts anew": [
        "nothing is looked at before it runs",
        "each call starts it anew",
      ],
      "`Command` is called with `new` alone, `ChildProcess` by nobody": ["is a class", "ChildProcess: constructed"],
      "`spawn()`, `output()` and `outputSync()` throw at once what cannot be started": "no such path",
      "`output()` and `outputSync()` refuse a piped stdin at once": [
        "piped stdin of output()",
        "piped stdin of outputSync()",
      ],
      "`Deno.spawn`, `spawnAndWait` and `spawnAndWaitSync` have two overloads": [
        "spawn(): both overloads",
        "spawnAndWait(): both overloads",
        "spawnAndWaitSync(): both overloads",
      ],
      "arguments both ways are a mistake, in its words": "arguments both ways",
      "`Deno.kill` reaches a child": "Deno.kill() of a child",
    }),
    ...same("deno register", {
      "the properties of `Deno` can be written and configured; a child is a `Deno.ChildProcess`":
        "a program sees the same of Deno.Command with register, and the trace says who served",
      "`Deno.run` and node:child_process go another way":
        "a program sees the same of Deno.Command with register, and the trace says who served",
    }),
  ],
  Options: [
    ...same("oracle deno", {
      "each of `args` is made a string": "args are made strings",
      "`cwd` is a path or the URL of a file": ["cwd as a path", "cwd as a URL", "the words about a URL"],
      "`env` is added to the parent's": ["env is added", "env replaces"],
      "a value of `env` that is no string, undefined too, is a TypeError": [
        "a value of env that is no string",
        "a value of env that is undefined",
      ],
      "`clearEnv` leaves `env` alone; the command is found by the parent's PATH": ["clearEnv", "clearEnv with env"],
      "who may not become another user or group gets PermissionDenied": "uid and gid without the privilege",
      "an abort sends SIGTERM": "an abort later",
      "`spawn()` inherits all three": "stdio of spawn()",
      "`output()` and `outputSync()` have no stdin, and pipe the rest": ["stdio of output()", "stdio of outputSync()"],
      "a number is an fd of this program": "an fd's number",
      "a word that is none is a TypeError": "a word that is none",
      "`detached` makes a session for `spawn()`, and for no other": [
        "detached leads a session",
        "not detached",
        "detached, of output() and outputSync()",
      ],
      "`windowsRawArguments` does nothing here": "windowsRawArguments",
    }),
    better("oracle deno: ids that are none", "an id is cut down to 32 bits", "what is no id is told"),
    better(
      "oracle deno: the words about a word of stdio",
      "the words about a word that is none are the parser's",
      "they say which option it was, and what would do",
    ),
  ],
  "The child": [
    ...same("oracle deno", {
      "a stream that is not piped throws a TypeError, in its words": [
        "stdin that is not piped",
        "stdout that is not piped",
        "stderr that is not piped",
      ],
      "streams and `status` are the same objects each time": "the same streams and promise each time",
      "killed by a signal, `code` is 128 and its number": ["every signal with a name", "status of a signal"],
      "`output()` of what is read, or was, is refused": [
        "output() while somebody reads",
        "output() twice",
        "output() after text()",
      ],
      "`kill()` sends SIGTERM, a name or a number; 0 only looks": ["kill()", "kill() by name and number", "kill(0)"],
      "`kill()` after the end is a TypeError": "kill() after the end",
      "disposal sends SIGTERM and waits, however long": ["disposal", "disposal of one that ignores SIGTERM"],
      "outputs that were not piped throw": [
        "stdout of output() that is not piped",
        "stdout of outputSync() that is not piped",
      ],
      "a stream of bytes, in chunks of up to 64 KiB, that takes a buffer": ["chunks", "a buffer of one's own"],
      "`text()` drops a byte order mark and replaces what is no UTF-8": "text()",
      "`json()` rejects with a SyntaxError": "json() of what is none",
      "what reads it all locks it": "text() twice",
    }),
    better("oracle deno: a real-time signal", "`status` rejects after a real-time signal", "it resolves"),
    better(
      "oracle deno: prototype of a status",
      "a status has no prototype",
      "an object as any other, which has toString",
    ),
    better("oracle deno: the object of output()", "what `output()` gives", "it tells the engine, too, unseen"),
    better("oracle deno: kill() of what is no signal", "`kill()` of what is no signal", "the words say what would do"),
  ],
  "What cannot be started": [
    ...same("oracle deno", {
      "a name that PATH has not, and an empty one: NotFound": ["no such name", "an empty command"],
      "a path that is not there: NotFound": ["no such path", "a #! to nowhere"],
      "what may not be executed, and a directory: PermissionDenied": ["a file that is not executable", "a directory"],
      "a text without `#!` is run by the shell": "a text without #!",
      "a cwd that is missing: NotFound": "cwd that is missing",
      "a NUL in an argument or a variable: TypeError": ["NUL in an argument", "NUL in a value of env"],
      "the words that programs look for": "the words that programs look for in messages",
      "`env.PATH` decides the search": ["env.PATH decides the search", "env.PATH without it"],
      "a relative command counts from `cwd`": "a relative command counts from cwd",
    }),
    ...same("deno side-by-side", {
      "without the permission to run it: NotCapable": "some may run",
      "a variable of the loader where some may run: NotCapable": "an environment of its own",
    }),
    better("oracle deno: NUL in the command", "a NUL in the command: NotFound", "a TypeError, as elsewhere"),
    better("oracle deno: cwd that is a file", "a cwd that is a file: two answers", "ENOTDIR both times"),
    better("oracle deno: too many arguments", "arguments too long: an Error", "a SpawnError, which is one"),
    better(
      "oracle deno: the words of an error about what PATH has found",
      "the message has the path that was found, and the errno's text",
      "it has the command as written, the step and what was wrong; under register it is Deno's",
    ),
    better(
      "oracle deno: the words of an error about what PATH has not",
      "entity not found",
      "the folders that were looked through are named",
    ),
  ],
  "Streams and life": [
    ...same("oracle deno", {
      "a signal that is aborted already: `spawn()` and `outputSync()` ignore it, `output()` kills": [
        "spawn() with an aborted signal",
        "output() with an aborted signal",
        "outputSync() with an aborted signal",
      ],
      "pipes are pipes": ["stdout is a pipe", "stdin is a pipe"],
      "output that is not read blocks the child": "unread output blocks the child",
      "output of a child that has ended can be read": "output of a child that has ended",
      "a write after the end is BrokenPipe, and so close() then rejects": "a write after the end",
      "close() alone after the end resolves": "close() after the end",
      "a chunk that is no bytes is a TypeError, in its words": "chunks that are no bytes",
      "stdin stays open until it is closed": "stdin that nobody closes",
      "a child that is not detached stays in the parent's group and session": "not detached",
    }),
    ...same("deno lives", {
      "a child that nobody awaits holds the program": ["ref'd", "unref'd and ref'd again"],
      "unref() frees the child and what is read of it, whichever came first": [
        "unref'd",
        "read, then unref'd",
        "unref'd, then read",
      ],
    }),
    better(
      "oracle deno: blocked signals and dispositions",
      "a child starts with what its parent ignores, but for SIGPIPE; nothing is blocked",
      "nothing is ignored either",
    ),
  ],
};

export const bun: Api = {
  "How it is called": [
    ...same("oracle bun", {
      "the command first, or inside of the options": ["cmd first", "cmd inside", "sync, cmd inside"],
      "null is as good as undefined": "options that are null",
    }),
    ...same("bun register", {
      "`spawn` of module bun is the property, which can be written and not configured; node:child_process uses it":
        "a program sees the same of Bun.spawn with register, and the trace says who served",
    }),
  ],
  Options: [
    ...same("oracle bun", {
      "`env` is that of the start where none is given; undefined is dropped, the rest made strings": [
        "env default is the one of the start",
        "env replaces",
      ],
      "`env` replaces; the search goes by its PATH, and by the default without": ["env's PATH decides", "env empty"],
      "`stdio` may be short, overrides, and is an array": ["stdio short", "stdio overrides", "stdio not an array"],
      "nothing, a pipe and the parent's stderr; two pipes for spawnSync": ["defaults", "sync: values"],
      "stdin takes bytes, a Blob, a Response, a Request, a stream, a file, an fd": [
        "stdin: bytes",
        "stdin: Blob, Response, Request",
        "stdin: a stream",
        "stdin: a file",
        "stdin: an fd",
      ],
      "a pipe as stdin of spawnSync is at its end": "sync: stdin",
      "bytes as stdout are refused, in its words": ["bytes as stdout", "the words that programs look for in messages"],
      "`onExit` comes after the reactions to `exited`, with four arguments": "order of exited and onExit",
      "`lazy` reads nothing before it is asked for": "lazy: unread stdout is not drained",
      "`timeout` is a number that is not negative": ["timeout", "timeout bad"],
      "`killSignal` is SIGTERM, not 0, and a name that there is": ["killSignal bad", "timeout with killSignal"],
      "more than `maxBuffer` kills, and is kept": ["maxBuffer exceeded", "maxBuffer reached"],
      "a signal that is aborted already throws an AbortError, and nothing runs": "signal aborted before",
      "a later abort sends `killSignal`": ["signal aborted later", "signal aborted later, killSignal"],
      "`argv0`": "argv0",
      "`detached` makes a session": "detached",
      "`uid` and `gid`": "uid and gid",
      "`cgroup` that is missing, or closed": "cgroup that is missing, and one that is closed",
      "options of Windows do nothing here": "unknown options, and those of Windows",
      "`terminal` takes the place of all three, and not for spawnSync": [
        "terminal: the handle of the child",
        "sync: terminal",
      ],
      "a real stream in spawnSync is refused": "sync: stdin a stream",
    }),
    better("oracle bun: cwd that is no string", "a cwd that is no string is made one", "a URL is taken, the rest told"),
    better("oracle bun: ids that are none", "what is no id is told in two ways", "in one, which says what is one"),
    better("oracle bun: cgroup that is none", "what is no cgroup is told in five ways", "as every other option"),
    better("oracle bun: maxBuffer bad", "a maxBuffer that is no number is no limit", "it is told"),
    better("oracle bun: stdin: what the child has for bytes", "bytes are a file in memory", "they come by a pipe"),
    better(
      "oracle bun: sync: stdin a stream that is at its end",
      "a stream of one's own is refused by spawnSync",
      "it is taken where all of it is at hand",
    ),
  ],
  "The child": [
    ...same("oracle bun", {
      "what it is called, and no keys of its own": ["the handle's type", "the handle's constructor"],
      FileSink: [
        "FileSink: members",
        "FileSink: write, flush, end",
        "FileSink: write after the child's end does not throw",
      ],
      "undefined for what is no pipe, an fd and a file as well": ["what is not piped", "stdout to a file"],
      "an fd is told by its number": "fds as the handle shows them",
      "one object each time; text(), json(), bytes() and blob()": [
        "stdout is one object",
        "stdout.text, bytes, json, blob",
      ],
      "read twice: a TypeError of ERR_INVALID_STATE": "stdout read twice",
      "a pipe beyond 2 is an fd": ["an extra pipe", "what an extra fd is in the child, by its word"],
      "`exited` is 128 and the number of the signal; `exitCode` null": ["killed by a signal", "exit code"],
      "`signalCode` of a real-time signal is its number": "killed by a real-time signal",
      "`killed` says that it has ended, however": ["exit code", "killed by a signal"],
      "`kill()` of what is no signal; after the end it does nothing": ["kill with a bad signal", "kill after the end"],
      "without a channel `send` is refused, `disconnect` does nothing": [
        "ipc: send where there is no channel",
        "the handle's members of IPC",
      ],
      "`resourceUsage()` after the end, a new object each time": ["resourceUsage", "resourceUsage is a new object"],
      "disposal kills, waits and gives the number": "asyncDispose",
      "the keys of what spawnSync gives, in order; absent ones are absent": ["sync: keys", "sync: killed"],
      "nothing else runs during spawnSync": "sync: no timers run",
    }),
    better("oracle bun: kill with a real-time signal", "no signal above 31 can be sent", "each can"),
    better("oracle bun: what may be asked of stdout", "stdout has no arrayBuffer()", "it has"),
    better("oracle bun: FileSink: what calls after the end return", "undefined after the end", "numbers, as typed"),
    better("oracle bun: resourceUsage as JSON", "what it tells is of its prototype", "its own"),
  ],
  "What cannot be started": [
    ...same("oracle bun", {
      "a name that PATH has not, and an empty one: ENOENT, in its words": ["no such command", "cmd[0] empty"],
      "a path that is not there: ENOENT": "no such path",
      "what may not be executed: EACCES": "not executable, a directory",
      "a text without `#!`: ENOEXEC": "text without #!",
      "a cwd that is missing, or a file: ENOENT, ENOTDIR": "cwd missing, a file",
      "a NUL: a TypeError that names the place": "NUL bytes",
      "a command that is empty, or no array": ["cmd empty", "cmd a string"],
      "an fd that is closed: EBADF": "fds that are closed",
      "a body that was used": "stdin: a body used before",
      "a string is no stdin": "stdio a bad word",
    }),
    better("oracle bun: fds that are none", "a negative fd is of the wrong type", "its value is wrong"),
    better("oracle bun: stdin: a stream read before", "a stream that was read: an Error", "a TypeError of that code"),
    better("oracle bun: the syscall of an error", "`syscall` is posix_spawn, or absent", "spawn, and `step` beside it"),
    better("oracle bun: the path of an error about cwd", "an error about cwd has the command's path", "that of cwd"),
  ],
  "Streams and life": [
    ...same("oracle bun", {
      "output that nobody reads is drained": "unread stdout is drained",
      "cancel() closes the pipe": "stdout cancelled",
      "no signal is blocked or ignored in the child": "blocked signals and dispositions",
    }),
    ...same("bun lives", {
      "a child holds the program until its end or unref()": ["ref'd", "unref'd", "unref'd and ref'd again"],
      "unref() frees what is read afterwards": "unref'd, then read",
      "`exited` awaited at the top holds the program": "unref'd and awaited at the top",
    }),
    better(
      "bun lives: read, then unref'd",
      "what was read before unref() holds the program",
      "unref() frees that, too",
    ),
    better("bun lives: unref'd, with a timeout", "a timeout holds the program", "not one of a child that does not"),
    better("oracle bun: pipes", "a pipe is a pair of sockets", "a pipe, which /dev/stdout can open, by native engines"),
  ],
};

export const node: Api = {
  "What is taken": [
    ...same("node usage", {
      "`exec` has the shell, text and 1 MiB; its callback gets both outputs": "what exec calls back",
      "`promisify` gives a promise with its child, and both outputs of a failure": "a promise has its child",
      "`fork`: execPath, execArgv, silent, a channel among stdio": [
        "what fork starts",
        "a fork without a channel, or with two",
      ],
      "blocking calls copy stderr to the parent's, unless stdio is given":
        "stderr of a blocking call comes to this program's",
      "the environment is that of the call": "the environment at the call",
      "`cwd` may be bytes": "cwd as bytes",
      "null and undefined are pipes up to 2, and nothing above": "null and undefined in stdio",
      "names of signals in any case": "killSignal in lower case",
    }),
    ...same("node spawn", {
      "`cwd` is a path or a URL; argv0": "env, argv0, cwd",
      "words, streams and fds as stdio": ["stdio of every kind", "streams as stdio"],
      "`detached` makes a session": "detached",
      "`ChildProcess` can be made by hand": "a ChildProcess made by hand",
      "channels of diagnostics": "channels of diagnostics",
    }),
    ...same("node sync", {
      "input, maxBuffer, encoding and timeout of blocking calls": [
        "input",
        "more than maxBuffer",
        "options",
        "a timeout",
      ],
      "what execSync and execFileSync give and throw": "execSync",
    }),
  ],
  "The child": [
    ...same("node spawn", {
      "its own keys, in order": "the handle",
      "spawn, exit, close, in this order, and when": "events and their order",
      "close waits for grandchildren that hold the output": "a grandchild that holds the output",
      "an abort is an error event, also before the start, which then happens": "an abort",
      "`timeout` kills, and is no error": "a timeout",
      "`kill()`, `killed`, and false after the end": "kill",
      "each end by a signal; a real-time one is told as 0": "each signal",
      "what nobody reads is dropped at the end": "output that nobody reads",
      "exec: failure, maxBuffer (the output is cut), timeout": "exec",
    }),
    ...same("node usage", { "[Symbol.dispose] kills; there is no asyncDispose": "disposal" }),
    ...same("node usage", {
      "64 KiB and a pair of sockets' buffers, then the child blocks": [
        "a child that is blocked by what nobody reads",
        "how much a pipe takes that nobody reads",
      ],
    }),
    ...same("node life", {
      "unref() frees the child alone": [
        "an unref'd child holds nothing",
        "pipes hold the program where the child does not",
      ],
      "each stream has its own": "pipes that are unref'd hold nothing",
    }),
    ...same("node sync", { "killed by a signal, a real-time one as well": "a signal" }),
  ],
  "What cannot be started": [
    ...same("node errors", {
      "ENOENT, EACCES, a cwd that is missing: events error and close, no pid": [
        "no such program",
        "other errors that are events",
      ],
      "E2BIG, EBADF, a cwd that is a file: thrown": "errors that are thrown",
      "`kill()` of what did not start is false": "no such program",
    }),
    ...same("node spawn", { "a text without `#!` is run by the shell": "the search for a program" }),
    ...same("node sync", {
      "all of them in `error` of a blocking call": "errors",
      "input that nobody reads: EPIPE, with status 0": "input that nobody reads",
    }),
    ...same("node usage", {
      "NUL bytes, wherever": "NUL bytes",
      "a file that is empty or of another type, and such arguments": "a file or arguments of another type",
      "options of another type": "options of another type",
      "`kill()` of what is no signal": "kill() of what is no signal",
    }),
  ],
  "What lies beneath": [
    ...same("register", {
      "named imports, require, NODE_OPTIONS":
        "register serves named imports and require, by --import, by --require and by NODE_OPTIONS",
      "a Node of another shape is told by trying":
        "a Node that is not known is tried out at its first spawn, and the rest is Node's own",
      "under the permission model nothing can be replaced":
        "under the permission model all is Node's own, and nothing more is permitted",
      "no warning of a deprecation": "register warns of nothing with --pending-deprecation",
    }),
    ...same("node errors", {
      "a failed start leaves no fd, and no stream that breaks": "no fd is left of many that failed",
    }),
    ...same("node errors", { "a stream that cannot be handed on is thrown": "a stream that is no stdio" }),
    ...same("node life", { workers: ["a worker", "a worker that ends while its child runs"] }),
  ],
};

export const ipc: Api = {
  "Messages, by child_process of Node": same("node ipc", {
    "the variables; an fd that blocks; JSON in lines; V8's format behind a length": "what stands on the channel",
    "what may be a message, in either format": "what may be a message",
    "a line that is no JSON, half a one, a message of the runtime's":
      "what the program hears of lines and frames that are none",
    "messages wait for the first listener": "messages that nobody listens for yet",
    "`send` is false once much is unread; callbacks": "what send says while the child does not read",
    "what is sent behind a handle waits": "what is sent behind a handle waits for it",
    "sockets and servers are handed over": ["a socket that is handed over", "a server that is shared"],
    "`send` after the end, and a second disconnect": [
      "a callback of send, and send after the end",
      "send() to a child that is gone",
    ],
    "disconnect, exit, close; no close after a disconnect by the parent":
      "the order of the end, by the child and by the parent",
    "the fd is its place in stdio": "a channel that is no fork's",
  }),
  "Its hold on the program, by child_process of Node": same("node life", {
    "the channel holds the program as well": [
      "a channel holds the program where the child does not",
      "a channel that is unref'd, too, holds nothing",
    ],
  }),
  "Messages, by Bun.spawn": [
    ...same("oracle bun", {
      "the variables, the fd behind stdio, `advanced` by default": "ipc: the variables, the fd and stdio",
      "`ipc` that is no function is no channel": "ipc: options that are wrong",
      "three arguments, and onDisconnect(true) once": "ipc: what the callbacks get",
      "what may be a message, and what stands behind it": [
        "ipc: what may be a message",
        "ipc: what stands behind the message",
      ],
      "rich values and bytes": [
        "ipc: rich values there and back",
        "ipc: Buffers and other bytes, in the child and back",
      ],
      "frames and lines that are none end the channel": [
        "ipc: frames that are none",
        "ipc: frames of another version",
        "ipc: lines of JSON: no JSON",
        "ipc: half a frame before the end",
        "ipc: lines of JSON: half a line before the end",
      ],
      "messages of the runtimes are none of the program's": "ipc: lines of JSON: messages of the runtimes",
      "`send` throws on a closed channel, unless it has a callback": "ipc: send where there is no channel",
      "disconnect, by either end": ["ipc: disconnect by the parent", "ipc: disconnect by the child"],
      "a child that is killed": "ipc: a child that is killed",
    }),
    ...same("bun lives", {
      "the channel holds the program until child.unref()": ["ref'd, with a channel", "unref'd, with a channel"],
    }),
    ...same("ipc", {
      "JSON goes between all of the runtimes":
        "JSON goes both ways with a plain program of every runtime, and what is sent early is not lost",
    }),
    better(
      "ipc: advanced messages go both ways with every runtime of the same format, and any other is told by name",
      "ends of two formats fall silent",
      "the first message is told as of another format, by name",
    ),
    better(
      "oracle bun: ipc: what send says while the child does not read",
      "`send` is never false",
      "it is, once the child leaves much unread",
    ),
    better(
      "oracle bun: ipc: callbacks of what the child did not read",
      "callbacks of messages to a child that died are forgotten",
      "each is called",
    ),
    better(
      "oracle bun: ipc: a function and what becomes nothing, as JSON",
      "what is nothing in JSON ends the channel",
      "it is refused",
    ),
    [
      "handles come with messages",
      "not",
      "it is refused, which tells the child: only the runtime itself could make its object of the fd",
      "ipc: a handle that the child sends is refused, and what it sends later comes",
    ],
  ],
};

export const terminal: Api = {
  "Terminals, by Bun": [
    ...same("oracle bun", {
      "sizes outside of 1 to 65535 are the default; any object has options": "terminal: any object has options",
      "`name` sets no TERM": "terminal: TERM is that of the environment",
      "the child leads a session, whose terminal it is": "terminal: the child's stdio, session and size",
      "a Terminal of one's own stays without a session, and serves two at once": "terminal: reused, two at once",
      "stdin, stdout and stderr are null": "terminal: the handle of the child",
      "data, exit, exited, onExit, in this order": "terminal: the order of what is told",
      "a grandchild that has it delays the end": "terminal: a grandchild has it",
      "exit() is told 1 at an end, 0 after close()": [
        "terminal: the order of what is told",
        "terminal: close() hangs up",
      ],
      "drain() once all is written": "terminal: drain",
      "write() counts bytes, and takes all, after the end as well": [
        "terminal: what write() returns",
        "terminal: after its end",
      ],
      "resize() of what is no size, in its words": "terminal: what cannot be a size",
      "the flags, and raw mode, which keeps OPOST": "terminal: flags and raw mode",
      "close() twice, and calls after it": "terminal: after close()",
      "a failed start tells nothing": "terminal: a failed start",
      "a terminal whose child has ended cannot be used again": "terminal: after its end",
    }),
    ...same("bun lives", {
      "it holds the program until its own unref()": [
        "none, a terminal being open",
        "unref'd, at a terminal",
        "unref'd, at a terminal that is unref'd",
      ],
    }),
    ...same("terminal", {
      "resize() sends SIGWINCH to the foreground, unless the size is the same":
        "a new size is told to the foreground by SIGWINCH, and the same size is not",
      "much output is told whole, before the end":
        "megabytes come through a terminal byte for byte, before the end of the child",
    }),
    better("oracle bun: terminal: what cannot be flags", "NaN sets all flags", "it is told"),
    better("oracle bun: terminal: asyncDispose", "its end by disposal is not told", "it is"),
    better("oracle bun: terminal: the class of a usage mistake", "an Error without a code", "a TypeError with one"),
  ],
};
