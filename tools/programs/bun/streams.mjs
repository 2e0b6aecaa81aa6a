// stdin of every kind, written and given; stdout read in every way; much of both.
const cat = { stdout: "pipe", stderr: "inherit" };
const sink = Bun.spawn(["cat"], { ...cat, stdin: "pipe" });
sink.stdin.write("one ");
sink.stdin.write(new TextEncoder().encode("two "));
await sink.stdin.flush();
sink.stdin.write(new TextEncoder().encode("three").buffer);
await sink.stdin.end();
console.log(await sink.stdout.text(), await sink.exited);

await Bun.write("in.txt", "a file");
const given = {
  stream: new ReadableStream({
    async start(controller) {
      for (const text of ["a ", "slow ", "stream"]) {
        controller.enqueue(new TextEncoder().encode(text));
        await Bun.sleep(5);
      }
      controller.close();
    },
  }),
  blob: new Blob(["a blob"]),
  response: new Response("a response"),
  bytes: new TextEncoder().encode("bytes"),
  file: Bun.file("in.txt"),
};
for (const [name, stdin] of Object.entries(given)) {
  console.log(name, await Bun.spawn(["cat"], { ...cat, stdin: stdin }).stdout.text());
}
const echo = (text) => Bun.spawn(["printf", "%s", text]).stdout;
console.log(await echo('{"a": [1]}').json(), await echo("bytes").bytes(), await (await echo("blob").blob()).text());
console.log(await new Response(echo("a body")).text(), await Bun.readableStreamToText(echo("to text")));
let parts = "";
for await (const chunk of Bun.spawn(["sh", "-c", "echo 1; sleep 0.05; echo 2"]).stdout)
  parts += new TextDecoder().decode(chunk);
console.log(parts);

const much = Bun.spawn(["cat"], { ...cat, stdin: "pipe" });
const block = new Uint8Array(1 << 16).fill(97);
const written = (async () => {
  for (let n = 0; n < 100; n++) {
    much.stdin.write(block);
    await much.stdin.flush();
  }
  await much.stdin.end();
})();
console.log((await much.stdout.bytes()).length);
await written;

const yes = Bun.spawn(["yes"], { lazy: true, stderr: "ignore" });
const reader = yes.stdout.getReader();
console.log(((await reader.read()).value?.length ?? 0) > 0);
await reader.cancel();
// Bun gives it a socket, ringspawn a pipe: one ends by an error, the other by a signal.
console.log((await yes.exited) !== 0);
const [first, second] = Bun.spawn(["seq", "3"]).stdout.tee();
console.log(await new Response(first).text(), await new Response(second).text());
const source = Bun.spawn(["printf", "b\na\n"]);
console.log(await Bun.spawn(["sort"], { stdin: source.stdout }).stdout.text());
const gone = Bun.spawn(["true"], { stdin: "pipe" });
await gone.exited;
// docs/compat.md: what write() returns then is a number.
gone.stdin.write("nobody reads");
console.log(await gone.stdin.end());
