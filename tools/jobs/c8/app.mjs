import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { half } from "./lib.mjs";

console.log(half(4));
console.log(execFileSync("node", ["lib.mjs", "child"], { encoding: "utf8" }));
console.log(await once(fork("lib.mjs", ["forked"]), "message"));
process.exitCode = 3;
