/**
 * Starts something by child_process with 0 to 8 free fds, and listens on a socket after each time. Prints what came of
 * the starts, and how many sockets libuv then had in its list of handles.
 */
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { spawn } from "ringspawn";

const engine = "runtime";
const witness = process.argv[3] as string;

function exhaust(spare: number): number[] {
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync("/dev/null", "r"));
  } catch {
    // No fd is left.
  }
  for (let i = 0; i < spare; i++) closeSync(taken.pop() as number);
  return taken;
}

async function outcome(): Promise<string> {
  try {
    const options = { engine, stdin: "pipe", stdout: "pipe", stderr: "pipe" } as const;
    const child = spawn([witness, "exit", "3"], options);
    return `${await child.exited} on ${child.engine}`;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

function sockets(): number {
  const { libuv } = process.report.getReport() as unknown as { libuv: { type: string }[] };
  return libuv.filter(({ type }) => type === "tcp").length;
}

const outcomes: string[] = [];
for (let spare = 0; spare <= 8; spare++) {
  const taken = exhaust(spare);
  const started = outcome();
  for (const fd of taken) closeSync(fd);
  // In the same turn, before libuv has closed anything of what has failed.
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  outcomes.push(await started);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
console.log(JSON.stringify({ outcomes, sockets: sockets() }));
process.exit();
