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
    case: "errors: a blocking start without free fds fails with EMFILE, and the next one with free fds succeeds",
    cells: ["node20:runtime"],
    reason: "spawnSync of Node 20 leaves an epoll set open when it cannot make the rest of its loop",
    repair: "none is to come for Node 20; later ones close it",
  },
  {
    case: "stdio: the child has the fds 0, 1 and 2 and no other",
    cells: ["node:runtime", "deno:runtime"],
    reason: "child_process and Deno.Command leave every fd without CLOEXEC open in the child",
    repair: "both runtimes: close_range in the child before exec",
  },
  {
    case: "exit: a death by a real-time signal is told by its number",
    cells: ["node:runtime"],
    reason: "child_process reports the death by a signal it has no name for as exit code 0",
    repair: "Node: tell the number of such a signal",
  },
  {
    case: "exit: where the program was started with SIGCHLD ignored, it is known how its children ended",
    cells: ["bun:runtime", "deno:runtime"],
    reason: "the kernel reaps the children then, and both runtimes take that for an error",
    repair: "both runtimes: give the signal its default action again, as Node does, or ask the pidfd",
  },
  {
    case: "stdio: a child that writes to a socket which is not read any more gets SIGPIPE",
    cells: ["node:runtime", "bun:runtime"],
    reason: "neither runtime shuts down the reading side of a socket alone, so the child's bytes are taken and dropped",
    repair: "both runtimes: shut down the reading side of a socket",
  },
  {
    case: "argv: argv[0] is the command as written, not what PATH made of it",
    cells: ["deno:runtime"],
    reason: "Deno.Command gives the child the path it found as argv[0]",
    repair: "Deno: search PATH and leave argv[0] alone, as every other spawn",
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
    case: "many: 100 children of which nobody reads or closes a pipe leave no fd open, though their handles are kept",
    cells: ["deno:runtime"],
    reason: "Deno.Command keeps a pipe open until it is read or collected, although the child has ended",
    repair: "Deno: close the pipe of an ended child once it is empty and no process has it any more",
  },
  {
    case: "control: the program does not wait for a write to a child that a timeout killed, though a grandchild reads",
    cells: ["deno:runtime"],
    reason: "Deno aborts a stream only after the write that is under way, and waits for that before the program ends",
    repair: "Deno: end a write that is under way when the stream is aborted",
  },
  {
    case: "data: a write that nobody reads is EPIPE and no signal, though SIGPIPE has its default action",
    cells: ["node:runtime", "deno:runtime"],
    reason: "both runtimes write to their children in a way that raises SIGPIPE, and removing a handler makes it fatal",
    repair: "both runtimes: write without the signal, or ignore it again once its last handler is removed",
  },
  {
    case: "data: what is written comes to a process that reads the same stdin after the child's end",
    cells: ["node:runtime", "bun:runtime"],
    reason: "both runtimes close the stdin of a child that has ended: a write that is under way rejects, cut off",
    repair: "both runtimes: close it once no process reads it any more",
  },
];
