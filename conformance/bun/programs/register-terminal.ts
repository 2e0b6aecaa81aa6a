/** Terminals of ringspawn in calls that register leaves to Bun, which knows none of them. */
import { Terminal } from "ringspawn";

const { Bun: bun } = globalThis as unknown as {
  readonly Bun: { spawn(cmd: readonly string[], options: object): { readonly exited: Promise<number> } };
};
let text = "";
const terminal = new Terminal({ data: (_, bytes) => (text += new TextDecoder().decode(bytes)) });
const inline = bun.spawn(["true"], { terminal: {} }) as unknown as { terminal: Terminal; exited: Promise<number> };
await inline.exited;
const attempts = [];
for (const ipc of [undefined, (): void => {}]) {
  attempts.push(await bun.spawn(["echo", ipc === undefined ? "alone" : "with ipc"], { terminal, ipc }).exited);
  try {
    bun.spawn(["true"], { terminal: inline.terminal, ipc });
    attempts.push("started");
  } catch (error) {
    attempts.push((error as Error).message);
  }
}
while (!text.includes("with ipc")) await new Promise((resolve) => setTimeout(resolve, 10));
terminal.close();
console.log(JSON.stringify([text, attempts, inline.terminal instanceof Terminal]));
