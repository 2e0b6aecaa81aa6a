// Starts a program, starts it again when a file of it changes, and ends it.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import nodemon from "nodemon";

const starts = () => (existsSync("starts") ? readFileSync("starts", "utf8").trim().split("\n").length : 0);
const until = async (count) => {
  for (let tries = 0; starts() < count && tries < 600; tries++) await new Promise((done) => setTimeout(done, 50));
  console.log("starts", starts());
};
const seen = new Set();
nodemon({ script: "app.mjs", args: ["given"], ext: "mjs", watch: ["app.mjs"], delay: 50, signal: "SIGTERM" });
for (const event of ["start", "restart", "exit", "crash", "quit"]) nodemon.on(event, () => seen.add(event));
nodemon.on("message", (message) => seen.add(`message ${message}`));
await until(1);
// It looks at its files by polls of its own and may not have begun; a change is made until it is seen.
const touching = setInterval(() => starts() < 2 && appendFileSync("app.mjs", "\n"), 1000);
await until(2);
clearInterval(touching);
await new Promise((done) => nodemon.once("quit", done).emit("quit"));
console.log([...seen].sort());
process.exit(8);
