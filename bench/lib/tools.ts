/** Where the programs that do the measuring find what build.ts has compiled. */
import process from "node:process";

/** The variable that names the directory. */
export const TOOLS = "BENCH_TOOLS";

export function toolsDirectory(): string {
  const directory = process.env[TOOLS];
  if (directory === undefined) throw new Error(`${TOOLS} is not set: this is started by bench/run.ts`);
  return directory;
}
