/** Where the programs that do the measuring find what build.ts has compiled. */
import { delimiter, join } from "node:path";
import process from "node:process";

/** The variable that names the directory. */
export const TOOLS = "BENCH_TOOLS";

export function toolsDirectory(): string {
  const directory = process.env[TOOLS];
  if (directory === undefined) throw new Error(`${TOOLS} is not set: this is started by bench/run.ts`);
  return directory;
}

/** Directories of a PATH, in whose last there is "clock", which writes when it began. `fd`: where to, 1 or 3. */
export function searchPath(fd: 1 | 3): string {
  return SEARCHED.map((name) => join(toolsDirectory(), `clock-${fd}`, name)).join(delimiter);
}

export const SEARCHED = ["first", "second", "third", "fourth"];
