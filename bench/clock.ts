/** CLOCK_MONOTONIC in nanoseconds, which the child reads too. Bun's and Deno's own clocks count from their start. */
import process from "node:process";

type Gettime = (clock: number, time: BigInt64Array) => number;
interface Library {
  readonly symbols: { readonly clock_gettime: Gettime };
}
const LIBC = "libc.so.6";

export const now: () => number = await load();

async function load(): Promise<() => number> {
  if ("Deno" in globalThis) return reading(openInDeno());
  if ("Bun" in globalThis) return reading(await openInBun());
  return () => Number(process.hrtime.bigint());
}

function openInDeno(): Library {
  const { Deno } = globalThis as unknown as { Deno: { dlopen(library: string, symbols: object): Library } };
  return Deno.dlopen(LIBC, { clock_gettime: { parameters: ["i32", "buffer"], result: "i32" } });
}

async function openInBun(): Promise<Library> {
  const name = "bun:ffi";
  const ffi = (await import(name)) as { dlopen(library: string, symbols: object): Library };
  return ffi.dlopen(LIBC, { clock_gettime: { args: ["i32", "ptr"], returns: "i32" } });
}

function reading({ symbols }: Library): () => number {
  const time = new BigInt64Array(2);
  return () => {
    symbols.clock_gettime(1, time);
    return Number(time[0]) * 1e9 + Number(time[1]);
  };
}
