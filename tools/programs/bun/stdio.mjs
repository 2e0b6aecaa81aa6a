// Fds 0 to 9 of a child, of every kind.
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";

writeFileSync("in.txt", "of a file\n");
const given = openSync("given.txt", "w");
const script = `
cat <&0
echo out; echo err >&2
echo three >&3
cat <&4
echo five >&5
echo six >&6
echo seven >&7 2>/dev/null || echo no seven
read line <&8; echo "got $line" >&8
for fd in 0 1 2 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$fd ] && echo "has $fd"; done
`;
const child = Bun.spawn({
  cmd: ["sh", "-c", script],
  stdio: [
    Bun.file("in.txt"),
    "pipe",
    "pipe",
    "pipe",
    openSync("in.txt", "r"),
    given,
    Bun.file("six.txt"),
    "ignore",
    "pipe",
    openSync("/dev/null", "r"),
  ],
});
const [three, eight] = [child.stdio[3], child.stdio[8]];
writeSync(eight, "by hand\n");
const said = await child.stdout.text();
console.log(said);
console.log(await child.stderr.text(), await child.exited);
const bytes = Buffer.alloc(100);
console.log(bytes.toString("utf8", 0, readSync(three, bytes)), bytes.toString("utf8", 0, readSync(eight, bytes)));
closeSync(given);
console.log(readFileSync("given.txt", "utf8"), readFileSync("six.txt", "utf8"));
console.log(child.stdio.map((slot) => typeof slot));

console.log(
  await Bun.spawn(["sh", "-c", "echo inherited; echo too >&2"], { stdio: ["ignore", "inherit", "inherit"] }).exited,
);
const nothing = Bun.spawn(["cat"], { stdio: [null, null, null] });
console.log(await nothing.exited, nothing.stdin, nothing.stdout, nothing.stderr);
const toFile = Bun.spawn(["sh", "-c", "echo one; echo two >&2"], {
  stdout: Bun.file("out.txt"),
  stderr: Bun.file("err.txt"),
});
console.log(await toFile.exited, readFileSync("out.txt", "utf8"), readFileSync("err.txt", "utf8"));
