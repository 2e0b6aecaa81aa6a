/**
 * Deno's permissions bind the native engine as they bind Deno.Command, and nothing of ours ever asks for one.
 * side-by-side.test.ts has what somebody may try.
 */
import { check, deno, equal, library, onTerminal } from "./run.ts";

interface Line {
  readonly command: string;
  readonly engine: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

async function attempts(flags: readonly string[], list: readonly object[]): Promise<Line[]> {
  const args = ["run", "--no-prompt", ...flags, "./programs/attempts.ts", JSON.stringify(list)];
  const { stdout, stderr } = await deno(args);
  equal(stderr, "", flags.join(" "));
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

const ffi = `--allow-ffi=${library}`;

Deno.test("without --allow-ffi: the runtime's engine, without a prompt or a warning", async () => {
  const lines = await attempts(["--allow-run", "--allow-read", "--allow-env"], [{ command: "true" }]);
  equal(lines, [{ command: "true", engine: "runtime", ours: 0, theirs: 0 }]);
});

Deno.test("--allow-ffi for that very path is enough; for another it is none", async () => {
  const [given] = await attempts([ffi, "--allow-run", "--allow-env"], [{ command: "true" }]);
  equal(given?.engine, "vfork");
  const [other] = await attempts(["--allow-ffi=/usr/lib", "--allow-run", "--allow-env"], [{ command: "true" }]);
  equal(other?.engine, "runtime");
  const [denied] = await attempts(["--allow-ffi", `--deny-ffi=${library}`, "--allow-run"], [{ command: "true" }]);
  equal(denied?.engine, "runtime");
});

Deno.test("what is permitted by a list is native, by its name and by its path", async () => {
  const flags = [ffi, "--allow-env", "--allow-run=true,/usr/bin/env"];
  const list = [{ command: "true" }, { command: "/usr/bin/env" }, { command: "env" }];
  equal(
    (await attempts(flags, list)).map(({ engine, ours, theirs }) => [engine, ours, theirs]),
    list.map(() => ["vfork", 0, 0]),
  );
});

Deno.test("what explain says is what happens", async () => {
  const args = (run: string): string[] => ["run", "--no-prompt", ffi, "--allow-env", run, "./programs/explain.ts"];
  const { stdout } = await deno(args("--allow-run=true"));
  equal(stdout, "vfork /usr/bin/true true | runtime true | vfork cat\n");
});

Deno.test("a terminal is for who may run every program", async () => {
  const open = async (...flags: string[]): Promise<string> =>
    (await deno(["run", "--no-prompt", ffi, ...flags, "./programs/terminal.ts"])).stdout;
  const refusal = "NotCapable Requires --allow-run permissions to open a terminal\n";
  equal([await open(), await open("--allow-run=true"), await open("--allow-run")], [refusal, refusal, "vfork\n"]);
});

Deno.test("a permission that the program gives up is gone at the next start", async () => {
  const { stdout } = await deno(["run", "--no-prompt", ffi, "--allow-env", "--allow-run", "./programs/revoke.ts"]);
  equal(stdout, "vfork 0\nNotCapable\n");
});

Deno.test("in a worker the worker's own permissions count", async () => {
  const args = ["run", "--no-prompt", "--unstable-worker-options", "-A", "./programs/narrow-workers.ts", library];
  const { stdout, stderr } = await deno(args);
  const refused = (kind: string, what: string): string =>
    `NotCapable Requires ${kind} access to "${what}", run again with the --allow-${kind} flag`;
  equal(
    stdout.trim().split("\n"),
    [
      `nothing: ${refused("run", "/bin/true")}`,
      "all may run: runtime 0",
      "all may run, native: vfork 0",
      "one may run, native: vfork 0",
      `another may run: ${refused("run", "/bin/true")}`,
      `a file: ${refused("read", "/etc/passwd")}`,
      "an fd of the program's: refused",
    ],
    stderr,
  );
});

Deno.test("a terminal shows the prompts of Deno itself", async () => {
  check((await onTerminal(["run", "./programs/ask.ts"])).includes("Deno requests run access"), "no prompt was seen");
});

const commands = [
  { command: "echo" },
  { command: "cat" },
  { command: "nothing-of-this-name" },
  { command: "/bin/true" },
  { command: "/no/such" },
  { command: "./env", options: { cwd: "/usr/bin" } },
  { command: "echo", options: { clearEnv: true } },
  { command: "/bin/true", options: { stdin: 3 } },
  { command: "/bin/true", options: { setup: { root: "/" } } },
  { command: "/bin/true", options: { setup: { fds: { 3: { file: "/proc/self/environ" } } } } },
];
for (const flags of [
  [],
  ["--allow-run"],
  ["--allow-run", "--allow-ffi"],
  ["--allow-run", "--allow-ffi", "--allow-read"],
  ["--allow-run=echo", ffi],
  ["--allow-run=echo", ffi, "--allow-env"],
  ["--allow-env"],
]) {
  Deno.test(`no prompt on a terminal: deno run ${flags.join(" ").replace(library, "…")}`, async () => {
    const shown = await onTerminal(["run", ...flags, "./programs/attempts.ts", JSON.stringify(commands), "alone"]);
    check(!/prompt|requests|Allow\?/i.test(shown), shown);
    equal(shown.trim().split("\n").length, commands.length, shown);
  });
}

Deno.test("no prompt for what is added to an environment that may not be read", async () => {
  const list = [{ command: "/bin/true", options: { env: { A: "1" } } }];
  const shown = await onTerminal(["run", "--allow-run", "./programs/attempts.ts", JSON.stringify(list), "alone"]);
  equal(JSON.parse(shown), { command: "/bin/true", engine: "runtime", ours: 0, theirs: 0 });
});
