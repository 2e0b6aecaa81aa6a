/** What this process holds, as the kernel counts it. */
import fs from "node:fs";

export interface Held {
  readonly fds: number;
  readonly threads: number;
  readonly children: number;
}

export function held(): Held {
  const count = (path: string): number => fs.readdirSync(path).length;
  let children = 0;
  for (const name of fs.readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = fs.readFileSync(`/proc/${name}/stat`, "utf8");
      if (Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === Deno.pid) children++;
    } catch {
      // It was closed meanwhile.
    }
  }
  return { fds: count("/proc/self/fd"), threads: count("/proc/self/task"), children };
}

/** Bytes. */
export function rss(): number {
  return Deno.memoryUsage().rss;
}
