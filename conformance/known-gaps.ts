/**
 * What is known to be wrong. A row is a promise to repair it: the run fails when the case begins to
 * pass (then delete the row) and when the case or cell does not exist.
 */
export interface Gap {
  /** `file: name of the case`, as the matrix prints it. */
  readonly case: string;
  /** Cells by id (`node24:vfork`) or by family (`node:vfork`). */
  readonly cells: readonly string[];
  readonly reason: string;
}

export const gaps: readonly Gap[] = [
  {
    case: "stdio: the child has 0, 1 and 2 and nothing else",
    cells: ["node:runtime"],
    reason: "child_process leaves every fd without CLOEXEC open in the child",
  },
  {
    case: "stdio: pipes are pipes: an output can be opened again by its name",
    cells: ["node:runtime"],
    reason: "child_process makes socket pairs, which /dev/stdout cannot open again",
  },
  {
    case: "stdio: 0, 1 and 2 closed in the parent: pipes, files and nothing still arrive where they belong",
    cells: ["node:runtime"],
    reason: "libuv aborts the program when it is to close a handle that got fd 0, 1 or 2",
  },
  {
    case: "exit: a real-time signal",
    cells: ["node:runtime"],
    reason: "child_process reports the death by a signal it has no name for as exit code 0",
  },
  {
    case: "errors: a text without #!: spawn does not run it",
    cells: ["node:runtime"],
    reason: "libuv execs as execvp does: it always has the shell run it",
  },
  {
    case: "errors: no fd left: whichever could not be had, the others are given back",
    cells: ["node:runtime"],
    reason: "child_process keeps the sockets of a spawn that failed with EMFILE",
  },
  {
    case: "env: a change of the parent's environment is seen by the next child",
    cells: ["bun:io_uring", "bun:vfork", "bun:runtime"],
    reason: "spawn without env hands on the environment of the program's start, as Bun.spawn does",
  },
  {
    case: "setup: closeFds: false leaves what has no CLOEXEC",
    cells: ["bun:io_uring", "bun:vfork"],
    reason: "Bun sets CLOEXEC on what it inherits when it starts: there is no fd for this case to leave open",
  },
  {
    case: "stdio: the child has 0, 1 and 2 and nothing else",
    cells: ["bun:io_uring", "bun:vfork", "bun:runtime"],
    reason: "Bun sets CLOEXEC on what it inherits when it starts: there is no fd for this case to leak",
  },
  {
    case: "stdio: 0, 1 and 2 closed in the parent: pipes, files and nothing still arrive where they belong",
    cells: ["bun:io_uring", "bun:vfork", "bun:runtime"],
    reason: "Bun opens /dev/null at 0, 1 and 2 when it starts without them: they cannot be closed in the parent",
  },
  {
    case: "stdio: pipes are pipes: an output can be opened again by its name",
    cells: ["bun:runtime"],
    reason: "Bun.spawn makes socket pairs, which /dev/stdout cannot open again",
  },
  {
    case: "stdio: rotated: 0 → 1 → 2 → 0",
    cells: ["bun:runtime"],
    reason: "Bun.spawn takes neither 1 nor 2 as stdin",
  },
  {
    case: "engine: the runtime's own spawn as the oracle: the child is the same in everything that both do",
    cells: ["deno:io_uring", "deno:vfork", "deno:runtime"],
    reason: "Deno.Command has neither argv0 nor fds beyond 2: there is no oracle for these",
  },
  {
    case: "argv: argv0 replaces argv[0] and nothing else",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no argv0",
  },
  {
    case: "argv: argv[0] is the command as written, not what PATH made of it",
    cells: ["deno:runtime"],
    reason: "Deno.Command gives the child the path it found as argv[0]",
  },
  {
    case: "cwd: a file is no cwd",
    cells: ["deno:runtime"],
    reason: "Deno.Command says of a cwd that is a file that it does not exist",
  },
  {
    case: "errors: a text without #!: spawn does not run it",
    cells: ["deno:runtime"],
    reason: "Deno.Command execs as execvp does: it always has the shell run it",
  },
  {
    case: "errors: PATH: the first that can be executed wins, what may not be is passed over",
    cells: ["deno:runtime"],
    reason: "Deno.Command says of what may not be executed that it was not found",
  },
  {
    case: "errors: a closed fd as stdio",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "setup: what this program ignores is reset",
    cells: ["deno:runtime"],
    reason: "Deno.Command hands on the signals that this program ignores",
  },
  {
    case: "setup: controllingTerminal: stdin, by true",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "setup: controllingTerminal: another fd, opened by path",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "stdio: the child has 0, 1 and 2 and nothing else",
    cells: ["deno:runtime"],
    reason: "Deno.Command leaves every fd without CLOEXEC open in the child",
  },
  {
    case: "stdio: fd numbers",
    cells: ["deno:runtime"],
    reason: "Deno.Command leaves every fd without CLOEXEC open in the child",
  },
  {
    case: "stdio: setup.fds: pipes at 3 to 9, both ways",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "stdio: setup.fds: far numbers, with nothing between",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "stdio: setup.fds: beyond 255",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "stdio: setup.fds: files of every kind of opening",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "stdio: setup.fds: a missing file is blamed",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "stdio: setup.fds: one fd of the parent at several places, and fds that trade places",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "stdio: setup.fds: an fd at its own number stays open",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "stdio: 200 extra fds at once",
    cells: ["deno:runtime"],
    reason: "Deno.Command has no fds beyond 2",
  },
  {
    case: "stdio: 0, 1 and 2 closed in the parent: pipes, files and nothing still arrive where they belong",
    cells: ["deno:runtime"],
    reason: "Deno.Command leaves every fd without CLOEXEC open in the child",
  },
  {
    case: "sync: spawnSync: what it gives",
    cells: ["deno:runtime"],
    reason: "Deno.Command's outputSync does not tell the pid",
  },
  {
    case: "sync: spawnSync: input as stdin, small, none and 8 MiB both ways",
    cells: ["deno:runtime"],
    reason: "Deno's blocking spawn takes no more than 64 KiB of input",
  },
  {
    case: "sync: spawnSync: a child that does not want its input",
    cells: ["deno:runtime"],
    reason: "Deno's blocking spawn takes no more than 64 KiB of input",
  },
  {
    case: "sync: spawnSync: maxBuffer kills",
    cells: ["deno:runtime"],
    reason: "Deno's blocking spawn cannot stop at a limit",
  },
];
