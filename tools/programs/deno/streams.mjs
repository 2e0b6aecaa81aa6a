// Streams of children: written, read in every way, piped, much of both, and a shell at a terminal.
const command = (file, ...args) => new Deno.Command(file, { args, stdin: "piped", stdout: "piped", stderr: "piped" });
const bytes = (text) => new TextEncoder().encode(text);

const cat = command("cat").spawn();
const writer = cat.stdin.getWriter();
for (const part of ["one ", "two ", "three"]) await writer.write(bytes(part));
await writer.close();
const all = await cat.output();
console.log(new TextDecoder().decode(all.stdout), all.code, all.stderr.length);

const echo = (text) =>
  new Deno.Command("printf", { args: ["%s", text], stdin: "null", stdout: "piped" }).spawn().stdout;
console.log(await echo("text").text(), await echo('{"a":[1]}').json(), (await echo("bytes").bytes()).length);
console.log((await echo("buffer").arrayBuffer()).byteLength, await new Response(echo("a body")).text());
const reader = echo("at most four").getReader({ mode: "byob" });
console.log(new TextDecoder().decode((await reader.read(new Uint8Array(4))).value));
await reader.cancel();
let parts = "";
const slow = new Deno.Command("sh", {
  args: ["-c", "echo 1; sleep 0.05; echo 2; echo err >&2"],
  stderr: "piped",
  stdout: "piped",
});
const { stdout, stderr, status } = slow.spawn();
for await (const chunk of stdout) parts += new TextDecoder().decode(chunk);
console.log(parts, await stderr.text(), { ...(await status) });

const much = command("cat").spawn();
const source = new ReadableStream({
  pull(controller) {
    controller.enqueue(new Uint8Array(65536));
    if (++sent === 100) controller.close();
  },
});
let sent = 0;
const [, read] = await Promise.all([source.pipeTo(much.stdin), much.stdout.bytes()]);
console.log(read.length, (await much.status).code);
await much.stderr.cancel();

const first = new Deno.Command("printf", { args: ["b\\na\\n"], stdin: "null", stdout: "piped" }).spawn();
const sort = new Deno.Command("sort", { stdin: "piped", stdout: "piped" }).spawn();
await first.stdout.pipeTo(sort.stdin);
console.log(await sort.stdout.text());
for (const get of ["stdin", "stdout", "stderr"]) {
  const child = new Deno.Command("true", { stdin: "null", stdout: "null", stderr: "null" }).spawn();
  try {
    console.log(child[get]);
  } catch (error) {
    console.log(error.name, error.message);
  }
  await child.status;
}
const gone = command("true").spawn();
await gone.status;
console.log(
  await gone.stdin
    .getWriter()
    .write(bytes("nobody reads"))
    .catch((error) => error.name),
);
console.log(
  (await new Deno.Command("sh", { args: ["-c", "echo inherited"], stdout: "inherit" }).spawn().status).success,
);

// `script` has the terminal; the shell in it is spoken to over pipes.
const terminal = command("script", "-qec", "sh", "/dev/null").spawn();
const typed = terminal.stdin.getWriter();
await typed.write(bytes('test -t 0 && echo a"" terminal\nstty -echo\nPS1=\nexit 5\n'));
const said = await terminal.stdout.text();
console.log(said.includes("a terminal"), (await terminal.status).code);
await typed.close().catch(() => {});
await terminal.stderr.cancel();
