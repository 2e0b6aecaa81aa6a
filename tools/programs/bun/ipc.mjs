// Messages both ways with children of Bun and of Node, in both formats; what ends them; and a child that sends first.
const early = `process.send({ early: true }); process.on("message", (message) => {
  if (message === "end") process.disconnect(); else process.send({ got: message });
});`;

async function talk(name, cmd, serialization, messages) {
  const got = [];
  let next = Promise.withResolvers();
  const disconnected = Promise.withResolvers();
  const child = Bun.spawn([...cmd, "-e", early], {
    serialization,
    ipc(message) {
      got.push(message);
      next.resolve();
    },
    onDisconnect: () => disconnected.resolve(),
    stdio: ["ignore", "inherit", "inherit"],
  });
  const answer = async () => {
    await next.promise;
    next = Promise.withResolvers();
  };
  await answer();
  for (const message of messages) {
    child.send(message);
    await answer();
  }
  child.send("end");
  await disconnected.promise;
  console.log(name, got, await child.exited, child.connected);
  try {
    child.send("too late");
  } catch (error) {
    console.log(error.code);
  }
}

const plain = ["text", { nested: [1, null, { a: "ü" }] }, 7, "x".repeat(200_000).length];
await talk("bun json", ["bun"], "json", plain);
await talk("bun advanced", ["bun"], "advanced", [...plain, new Map([["k", new Set([1])]]), new Date(0), { big: 10n }]);
await talk("node json", ["node"], "json", plain);

const burst = [];
const all = Promise.withResolvers();
const child = Bun.spawn(["bun", "-e", "process.on('message', (n) => process.send(n * 2))"], {
  ipc(message) {
    if (burst.push(message) === 1000) all.resolve();
  },
});
for (let n = 0; n < 1000; n++) child.send(n);
await all.promise;
console.log(burst.every((value, n) => value === n * 2));
child.disconnect();
console.log(await child.exited);

const killed = Promise.withResolvers();
const dying = Bun.spawn(["bun", "-e", "process.kill(process.pid, 'SIGKILL')"], {
  ipc() {},
  onDisconnect: () => killed.resolve(true),
});
console.log(await killed.promise, await dying.exited, dying.signalCode);
