// Its API as scripts use it: names, prefixes of output, restarts, killing the others when one ends.
const { default: concurrently } = await import(process.env.TOOL);

const settle = async (commands, options) => {
  const { result } = concurrently(commands, options);
  const ends = await result.catch((failed) => failed);
  console.log(ends.map(({ command, exitCode, killed }) => [command.name, exitCode, killed]));
};
await settle(
  [
    { command: "echo one", name: "a" },
    { command: "node -p 1+1", name: "b" },
  ],
  { maxProcesses: 1 },
);
await settle(
  [
    { command: "sh -c 'sleep 0.1; exit 3'", name: "fails" },
    { command: "sleep 60", name: "sleeps" },
  ],
  {
    killOthersOn: ["failure"],
  },
);
await settle([{ command: "sh -c 'echo try; exit 2'", name: "again" }], { restartTries: 2, restartDelay: 10 });
await settle([{ command: "sh -c 'echo $GIVEN'", name: "env", env: { GIVEN: "given" } }], { raw: true });
