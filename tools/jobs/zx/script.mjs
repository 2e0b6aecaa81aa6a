// A script as people write them: `zx script.mjs`.
$.verbose = false;
console.log((await $`echo ${["one", "two words"]}`).lines());
console.log((await $`printf 'b\na\n'`.pipe($`sort`)).stdout);
console.log((await $`exit 3`.nothrow()).exitCode);
console.log(await Promise.all([1, 2, 3, 4].map((n) => $`sleep 0.0${n}; echo ${n}`.text())));
try {
  await $`echo some; echo words >&2; exit 9`;
} catch (error) {
  console.log(error.exitCode, error.stdout, error.stderr);
}
await within(async () => {
  cd("/");
  console.log((await $`pwd`).stdout);
});
console.log((await $`pwd`).stdout);
console.log(await $({ input: "given" })`cat`.text());
for await (const line of $`seq 3`) console.log("line", line);
console.log((await $`node -p 1+1`).stdout);
console.log($.sync`echo at once; exit 0`.stdout);
const slow = await $`sleep 60`.timeout(100, "SIGINT").nothrow();
console.log(slow.signal, slow.exitCode);
const sleeping = $`echo up; sleep 60`.nothrow();
for await (const line of sleeping) {
  console.log(line);
  await sleeping.kill();
}
console.log((await sleeping).signal);
console.log((await which("sh")) !== null, (await $`no-such-program`.nothrow()).exitCode);
const file = fs.createWriteStream("out.txt");
const finished = new Promise((done) => file.on("finish", done));
await $`echo to a file`.pipe(file);
await finished;
console.log(fs.readFileSync("out.txt", "utf8"));
await $({ stdio: "inherit" })`echo inherited`;
process.exitCode = 6;
