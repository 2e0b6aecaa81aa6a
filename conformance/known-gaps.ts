/**
 * What is known to be wrong, and what would repair it. A row is a promise: the run fails when the case begins to pass
 * (then delete the row) and when the case or the cell does not exist.
 *
 * What a runtime's own spawn has no option for is no gap: the engine refuses it by name, and the case asserts that
 * (apis.ts says what each API has).
 */
export interface Gap {
  /** `file: name of the case`, as the matrix prints it. */
  readonly case: string;
  /** Cells by id (`node24:vfork`) or by family (`node:vfork`). */
  readonly cells: readonly string[];
  /** What is wrong. */
  readonly reason: string;
  /** Who would have to change what. */
  readonly repair: string;
}

export const gaps: readonly Gap[] = [
  {
    case: "stdio: the child has the fds 0, 1 and 2 and no other",
    cells: ["node:runtime", "deno:runtime"],
    reason: "child_process and Deno.Command leave every fd without CLOEXEC open in the child",
    repair: "both runtimes: close_range in the child before exec",
  },
  {
    case: "stdio: 0, 1 and 2 closed in the parent: pipes, files and nothing still arrive where they belong",
    cells: ["node:runtime"],
    reason: "libuv aborts the program when it is to close a handle that got fd 0, 1 or 2",
    repair: "the engine: open /dev/null at the numbers that are free below 3, before it starts anything",
  },
  {
    case: "exit: a death by a real-time signal is told by its number",
    cells: ["node:runtime"],
    reason: "child_process reports the death by a signal it has no name for as exit code 0",
    repair: "Node: tell the number of such a signal",
  },
  {
    case: "errors: spawn does not run a text without #!",
    cells: ["node:runtime", "deno:runtime"],
    reason: "libuv and Deno exec as execvp does: they always have the shell run it",
    repair: "the engine: read the first bytes of the file before it starts the file",
  },
  {
    case: "start: a text without #! is not given to the shell",
    cells: ["node:runtime", "deno:runtime"],
    reason: "libuv and Deno exec as execvp does: they always have the shell run it",
    repair: "the engine: read the first bytes of the file before it starts the file",
  },
  {
    case: "errors: a start with too few free fds gives back those that it had got",
    cells: ["node:runtime"],
    reason: "child_process keeps the sockets of a spawn that failed with EMFILE",
    repair: "Node: close them; or the engine: see that there are fds enough before it starts anything",
  },
  {
    case: "stdio: stdin, stdout and stderr can be rotated",
    cells: ["bun:runtime"],
    reason: "Bun.spawn takes neither 1 nor 2 as stdin, and throws a TypeError",
    repair: "the engine: refuse it by the name stdin before it starts anything",
  },
  {
    case: "argv: argv[0] is the command as written, not what PATH made of it",
    cells: ["deno:runtime"],
    reason: "Deno.Command gives the child the path it found as argv[0]",
    repair: "Deno: search PATH and leave argv[0] alone, as every other spawn",
  },
  {
    case: "cwd: a cwd that is a file fails with ENOTDIR",
    cells: ["deno:runtime"],
    reason: "Deno.Command says of a cwd that is a file that it does not exist",
    repair: "the engine: look at cwd after the failure",
  },
  {
    case: "errors: the first file in PATH that can be executed is run, and what may not be executed is passed over",
    cells: ["deno:runtime"],
    reason: "Deno.Command says of what may not be executed that it was not found",
    repair: "the engine: look at the candidates after the failure",
  },
  {
    case: "setup: signals that this program ignores are reset in the child",
    cells: ["deno:runtime"],
    reason: "Deno.Command leaves the two signals ignored that glibc's posix_spawn keeps to itself",
    repair: "Deno: reset them in the child, or start it without posix_spawn",
  },
  {
    case: "stdio: fd numbers: the child gets these fds of the parent as its stdout and stderr, and no copy of them",
    cells: ["deno:runtime"],
    reason: "Deno.Command leaves a copy of every fd that it is given open in the child",
    repair: "Deno: make the copies with CLOEXEC",
  },
  {
    case: "sync: spawnSync gives status, both outputs and the pid",
    cells: ["deno:runtime"],
    reason: "Deno.Command's outputSync does not tell the pid",
    repair: "the engine: start the child in a worker while this thread waits",
  },
  {
    case: "sync: spawnSync feeds bytes to stdin: none, a few, and 8 MiB that come back",
    cells: ["deno:runtime"],
    reason: "the engine takes no more than 64 KiB of input, because Deno's blocking spawn writes all before it reads",
    repair: "the engine: start the child in a worker while this thread waits",
  },
  {
    case: "sync: spawnSync succeeds although the child does not read all of its input",
    cells: ["deno:runtime"],
    reason: "the engine takes no more than 64 KiB of input, because Deno's blocking spawn writes all before it reads",
    repair: "the engine: start the child in a worker while this thread waits",
  },
  {
    case: "sync: spawnSync kills a child that writes more than maxBuffer, and says so",
    cells: ["deno:runtime"],
    reason: "Deno's blocking spawn cannot stop at a limit",
    repair: "the engine: start the child in a worker while this thread waits",
  },
];
