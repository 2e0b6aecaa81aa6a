/** Begins to start a child that sleeps, and waits for nothing: ref and unref decide when this program ends. */
import { start } from "ringspawn";
import type { EngineName } from "ringspawn";
import { parent } from "../tools.ts";

const [engine, witness, how, ms] = parent.argv.slice(2) as [EngineName, string, string, string];
const stdio = how === "unref-pipes" ? "piped" : "null";
const child = start(witness, { args: ["sleep", ms], engine, stdin: stdio, stdout: stdio, stderr: stdio });
if (how.startsWith("unref")) child.unref();
if (how === "unref-ref") child.ref();
console.log(`started ${child.pid}`);
