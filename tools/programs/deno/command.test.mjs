// With Deno's sanitizers: a test that leaves an operation or a resource behind fails.
const strict = { sanitizeOps: true, sanitizeResources: true, sanitizeExit: true };
const equal = (got, wanted) => {
  if (JSON.stringify(got) !== JSON.stringify(wanted))
    throw new Error(`${JSON.stringify(got)} is not ${JSON.stringify(wanted)}`);
};
const text = (bytes) => new TextDecoder().decode(bytes);

Deno.test({
  name: "output",
  ...strict,
  async fn() {
    const { code, stdout } = await new Deno.Command("sh", { args: ["-c", "echo out; exit 3"] }).output();
    equal([code, text(stdout)], [3, "out\n"]);
  },
});
Deno.test({
  name: "output at once",
  ...strict,
  fn: () => equal(text(new Deno.Command("echo", { args: ["once"] }).outputSync().stdout), "once\n"),
});
Deno.test({
  name: "streams both ways",
  ...strict,
  async fn() {
    const child = new Deno.Command("cat", { stdin: "piped", stdout: "piped" }).spawn();
    await new Response("given").body.pipeTo(child.stdin);
    equal(await child.stdout.text(), "given");
    equal((await child.status).code, 0);
  },
});
Deno.test({
  name: "a reader that stops",
  ...strict,
  async fn() {
    const child = new Deno.Command("yes", { stdout: "piped", stderr: "null" }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    equal((await child.status).success, false);
  },
});
Deno.test({
  name: "a child that is killed, and one that is aborted",
  ...strict,
  async fn() {
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    child.kill();
    equal((await child.status).signal, "SIGTERM");
    const abort = new AbortController();
    const other = new Deno.Command("sleep", { args: ["60"], signal: abort.signal }).spawn();
    abort.abort();
    equal((await other.status).signal, "SIGTERM");
  },
});
Deno.test({
  name: "disposal",
  ...strict,
  async fn() {
    await using child = new Deno.Command("sleep", { args: ["60"], stdin: "null" }).spawn();
    equal(child.pid > 0, true);
  },
});
Deno.test({
  name: "a program that is not there",
  ...strict,
  fn() {
    try {
      new Deno.Command("no-such-program").spawn();
    } catch (error) {
      return equal(error instanceof Deno.errors.NotFound, true);
    }
    throw new Error("it was started");
  },
});
Deno.test({
  name: "many at a time",
  ...strict,
  async fn() {
    const outputs = Array.from({ length: 40 }, (_, n) => Deno.spawnAndWait("echo", [String(n)]));
    equal(
      (await Promise.all(outputs)).map(({ stdout }) => Number(text(stdout))),
      [...Array(40).keys()],
    );
  },
});
