/** Deno's permissions bind the native engine as they bind Deno.Command, and ringspawn never prompts for one. */
import { check, deno, equal, library, onTerminal } from "./run.ts";

interface Line {
  readonly command: string;
  readonly engine: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

async function attempts(
  flags: readonly string[],
  list: readonly object[],
  env?: Record<string, string>,
): Promise<Line[]> {
  const args = ["run", "--no-prompt", ...flags, "./programs/attempts.ts", JSON.stringify(list)];
  const { stdout, stderr } = await deno(args, env === undefined ? {} : { env });
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

Deno.test("a bare name is Deno's to find where PATH may not be read", async () => {
  const lines = await attempts([ffi, "--allow-run"], [{ command: "true" }, { command: "/bin/true" }]);
  equal(
    lines.map(({ engine }) => engine),
    ["runtime", "vfork"],
  );
});

const asked: readonly (readonly [name: string, flags: readonly string[], env?: Record<string, string>])[] = [
  ["no --allow-run", []],
  ["--allow-run for some", ["--allow-run=echo,/bin/true,./env,/no/such"]],
  ["--allow-run but for some", ["--allow-run", "--deny-run=cat,/bin/true"]],
  ["--allow-run for all", ["--allow-run"]],
  ["a loader's variable inherited", ["--allow-run=echo,/bin/true"], { LD_ORACLE: "1" }],
  ["a loader's variable inherited, all may run", ["--allow-run"], { LD_ORACLE: "1" }],
  ["an empty one inherited", ["--allow-run=echo"], { LD_ORACLE: "" }],
];
const commands = [
  { command: "echo" },
  { command: "cat" },
  { command: "nothing-of-this-name" },
  { command: "/bin/true" },
  { command: "/usr/bin/true" },
  { command: "/no/such" },
  { command: "./env", options: { cwd: "/usr/bin" } },
  { command: "./echo", options: { cwd: "/usr/bin" } },
  { command: "echo", options: { clearEnv: true } },
  { command: "echo", options: { env: { PATH: "/usr/bin" } } },
  { command: "cat", options: { env: { PATH: "/usr/bin" } } },
  { command: "echo", options: { env: { PATH: "/nowhere" } } },
  { command: "echo", options: { env: { PATH: "/nowhere:/usr/bin:/bin" } } },
  { command: "echo", options: { env: { LD_PRELOAD: "/x.so" } } },
  { command: "echo", options: { env: { LD_A: "1", DYLD_B: "2" } } },
  { command: "echo", options: { env: { LD_PRELOAD: "" } } },
  { command: "echo", options: { clearEnv: true, env: { LD_PRELOAD: "/x.so" } } },
];
for (const [name, flags, env] of asked) {
  for (const engine of ["vfork", "runtime"]) {
    Deno.test(`${name}: the same answers as Deno.Command, words and all (${engine})`, async () => {
      const common = ["--allow-env", "--allow-read", ...flags, ...(engine === "vfork" ? [ffi] : [])];
      for (const line of await attempts(common, commands, env)) {
        // Deno looks for a bare name before it looks at the permission; ringspawn need not tell that it is missing.
        const unfound = line.theirs === "NotFound" && !line.command.includes("/");
        if (unfound && String(line.ours).startsWith("NotCapable")) continue;
        equal(line.ours, line.theirs, `${line.command} with ${common.join(" ")}`);
        if (line.ours === 0) equal(line.engine, engine);
      }
    });
  }
}

Deno.test("what may not be looked at is not run: a PATH of its own where files may not be read", async () => {
  const options = { env: { PATH: "/nowhere:/usr/bin" } };
  const [line] = await attempts([ffi, "--allow-env", "--allow-run=echo"], [{ command: "echo", options }]);
  check(String(line?.ours).startsWith("NotCapable"), `it ran, or failed otherwise: ${JSON.stringify(line)}`);
  const [all] = await attempts([ffi, "--allow-env", "--allow-run=echo,/nowhere/echo"], [{ command: "echo", options }]);
  equal([all?.engine, all?.ours], ["vfork", 0]);
});

Deno.test("another root names other programs: only where all may run", async () => {
  const list = [{ command: "/bin/true", options: { setup: { root: "/" } } }];
  const args = (run: string): string[] => [
    "run",
    "--no-prompt",
    ffi,
    "--allow-env",
    run,
    "./programs/attempts.ts",
    JSON.stringify(list),
    "alone",
  ];
  const some = await deno(args("--allow-run=/bin/true"));
  check(some.stdout.includes("NotCapable"), some.stdout + some.stderr);
  const all = await deno(args("--allow-run"));
  check(all.stdout.includes('"engine":"vfork","ours":0'), all.stdout + all.stderr);
});

Deno.test("files for the child take permission to read and write them", async () => {
  const run = async (...flags: string[]): Promise<string[]> =>
    (await deno(["run", "--no-prompt", ffi, "--allow-run", "--allow-env", ...flags, "./programs/files.ts"])).stdout
      .trim()
      .split("\n");
  const refused = (kind: string, path: string): string =>
    `NotCapable Requires ${kind} access to "${path}", run again with the --allow-${kind} flag`;
  equal(await run(), [refused("read", "/etc/passwd"), refused("write", "/dev/null"), refused("read", "/dev/null")]);
  equal(await run("--allow-read=/etc"), ["vfork 0", refused("write", "/dev/null"), refused("read", "/dev/null")]);
  equal(await run("--allow-read", "--allow-write"), ["vfork 0", "vfork 0", "vfork 0"]);
});

Deno.test("a terminal shows the prompts of Deno itself", async () => {
  check((await onTerminal(["run", "./programs/ask.ts"])).includes("Deno requests run access"), "no prompt was seen");
});

for (const flags of [[], ["--allow-run"], ["--allow-run", "--allow-ffi"], ["--allow-run=echo", ffi], ["--allow-env"]]) {
  Deno.test(`no prompt on a terminal: deno run ${flags.join(" ").replace(library, "…")}`, async () => {
    const list = commands.filter(({ options }) => options?.env === undefined);
    const shown = await onTerminal(["run", ...flags, "./programs/attempts.ts", JSON.stringify(list), "alone"]);
    check(!/prompt|requests|Allow\?/i.test(shown), shown);
    equal(shown.trim().split("\n").length, list.length, shown);
  });
}

Deno.test("no prompt for what is added to an environment that may not be read", async () => {
  const list = [{ command: "/bin/true", options: { env: { A: "1" } } }];
  const shown = await onTerminal(["run", "--allow-run", "./programs/attempts.ts", JSON.stringify(list), "alone"]);
  check(shown.includes("NotCapable: Requires env access, run again with the --allow-env flag"), shown);
});
