/** Starts children in each way, and prints how they ended: for a program that was started with SIGCHLD ignored. */
import { Command, spawn, spawnSync } from "ringspawn";
import type { EngineName } from "ringspawn";
import { parent, status } from "../tools.ts";

const [engine, witness] = parent.argv.slice(2) as [EngineName, string];
const ignored = BigInt(`0x${status("SigIgn")}`);

const children = [
  ["exit", "7"],
  ["signal", "9"],
].map((args) => spawn([witness, ...args], { engine, stdout: "ignore" }));
const exited = await Promise.all(children.map((child) => child.exited));
const command = await new Command(witness, { args: ["exit", "3"], engine }).output();
const sync = spawnSync([witness, "exit", "4"], { engine });
const engines = [...children.map((child) => child.engine), command.engine, sync.engine];
const ends = [...exited, children[1]?.signalCode, command.code, sync.exitCode];
console.log(JSON.stringify({ isIgnored: (ignored >> 16n) % 2n === 1n, ends, engines: [...new Set(engines)] }));
