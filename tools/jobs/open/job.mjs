// Opens a file by a program of ours, which is detached and outlives nobody's interest; waits for one; fails with one.
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import open, { openApp } from "open";

const opener = `${process.cwd()}/opener`;
writeFileSync(opener, '#!/bin/sh\nprintf "%s|" "$@" > opened.new && mv opened.new "$OPENED"; exit "${ENDS:-0}"\n');
chmodSync(opener, 0o755);
const opened = async (name) => {
  for (let tries = 0; !existsSync(name) && tries < 400; tries++) await new Promise((done) => setTimeout(done, 25));
  console.log(readFileSync(name, "utf8"));
};
process.env.OPENED = "first";
const child = await open("package.json", { app: { name: opener, arguments: ["--flag", "two words"] } });
console.log(child.spawnfile === opener, child.stdin, child.pid > 0);
await opened("first");
process.env.OPENED = "second";
const waited = await open("https://example.org/?a=b&c", { app: { name: opener }, wait: true });
console.log(waited.exitCode);
await opened("second");
process.env.OPENED = "third";
await openApp(opener, { arguments: ["alone"] });
await opened("third");
process.env.ENDS = "3";
console.log(await open("x", { app: { name: opener }, wait: true }).catch((error) => error.message));
console.log(await open("x", { app: { name: "/no/such/opener" } }).catch((error) => error.code));
