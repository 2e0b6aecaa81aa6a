/** Prints what this process holds before and after 10,000 children, as JSON. Needs --v8-flags=--expose-gc. */
import { Command } from "ringspawn";
import { type Held, held, rss } from "../self.ts";

/** Bytes. */
export interface Measured extends Held {
  readonly rss: number;
  readonly heap: number;
}

async function one(): Promise<void> {
  const { code, stdout } = await new Command("/bin/echo", { args: ["x"], engine: "vfork" }).output();
  if (code !== 0 || stdout.length !== 2) throw new Error(`${code} ${stdout.length}`);
}

async function half(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await one();
  for (let i = 0; i < count; i += 50) await Promise.all(Array.from({ length: 50 }, one));
}

/** Collects garbage first, which would grow the memory of Deno.Command as well. */
function measured(): Measured {
  (globalThis as unknown as { gc(): void }).gc();
  return { ...held(), rss: rss(), heap: Deno.memoryUsage().heapUsed };
}

await half(2500);
const before = measured();
await half(5000);
console.log(JSON.stringify({ before, after: measured() }));
