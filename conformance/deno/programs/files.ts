/** Starts children with files that this program may not all read or write. */
import { Command } from "ringspawn";

for (const fd of [
  { file: "/etc/passwd" },
  { file: "/dev/null", open: "w" },
  { file: "/dev/null", open: "r+" },
] as const) {
  try {
    const { code, engine } = new Command("true", { setup: { fds: { 3: fd } } }).outputSync();
    console.log(engine, code);
  } catch (error) {
    console.log((error as Error).name, (error as Error).message);
  }
}
