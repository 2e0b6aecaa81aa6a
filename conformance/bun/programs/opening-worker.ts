/** A worker that says when it begins to open the engine, and then starts programs until it is terminated. */
import { parentPort } from "node:worker_threads";
import { spawn } from "ringspawn";

parentPort?.postMessage("opens");
for (;;) await spawn(["true"], { engine: "vfork" }).exited;
