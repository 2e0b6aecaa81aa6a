// Its pool of child processes (fork, IPC), one after the other of threads, with output, errors and a crash.
import { Worker } from "jest-worker";

for (const enableWorkerThreads of [false, true]) {
  const pool = new Worker(`${process.cwd()}/work.cjs`, { numWorkers: 2, enableWorkerThreads, maxRetries: 0 });
  const said = [];
  pool.getStdout()?.on("data", (chunk) => said.push(String(chunk).trim()));
  console.log(await Promise.all([1, 2, 3, 4].map((n) => pool.square(n))));
  console.log(await pool.child("a child of a worker"));
  console.log((await pool.big(300_000)).length);
  console.log(await pool.fails().catch((error) => `${error.name}: ${error.message}`));
  console.log(enableWorkerThreads || (await pool.crash().catch((error) => error.message)));
  const { forceExited } = await pool.end();
  console.log(forceExited, said.sort());
}
