/**
 * Functions of libc on fds of this program, for states that a case needs and a runtime's own functions cannot make: one
 * runtime sets CLOEXEC on all that it inherits, another one never closes 0, 1 and 2.
 */
import { assert, cloexec, fs } from "./tools.ts";

const F_SETFD = 2;

interface Libc {
  readonly close: (fd: number) => number;
  readonly fcntl: (fd: number, command: number, flags: number) => number;
}

/** The parts of `bun:ffi` and of `Deno` that are used. */
interface BunFfi {
  readonly dlopen: (file: string, functions: Typed<{ args: string[]; returns: "i32" }>) => { symbols: Libc };
}
interface DenoFfi {
  readonly dlopen: (file: string, functions: Typed<{ parameters: string[]; result: "i32" }>) => { symbols: Libc };
}
type Typed<Type> = Readonly<Record<keyof Libc, Type>>;

async function open(): Promise<Libc> {
  const file = "libc.so.6";
  const { Deno: deno, Bun: bun } = globalThis as { Deno?: DenoFfi; Bun?: object };
  if (deno !== undefined) {
    return deno.dlopen(file, {
      close: { parameters: ["i32"], result: "i32" },
      fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
    }).symbols;
  }
  assert.ok(bun !== undefined, "this runtime calls no foreign functions");
  const name = "bun:ffi";
  const { dlopen } = (await import(name)) as BunFfi;
  return dlopen(file, {
    close: { args: ["i32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  }).symbols;
}

/** Makes the open `fd` one that exec leaves open, if it is not. */
export async function keepAcrossExec(fd: number): Promise<void> {
  if (cloexec(fd) === false) return;
  assert.equal((await open()).fcntl(fd, F_SETFD, 0), 0);
  assert.equal(cloexec(fd), false, `fd ${fd} still has CLOEXEC`);
}

/** Closes these fds, whatever the runtime thinks of them. */
export async function closeFds(fds: readonly number[]): Promise<void> {
  for (const fd of fds) fs.closeSync(fd);
  // A look that opens nothing, which could take such a number.
  const left = fds.filter((fd) => fs.existsSync(`/proc/self/fd/${fd}`));
  if (left.length === 0) return;
  const { close } = await open();
  for (const fd of left) close(fd);
}
