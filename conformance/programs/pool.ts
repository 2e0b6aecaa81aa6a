/** Makes a pool and does not dispose of it: prints the pids of the prespawned children, and ends as it is told. */
import { createPool } from "ringspawn/pool";
import type { EngineName } from "ringspawn";
import { children, parent, until } from "../tools.ts";

const [engine, how] = parent.argv.slice(2) as [EngineName, string];
createPool({ size: 4, engine });
await until("all wait", () => children().size === 4);
console.log([...children().keys()].join(" "));
if (how === "killed") parent.kill(parent.pid, "SIGKILL");
if (how === "aborts") parent.kill(parent.pid, "SIGABRT");
if (how === "throws") throw new Error("this error is not caught");
