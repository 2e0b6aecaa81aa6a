/** Deno's sanitizers find nothing left by a test that starts processes, be it the first test or a later one. */
import { Command, spawn, spawnSync } from "ringspawn";
import { equal } from "./run.ts";

const utf8 = new TextDecoder();

for (const engine of ["vfork", "runtime"] as const) {
  const strictly = (name: string, fn: () => Promise<void> | void): void => {
    Deno.test({ name: `${engine}: ${name}`, sanitizeOps: true, sanitizeResources: true, sanitizeExit: true, fn });
  };

  strictly("the first spawn", async () => {
    const child = new Command("true", { engine }).spawn();
    equal([(await child.status).code, child.engine], [0, engine]);
  });

  strictly("output() and outputSync()", async () => {
    const command = new Command("echo", { args: ["x"], engine });
    equal([utf8.decode((await command.output()).stdout), utf8.decode(command.outputSync().stdout)], ["x\n", "x\n"]);
  });

  strictly("streams both ways", async () => {
    const child = new Command("cat", { stdin: "piped", stdout: "piped", engine }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array(100_000));
    const [bytes] = await Promise.all([child.stdout.bytes(), writer.close()]);
    equal([bytes.length, (await child.status).code], [100_000, 0]);
  });

  strictly("pipes that are cancelled", async () => {
    const child = new Command("yes", { stdin: "piped", stdout: "piped", stderr: "piped", engine }).spawn();
    await Promise.all([child.stdin.close(), child.stdout.cancel(), child.stderr.cancel()]);
    equal((await child.status).signal, "SIGPIPE");
  });

  strictly("an abort and a disposal", async () => {
    const controller = new AbortController();
    const child = new Command("sleep", { args: ["9"], signal: controller.signal, engine }).spawn();
    controller.abort();
    equal((await child.status).signal, "SIGTERM");
    await using other = new Command("sleep", { args: ["9"], engine }).spawn();
    equal(other.engine, engine);
  });

  strictly("errors", async () => {
    const options = { engine };
    for (const start of [() => new Command("/no", options).spawn(), () => spawnSync(["/no"], options)]) {
      try {
        start();
        throw new Error("it started");
      } catch (error) {
        equal(error instanceof Deno.errors.NotFound, true, String(error));
      }
    }
    await Promise.resolve();
  });

  strictly("the other face, with input and a timeout", async () => {
    const child = spawn(["cat"], { stdin: new TextEncoder().encode("in"), timeout: 5000, engine });
    equal([await child.stdout.text(), await child.exited], ["in", 0]);
    const { stdout } = spawnSync(["cat"], { stdin: new TextEncoder().encode("in"), engine });
    equal(utf8.decode(stdout), "in");
  });

  strictly("many at once", async () => {
    const codes = Array.from({ length: 30 }, (_, i) => i);
    const ends = codes.map((code) => new Command("sh", { args: ["-c", `exit ${code}`], engine }).output());
    equal(
      (await Promise.all(ends)).map(({ code }) => code),
      codes,
    );
  });
}

// Only the native engine: Deno's own spawn gives a child no fds beyond 2.
for (const serialization of ["json", "advanced"] as const) {
  Deno.test({
    name: `vfork: a channel, ${serialization}`,
    sanitizeOps: true,
    sanitizeResources: true,
    async fn() {
      const messages: unknown[] = [];
      const script = "process.on('message', (m) => process.send(m, () => process.disconnect()))";
      const ipc = (message: unknown): unknown => messages.push(message);
      const command = [Deno.execPath(), "eval", script];
      const child = spawn(command, { ipc, serialization, stdout: "ignore", engine: "vfork" });
      child.send({ a: [1] });
      equal([await child.exited, messages, child.connected], [0, [{ a: [1] }], false]);
    },
  });
}

// Only the native engine: with Deno's own spawn a stream that was never used counts as a leak.
Deno.test({
  name: "vfork: a pipe that nobody touches",
  sanitizeOps: true,
  sanitizeResources: true,
  async fn() {
    const child = new Command("echo", { stdin: "piped", stdout: "piped", engine: "vfork" }).spawn();
    equal((await child.status).code, 0);
  },
});
