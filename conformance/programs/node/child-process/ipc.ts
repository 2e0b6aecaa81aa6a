/** fork, its messages, and the handles that go with them. This file is the parent and the child. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import net from "node:net";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { show, told, whole } from "./observe.ts";

const self = fileURLToPath(import.meta.url);
const next = (emitter: NodeJS.EventEmitter, event: string): Promise<unknown[]> =>
  new Promise((resolve) => emitter.once(event, (...args: unknown[]) => resolve(args)));
const child = (options: object = {}): ChildProcess => fork(self, ["child"], { execArgv: [], ...options });

async function connection(): Promise<readonly [net.Socket, net.Socket, net.Server]> {
  const server = net.createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await next(server, "listening");
  const client = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
  const [socket] = (await next(server, "connection")) as [net.Socket];
  return [client, socket, server];
}

const scenes = {
  "messages both ways": async () => {
    const forked = child();
    forked.send({ echo: [1, "two", null, { three: 3 }] });
    const [echo] = await next(forked, "message");
    forked.disconnect();
    return [echo, await whole(forked, "exit"), forked.connected];
  },
  "messages of more than JSON": async () => {
    const forked = child({ serialization: "advanced" });
    forked.send({ echo: [new Map([[1, 2n]]), new Uint8Array(3)] });
    const [echo] = (await next(forked, "message")) as [unknown[]];
    forked.kill();
    const seen = await whole(forked);
    return [echo[0] instanceof Map, echo[1] instanceof Uint8Array, seen];
  },
  "many messages in order": async () => {
    const forked = child();
    const got: unknown[] = [];
    const all = new Promise<void>((resolve) => {
      forked.on("message", (message) => {
        if (got.push((message as unknown[])[0]) === 500) resolve();
      });
    });
    for (let i = 0; i < 500; i++) forked.send({ echo: [i, "x".repeat(1000)] });
    await all;
    forked.kill();
    await next(forked, "exit");
    return got.every((message, i) => message === i);
  },
  "a callback of send, and send after the end": async () => {
    const forked = child();
    const called = await new Promise((resolve) => forked.send({ echo: 1 }, (error) => resolve(error)));
    await next(forked, "message");
    forked.disconnect();
    const late = await new Promise((resolve) => forked.send({ echo: 2 }, resolve));
    await next(forked, "exit");
    return [called, told(late)];
  },
  "a socket that is handed over": async () => {
    const forked = child();
    const [client, socket, server] = await connection();
    forked.send("take", socket);
    const [chunk] = await next(client, "data");
    client.destroy();
    server.close();
    forked.kill();
    await next(forked, "exit");
    return String(chunk);
  },
  "a server that is shared": async () => {
    const forked = child();
    const server = net.createServer();
    server.listen(0, "127.0.0.1");
    await next(server, "listening");
    forked.send("take", server);
    await next(forked, "message");
    const { port } = server.address() as net.AddressInfo;
    server.close();
    const client = net.connect(port, "127.0.0.1");
    const [chunk] = await next(client, "data");
    client.destroy();
    forked.kill();
    await next(forked, "exit");
    return String(chunk);
  },
  "a silent child": async () => {
    const forked = child({ silent: true });
    forked.send("print");
    forked.send("leave");
    return whole(forked);
  },
  "a channel that is no fork's": async () => {
    const stdio = ["ignore", "inherit", "inherit", "pipe", "ipc"] as const;
    const spawned = spawn(process.execPath, [self, "child"], { stdio: [...stdio] });
    spawned.send({ echo: "by fd 4" });
    const [echo] = await next(spawned, "message");
    spawned.kill("SIGKILL");
    return [echo, await whole(spawned)];
  },
  "what may be a message": async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const values: unknown[] = [undefined, null, Symbol("a"), 1n, 5, "x", () => 1, { big: 1n }, circular, { call() {} }];
    const seen = [];
    for (const serialization of ["json", "advanced"] as const) {
      const forked = child({ serialization });
      for (const value of [...values, new SharedArrayBuffer(4)]) {
        try {
          seen.push(forked.send(value as object));
        } catch (error) {
          seen.push(told(error));
        }
      }
      forked.kill();
      await next(forked, "exit");
    }
    return seen;
  },
  "what stands on the channel": async () => {
    const seen = [];
    for (const serialization of ["json", "advanced"] as const) {
      const bytes = "head -c 24 <&3 | od -An -v -tx1";
      const script = `env | grep NODE_CHANNEL | sort; grep flags /proc/self/fdinfo/3; ${bytes}`;
      const spawned = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit", "ipc"], serialization });
      spawned.send({ b: Buffer.from([1, 2, 3]), long: "enough" });
      seen.push(await whole(spawned));
    }
    return seen;
  },
  "what the program hears of lines and frames that are none": async () => {
    const seen = [];
    for (const bytes of ["1\\nhello\\n2\\n", "1\\n2", '{"cmd":"NODE_X"}\\n{"cmd":"NODE_"}\\n2\\n']) {
      const caught: unknown[] = [];
      const heard = (error: Error): unknown => caught.push(error.name);
      process.on("uncaughtException", heard);
      // The end of the channel is seen before that of the child.
      const script = `printf '${bytes}' >&3; exec 3>&-; sleep 0.1`;
      const spawned = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
      seen.push(await whole(spawned), caught);
      process.off("uncaughtException", heard);
    }
    return seen;
  },
  "messages that nobody listens for yet": async () => {
    const script = "printf '1\\n2\\n' >&3; exec sleep 9";
    const spawned = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const got: unknown[] = [];
    spawned.on("message", (message) => got.push(message));
    const early = got.length;
    while (got.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    spawned.kill();
    await next(spawned, "exit");
    return [early, got];
  },
  "what send says while the child does not read": async () => {
    const spawned = spawn("sleep", ["9"], { stdio: ["ignore", "ignore", "ignore", "ipc"] });
    spawned.on("error", () => {});
    let called = 0;
    const said = Array.from({ length: 60 }, () => spawned.send("x".repeat(10_000), () => called++));
    spawned.kill();
    await next(spawned, "close");
    for (let i = 0; i < 100 && called < said.length; i++) await new Promise((resolve) => setTimeout(resolve, 5));
    return [said.indexOf(false), called];
  },
  "what is sent behind a handle waits for it": async () => {
    const forked = child();
    const server = net.createServer();
    server.listen(0, "127.0.0.1");
    await next(server, "listening");
    const order: unknown[] = [];
    const said = [forked.send("take", server), forked.send({ echo: "a" }), forked.send({ echo: "b" })];
    forked.on("message", (message) => order.push(message));
    while (order.length < 3) await next(forked, "message");
    server.close();
    forked.kill();
    await next(forked, "exit");
    return [said, order];
  },
  "send() to a child that is gone": async () => {
    const forked = child();
    forked.kill("SIGKILL");
    const errors: unknown[] = [];
    forked.on("error", (error) => errors.push(told(error)));
    await next(forked, "disconnect");
    const said = [forked.send(1), forked.connected];
    forked.disconnect();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return [said, errors];
  },
  "the order of the end, by the child and by the parent": async () => {
    const seen = [];
    for (const by of ["child", "parent"]) {
      const forked = child();
      const order: string[] = [];
      for (const event of ["disconnect", "exit", "close"]) forked.on(event, () => order.push(event));
      if (by === "child") forked.send("leave");
      else forked.disconnect();
      await next(forked, "exit");
      await new Promise((resolve) => setTimeout(resolve, 50));
      seen.push(order);
    }
    return seen;
  },
  "a child that ends by itself": async () => {
    const forked = child();
    forked.send("leave");
    return whole(forked);
  },
};

/** What the child does. */
function serve(): void {
  process.on("message", (message, handle) => {
    if (message === "leave") process.exit(5);
    if (message === "print") process.stdout.write("printed\n");
    if (handle instanceof net.Socket) handle.end("by the child");
    if (handle instanceof net.Server) {
      handle.on("connection", (socket: net.Socket) => socket.end("by the child"));
      process.send?.("has it");
    }
    if (typeof message === "object" && message !== null && "echo" in message) process.send?.(message.echo);
  });
}

if (process.argv[2] === "child") serve();
else await show(scenes);
