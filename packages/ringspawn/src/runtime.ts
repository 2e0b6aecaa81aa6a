export interface Runtime {
  readonly name: "node" | "bun" | "deno";
  readonly version: string;
  /** What the engine `runtime` starts processes by. */
  readonly spawn: string;
}

/** Bun and Deno also claim to be a Node. */
export function runtime(): Runtime {
  const { deno, bun, node } = process.versions;
  if (deno !== undefined) return { name: "deno", version: deno, spawn: "Deno.Command" };
  if (bun !== undefined) return { name: "bun", version: bun, spawn: "Bun.spawn" };
  return { name: "node", version: node, spawn: "child_process" };
}
