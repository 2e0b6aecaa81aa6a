/** Bun.spawn and Bun.spawnSync by what programs see of them, with ringspawn/register preloaded or not. */
import childProcess from "node:child_process";
import net from "node:net";

interface Child {
  readonly stdin: { write(text: string): unknown; end(): unknown };
  readonly stdout: ReadableStream;
  readonly stderr: ReadableStream;
  readonly exited: Promise<number>;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
  kill(signal: string): void;
  send(message: unknown, handle?: unknown): boolean;
}

/** As much of Bun as is looked at. */
interface Bun {
  readonly spawn: (...args: unknown[]) => Child;
  readonly spawnSync: (...args: unknown[]) => { stdout: Buffer; exitCode: number; success: boolean };
  readonly $: (script: TemplateStringsArray) => { text(): Promise<string> };
}

const { Bun } = globalThis as unknown as { readonly Bun: Bun };
/** Its types are not here. */
const module: string = "bun";
const named: unknown = await import(module);
const { $, spawn } = named as Bun;

const show = (...seen: unknown[]): void => console.log(JSON.stringify(seen));
const attempt = (run: () => unknown): void => {
  try {
    show(run());
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException;
    show({ name, message, code });
  }
};

const child = spawn(["sh", "-c", "cat; echo err >&2; exit 3"], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
void child.stdin.write("through");
void child.stdin.end();
show(await new Response(child.stdout).text(), await new Response(child.stderr).text(), await child.exited);
const killed = Bun.spawn({ cmd: ["sleep", "9"], onExit: (_child: Child, ...end: unknown[]) => show("onExit", ...end) });
killed.kill("SIGUSR1");
show(await killed.exited, killed.exitCode, killed.signalCode);
const sync = Bun.spawnSync({ cmd: ["cat"], stdin: new TextEncoder().encode("blocking") });
show(sync.stdout.toString(), sync.exitCode, sync.success);
attempt(() => Bun.spawn(["/no/such"]));
attempt(() => Bun.spawn(["no-such-program"]));
attempt(() => Bun.spawn([]));
attempt(() => Bun.spawnSync(["a\0b"]));
show(childProcess.execSync("echo by node:child_process").toString());
const send = 'process.send("by ipc"); process.disconnect()';
const stdio = ["ignore", "inherit", "inherit"];
await spawn([process.execPath, "-e", send], { ipc: (message: unknown) => show(message), stdio }).exited;

// A server goes to a child, and one comes back, by which the first is closed: each end is reached through the other's.
const there = `process.on("message", (message, server) => {
  server.on("connection", (socket) => (socket.end("of the parent's"), server.close()));
  const own = require("node:net").createServer((socket) => (socket.end("of the child's"), own.close()));
  own.listen(0, () => process.send(own.address().port, own, () => process.disconnect()));
})`;
const connected = (port: number): Promise<string> =>
  new Promise((resolve) => net.connect(port, "localhost").on("data", (text) => resolve(String(text))));
const server = net.createServer().listen(0);
await new Promise((resolve) => server.on("listening", resolve));
const { port } = server.address() as net.AddressInfo;
let answer = (_: readonly [number, net.Server]): void => {};
const answered = new Promise<readonly [number, net.Server]>((resolve) => (answer = resolve));
const passed = spawn([process.execPath, "-e", there], {
  ipc: (port: number, _: Child, server: net.Server) => answer([port, server]),
  stdio,
});
show(passed.send("a server", server));
const [childPort, childServer] = await answered;
show(childServer instanceof net.Server);
server.close();
show(await connected(port));
childServer.on("connection", (socket) => socket.end("the parent, for the child"));
show(await connected(childPort).then((text) => text.startsWith("the parent") || text.startsWith("of the child")));
childServer.close();
passed.kill("SIGKILL");
await passed.exited;
show((await $`echo by the shell`.text()).trim());
// A body can be read once: what ours declines must find it unread, and what ours has served must leave it read.
const bodies = [
  () => new Response("a body"),
  () => new Request("http://localhost", { method: "POST", body: "a body" }),
];
for (const body of bodies) {
  const [given, failed, signalled] = [body(), body(), body()];
  show(Bun.spawnSync({ cmd: ["cat"], stdin: given }).stdout.toString(), given.bodyUsed);
  attempt(() => Bun.spawnSync(["/no/such"], { stdin: failed }));
  const { signal } = new AbortController();
  attempt(() => Bun.spawnSync(["cat"], { stdin: signalled, signal }).stdout.toString());
}
const pending = (): ReadableStream =>
  new ReadableStream({
    async pull(controller) {
      await Promise.resolve();
      controller.enqueue(new TextEncoder().encode("a stream"));
      controller.close();
    },
  });
const [stream, streamed] = [pending(), new Response(pending())];
for (const stdin of [stream, streamed]) attempt(() => Bun.spawnSync(["cat"], { stdin }));
show(await new Response(stream).text(), await streamed.text());
for (const name of ["spawn", "spawnSync"]) {
  const property = Object.getOwnPropertyDescriptor(Bun, name);
  show(name, property?.enumerable, property?.configurable, property?.writable);
}
show(Bun.spawn.name, Bun.spawnSync.name, spawn === Bun.spawn);
