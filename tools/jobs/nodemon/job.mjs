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
const watching = new Promise((done) => nodemon.once("watching", done));
await until(1);
await watching;
appendFileSync("app.mjs", "\n");
// It may have looked at the file just before: then another change is needed, long after this one.
const touching = setInterval(() => starts() < 2 && appendFileSync("app.mjs", "\n"), 5000);
await until(2);
clearInterval(touching);
await new Promise((done) => nodemon.once("quit", done).emit("quit"));
console.log([...seen].sort());
process.exit(8);
