/** The built command as a real process. Node's own child_process starts it: what is tested must not test itself. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const CLI = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "ringspawn-cli-"));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Result {
  status: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** Without what the surroundings may have set, so that a test says what it needs. */
function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of ["RINGSPAWN_ENGINE", "RINGSPAWN_TRACE", "NO_COLOR", "FORCE_COLOR"])
    Reflect.deleteProperty(env, name);
  return { ...env, ...more };
}

function cli(args: readonly string[], env: Record<string, string> = {}, input = ""): Result {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    env: environment(env),
    encoding: "utf8",
    input,
    cwd: scratch,
  });
  return { status, signal, stdout, stderr };
}

/** Starts the CLI around a shell script that writes `ready` when it is. `rest` is what comes then, on stderr too. */
async function ready(script: string): Promise<{ child: ChildProcess; rest: Promise<string> }> {
  // One pipe for both, so that its end is that of all.
  const shell = ["-c", 'exec "$@" 2>&1', "sh", process.execPath, CLI, "run", "--", "sh", "-c", script];
  const child = spawn("sh", shell, { env: environment(), stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  const { stdout } = child;
  stdout.setEncoding("utf8");
  const begun = new Promise<void>((resolve) => {
    stdout.on("data", (text: string) => {
      output += text;
      if (output.includes("ready\n")) resolve();
    });
  });
  const rest = once(stdout, "end").then(() => output.replace("ready\n", ""));
  await begun;
  return { child, rest };
}

/** For bytes that no string of JavaScript can be: a shell makes them. */
function throughShell(script: string): Result {
  const { status, signal, stdout, stderr } = spawnSync("sh", ["-c", script, process.execPath, CLI], {
    env: environment({ LC_ALL: "C" }),
    encoding: "latin1",
    cwd: scratch,
  });
  return { status, signal, stdout, stderr };
}

describe("run", () => {
  test("passes arguments, stdin, stdout, stderr and the exit status through", () => {
    const result = cli(["run", "--", "sh", "-c", 'cat; echo "$0 $1" >&2; exit 7', "a b", "--time"], {}, "from stdin");
    expect(result).toEqual({ status: 7, signal: null, stdout: "from stdin", stderr: "a b --time\n" });
  });

  test("takes everything behind the command for its arguments, also without --", () => {
    expect(cli(["run", "echo", "--engine", "x"]).stdout).toBe("--engine x\n");
  });

  test.each(["SIGTERM", "SIGKILL", "SIGINT", "SIGHUP", "SIGPIPE", "SIGUSR1", "SIGSEGV", "SIGABRT", "SIGXFSZ"])(
    "dies of %s when the command did",
    (signal) => {
      const { status, signal: died } = cli(["run", "--", "sh", "-c", `kill -${signal.slice(3)} $$`]);
      expect({ status, died }).toEqual({ status: null, died: signal });
    },
  );

  test("leaves the child's core file alone", () => {
    const dir = mkdtempSync(join(scratch, "core-"));
    const script = `ulimit -c unlimited; exec "$0" "$1" run -- sh -c 'kill -SEGV $$'`;
    const { signal } = spawnSync("sh", ["-c", script, process.execPath, CLI], { cwd: dir, env: environment() });
    expect(signal).toBe("SIGSEGV");
    // Where cores go to files in the working directory, the ones here are the shell's, which are small.
    for (const core of readdirSync(dir)) expect(statSync(join(dir, core)).size).toBeLessThan(8e6);
  });

  test.each(
    "HUP INT QUIT TERM USR1 USR2 ALRM VTALRM PIPE IO PWR STKFLT XCPU XFSZ"
      .split(" ")
      .map((name) => `SIG${name}` as NodeJS.Signals),
  )("hands on a %s that was sent to it alone, and reports what the child made of it", async (signal) => {
    // By its number: some shells know fewer names.
    const { child, rest } = await ready(
      `trap 'echo got it; exit 9' ${constants.signals[signal]}; echo ready; for _ in $(seq 200); do sleep 0.05; done`,
    );
    child.kill(signal);
    const [status] = (await once(child, "exit")) as [number | null];
    expect({ status, output: await rest }).toEqual({ status: 9, output: "got it\n" });
  });

  // script(1) gives a terminal: its Ctrl-C goes to every process of the foreground group.
  test.each([
    ["in its group, who has it from the terminal", []],
    ["in a session of its own, who has it from us", ["--setup", "session=true"]],
  ])("Ctrl-C reaches a child %s exactly once, and the CLI waits", async (_, options) => {
    const count = join(scratch, `ctrl-c-${options.length}`);
    const inner = join(scratch, "count-interrupts.sh");
    writeFileSync(
      inner,
      `n=0; trap 'n=$((n+1))' INT; echo ready
for i in 1 2 3 4 5 6; do sleep 0.1; done
echo $n >${count}; exit 3\n`,
    );
    // exec, since the shell that script puts between would else take the Ctrl-C as well, and dash then dies of it.
    const words = [process.execPath, CLI, "run", ...options, "--", "sh", inner].map((word) => `'${word}'`);
    const line = `exec ${words.join(" ")}`;
    const terminal = spawn("script", ["-qec", line, "/dev/null"], {
      env: environment(),
      stdio: ["pipe", "pipe", "inherit"],
    });
    let output = "";
    terminal.stdout.on("data", (chunk: Buffer) => {
      const before = output.includes("ready");
      output += chunk.toString();
      if (!before && output.includes("ready")) terminal.stdin.write("\x03");
    });
    const [status] = (await once(terminal, "exit")) as [number | null];
    expect({ status, interrupts: readFileSync(count, "utf8") }).toEqual({ status: 3, interrupts: "1\n" });
  });

  test.each([
    ["umask=077", "umask", "0077"],
    ["umask=18", "umask", "0022"],
    ["limits.nofile=64", "ulimit -n", "64"],
    ['limits={"core":{"soft":0}}', "ulimit -Sc", "0"],
    ["priority=7", "nice", "7"],
    ["session=true", 'test "$(cut -d " " -f 6 /proc/$$/stat)" = $$ && echo leads', "leads"],
    ['fds.5={"file":"/proc/self/comm"}', "cat <&5 >/dev/null && echo open", "open"],
    ['signals.ignore=["SIGUSR2"]', "kill -USR2 $$; echo alive", "alive"],
  ])("--setup %s is seen by the child", (setup, script, expected) => {
    const { stdout, stderr } = cli(["run", "--setup", setup, "--", "sh", "-c", script]);
    expect({ stdout, stderr }).toEqual({ stdout: `${expected}\n`, stderr: "" });
  });

  test("several --setup of one object come together, and a later one wins", () => {
    const pairs = ["limits.nofile=64", "limits.cpu=100", "limits.nofile=65"].flatMap((pair) => ["--setup", pair]);
    expect(cli(["run", ...pairs, "--", "sh", "-c", "ulimit -n; ulimit -t"]).stdout).toBe("65\n100\n");
  });

  test("--cwd, --env and --clear-env", () => {
    expect(cli(["run", "--cwd", "/usr", "--", "pwd"]).stdout).toBe("/usr\n");
    expect(cli(["run", "--env", "A=b=c", "--", "sh", "-c", 'echo "$A" "$KEPT"'], { KEPT: "kept" }).stdout).toBe(
      "b=c kept\n",
    );
    expect(cli(["run", "--clear-env", "--env", "A=1", "--env", "B=", "--", "env"]).stdout).toBe("A=1\nB=\n");
  });

  test.each(["run", "exec", "explain"])("%s refuses arguments that are not UTF-8, which would be others", (command) => {
    writeFileSync(join(scratch, "a\ufffdb"), "");
    const { status, stdout, stderr } = throughShell(`"$0" "$1" ${command} -- rm "$(printf 'a\\377b')"`);
    expect({ status, stdout }).toEqual({ status: 125, stdout: "" });
    expect(Buffer.from(stderr, "latin1").toString()).toBe('ringspawn: the argument "a\ufffdb" is not UTF-8\n');
    expect(existsSync(join(scratch, "a\ufffdb"))).toBe(true);
  });

  test("passes an argument on that has the character of what cannot be decoded", () => {
    expect(cli(["run", "--", "echo", "a\ufffdb"]).stdout).toBe("a\ufffdb\n");
  });

  test.each(["run", "run --env B=ü --env __proto__=p --env RINGSPAWN_ENGINE=nope", "exec", "exec --preload"])(
    "%s leaves variables that are not UTF-8 as they are",
    (command) => {
      const script = `A="$(printf 'v\\377w')" "$0" "$1" ${command} -- sh -c 'printf %s "$A" "$B" "$RINGSPAWN_ENGINE"'`;
      const { status, stdout } = throughShell(script);
      const named = command.includes("--env") ? "Ã¼nope" : "";
      expect({ status, stdout }).toEqual({ status: 0, stdout: `v\xffw${named}` });
    },
  );

  test.each(["vfork", "runtime"])("--engine %s runs nothing that stands behind a PATH it cannot read", (engine) => {
    const later = mkdtempSync(join(scratch, "later-"));
    writeFileSync(join(later, "late"), "#!/bin/sh\necho later\n", { mode: 0o755 });
    const script = `PATH="$PATH:$(printf 'a\\377b'):${later}" "$0" "$1" run --engine ${engine} --`;
    const { status, stdout, stderr } = throughShell(`${script} late`);
    expect({ status, stdout }).toEqual({ status: 127, stdout: "" });
    expect(stderr).toContain("; an entry of PATH is not UTF-8, and ends the search");
    expect(throughShell(`${script} echo first`)).toMatchObject({ status: 0, stdout: "first\n" });
  });

  test("runs a text without #! as execvp does", () => {
    writeFileSync(join(scratch, "text"), "echo from a text\n", { mode: 0o755 });
    expect(cli(["run", "--", "./text"]).stdout).toBe("from a text\n");
  });

  test.each([
    [127, ["--", "/nope/x"], "'/nope/x' does not exist"],
    [127, ["--", "no-such-command"], 'Executable not found in $PATH: "no-such-command"'],
    [127, ["--engine", "runtime", "--", "no-such-command"], "no-such-command"],
    [126, ["--", "/usr"], "'/usr' may not be executed"],
    [126, ["--engine", "runtime", "--", "/usr"], "'/usr'"],
    [125, ["--cwd", "/nope", "--", "true"], "No such cwd '/nope'"],
    [125, ["--setup", "nope=1", "--", "true"], "setup.nope"],
    [125, ["--setup", "__proto__.x=1", "--", "true"], "setup.__proto__"],
    [125, ["--setup", "umask=-1", "--", "true"], "setup.umask"],
    [125, ["--setup", "umask", "--", "true"], "--setup wants KEY=VALUE, not 'umask'"],
    [125, ["--setup", "umask=1", "--setup", "umask.x=1", "--", "true"], "'umask' already has the value 1"],
    [125, ["--env", "=x", "--", "true"], "--env wants KEY=VALUE, not '=x'"],
    [125, ["--engine", "nope", "--", "true"], '"nope"'],
    [125, ["--engine", "runtime", "--setup", "umask=0", "--", "true"], "setup.umask"],
    [125, ["--nope", "--", "true"], "unknown option '--nope'"],
    [125, [], "missing required argument 'command'"],
    [127, ["--", ""], 'Executable not found in $PATH: ""'],
  ])("ends with %i for run %j, and says why", (status, args, words) => {
    const result = cli(["run", ...args]);
    expect(result).toMatchObject({ status, signal: null, stdout: "" });
    expect(result.stderr).toMatch(/^ringspawn: /);
    expect(result.stderr).toContain(words);
    expect(result.stderr.split("\n").length).toBeLessThanOrEqual(3);
  });

  test("--time: figures on stderr, none of them invented", () => {
    const small = cli(["run", "--time", "--", "true"]);
    expect(small.stderr).toMatch(
      /^wall\t\d+\.\d{3} s\nuser\t\d+\.\d{3} s\nsys\t\d+\.\d{3} s\npeak\t≤ \d+\.\d MB\nengine\tvfork\n$/,
    );
    // 256 MB of memory in the child is more than this CLI ever has, and so its own.
    const script = "const b = Buffer.alloc(256e6, 1); while (process.cpuUsage().user < 3e5) b.fill(2)";
    const large = cli(["run", "--time", "--", process.execPath, "-e", script]).stderr;
    const figures = new Map(
      large
        .trimEnd()
        .split("\n")
        .map((line) => line.split("\t") as [string, string]),
    );
    expect(Number.parseFloat(figures.get("peak") as string)).toBeGreaterThan(256);
    expect(Number.parseFloat(figures.get("user") as string)).toBeGreaterThan(0.29);
    expect(Number.parseFloat(figures.get("wall") as string)).toBeGreaterThan(0.29);
    const runtime = cli(["run", "--time", "--engine", "runtime", "--", "true"]).stderr;
    expect(runtime).toContain("peak\tunknown to the runtime engine\nengine\truntime\n");
  });

  test("--time says it also when a signal killed the command, and then dies of it", () => {
    const { signal, stderr } = cli(["run", "--time", "--", "sh", "-c", "kill -TERM $$"]);
    expect({ signal, engine: stderr.includes("engine\tvfork") }).toEqual({ signal: "SIGTERM", engine: true });
  });

  test("RINGSPAWN_ENGINE sets the default, --engine overrules it", () => {
    const env = { RINGSPAWN_ENGINE: "runtime" };
    expect(cli(["run", "--time", "--", "true"], env).stderr).toContain("engine\truntime\n");
    expect(cli(["run", "--time", "--engine", "io_uring,vfork", "--", "true"], env).stderr).toContain("engine\tvfork\n");
    expect(cli(["run", "--", "true"], { RINGSPAWN_ENGINE: "nope" })).toMatchObject({ status: 125 });
  });

  test.each(["run --engine vfork --", "run --engine runtime --", "exec --"])(
    "%s hands on the fds above 2 that it was given, as env does, and no others",
    (command) => {
      // Each prints what it read, and the fds that ls has.
      const scripts = [
        "$RUN ls /proc/self/fd",
        "$RUN cat <(echo one) <(echo two)",
        `$RUN sh -c 'cat <&3; cat <&7; echo locked >&9; ls /proc/self/fd' 3< <(echo three) 7<<<seven 9>>lock; cat lock`,
        "$RUN ls /proc/self/fd 5</dev/null 3</dev/null 4</dev/null 200</dev/null",
        `RUN="$RUN" make -j2 -f top`,
      ];
      const outputs = (run: string): string[] =>
        scripts.map((script) => {
          const words = ["-c", `exec 2>&1; RUN="${run}"; ${script}`, process.execPath, CLI];
          const cwd = mkdtempSync(join(scratch, "fds-"));
          writeFileSync(join(cwd, "top"), "all:\n\t+@$(RUN) make --no-print-directory -f sub\n");
          writeFileSync(join(cwd, "sub"), "all: ; @echo made\n");
          return spawnSync("bash", words, { env: environment(), encoding: "utf8", cwd }).stdout;
        });
      const [none, ...others] = outputs(`$0 $1 ${command}`);
      expect([none, ...others]).toEqual(outputs("env"));
      expect(others[0]).toBe("one\ntwo\n");
      expect(others[1]).toMatch(/^three\nseven\n0\n1\n/);
      expect(others.at(-1)).toMatch(/^made$/m);
    },
    30_000,
  );

  test("leaves what an option of Node has opened with Node, and lets --setup say something else of an fd", () => {
    writeFileSync(join(scratch, "opened"), "");
    writeFileSync(join(scratch, "opens.cjs"), "require('fs').openSync('opened', 'r');");
    const { stdout } = throughShell(`exec 9<opens.cjs
      "$0" --require ./opens.cjs "$1" run --setup 'fds.9="null"' -- readlink /proc/self/fd/9
      "$0" --require ./opens.cjs "$1" run -- ls -l /proc/self/fd`);
    expect(stdout).toMatch(/^\/dev\/null\n/);
    expect(stdout).not.toContain("/opened");
  });

  test("does not make the child's pipes non-blocking", () => {
    const { stdout } = cli(["run", "--", "cat", "/proc/self/fdinfo/0", "/proc/self/fdinfo/1"]);
    const flags = [...stdout.matchAll(/^flags:\s+(\d+)/gm)].map(([, octal]) => Number.parseInt(octal as string, 8));
    expect(flags).toHaveLength(2);
    for (const word of flags) expect(word & 0o4000).toBe(0);
  });
});

describe("doctor", () => {
  test("--json for programs", () => {
    const report = JSON.parse(cli(["doctor", "--json"], { RINGSPAWN_ENGINE: "runtime" }).stdout) as unknown;
    expect(report).toMatchObject({
      runtime: { name: "node", version: process.versions.node },
      variable: "runtime",
      engines: [{ name: "io_uring", available: false }, { name: "vfork", available: true }, { name: "runtime" }],
      auto: "vfork",
    });
  });

  test("a plain table for people, with the reason and what auto takes", () => {
    const { stdout } = cli(["doctor"]);
    expect(stdout).toMatch(/^io_uring +no +this kernel has no io_uring_spawn, /m);
    expect(stdout).toMatch(/^vfork +yes +auto takes it$/m);
    expect(stdout).toMatch(/^runtime +yes$/m);
  });
});

test("a full disk under its output is an error in one line", () => {
  const line = '"$0" "$1" doctor >/dev/full';
  const options = { env: environment(), encoding: "utf8" } as const;
  const { status, stderr } = spawnSync("sh", ["-c", line, process.execPath, CLI], options);
  expect(status).toBe(125);
  expect(stderr).toMatch(/^ringspawn: ENOSPC[^\n]*\n$/);
});

describe("explain", () => {
  test("prints the chain in order, and what the others make of it; starts nothing", () => {
    const mark = join(scratch, "started");
    const options = ["--setup", "umask=027", "--setup", "limits.nofile=64", "--setup", "session=true", "--cwd", "/tmp"];
    const { stdout, status } = cli(["explain", ...options, "--", "/usr/bin/touch", mark]);
    expect(status).toBe(0);
    const [ring = "", vfork = ""] = stdout.split(/^vfork/m);
    const steps = [...vfork.matchAll(/^ {2}(\w+) +\d+ +(.*)$/gm)].map(([, step, call]) => [step, call]);
    expect(steps.map(([step]) => step).filter((step, i, all) => step !== all[i - 1])).toEqual([
      "birth",
      "session",
      "fds",
      "limits",
      "umask",
      "cwd",
      "closeFds",
      "signals",
      "mask",
      "file",
    ]);
    expect(steps).toContainEqual(["umask", "umask(0027)"]);
    expect(steps).toContainEqual(["limits", "prlimit64(0, RLIMIT_NOFILE, {64, 64}, NULL)"]);
    expect(steps.at(-1)).toEqual(["file", 'execve("/usr/bin/touch", argv, envp)']);
    // The same chain, whether this kernel could carry it out or not.
    const requests = [...ring.matchAll(/^ {2}(\w+) +\d+ +(.*?)(?: {2,}(.*))?$/gm)].map(([, ...row]) => row);
    expect(requests.map(([step]) => step)).toEqual(steps.map(([step]) => step));
    expect(requests[0]).toEqual(["birth", "CLONE(pidfd)", "soft"]);
    expect(requests).toContainEqual(["umask", "SPAWN_CALL umask(0027)", "soft"]);
    expect(requests.at(-1)).toEqual(["file", 'EXEC("/usr/bin/touch", argv, envp)', undefined]);
    expect(stdout).toMatch(/^runtime\n {2}refuses setup\.umask: /m);
    expect(existsSync(mark)).toBe(false);
  });

  test("docs/chain.md has every step, in the order of the chain", () => {
    const page = readFileSync(new URL("../../../docs/chain.md", import.meta.url), "utf8");
    const section = page.slice(page.indexOf("## 2."), page.indexOf("## 3."));
    const documented = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, step]) => step);
    const common = [
      'namespaces=["user","mount"]',
      "limits.nofile=64",
      "priority=1",
      'ioPriority={"class":"idle"}',
      "affinity=[0]",
      'scheduler={"policy":"batch"}',
      "umask=022",
      "root=/",
      "groups=[]",
      "gid=0",
      "uid=0",
      "dieWithParent=true",
      "noNewPrivileges=true",
    ];
    const found = [["session=true", "controllingTerminal=0"], ["processGroup=0"]].map((own) => {
      const options = [...common, ...own].flatMap((pair) => ["--setup", pair]);
      const { stdout } = cli(["explain", "--engine", "vfork", ...options, "--", "true"]);
      const steps = [...stdout.matchAll(/^ {2}(\w+) +\d+ +\S.*\(/gm)].map(([, step]) => step);
      return [...new Set(steps)].filter((step) => step !== "birth" && step !== "file");
    });
    const all = new Set(found.flat());
    expect(new Set(documented)).toEqual(all);
    for (const steps of found) expect(documented.filter((step) => steps.includes(step))).toEqual(steps);
  });

  test("says by which ABI of the kernel the chain would go, where this kernel has none", () => {
    const { stdout } = cli(["explain", "--", "true"]);
    const [, chain] = /^io_uring\n {2}(.*)\n/m.exec(stdout) ?? [];
    expect(chain).toMatch(/^this kernel has no io_uring_spawn.*; where it can be used, with ABI 1 alone \(.*\):$/);
  });

  test("says what it would not find: a program, a directory, an interpreter", () => {
    const script = join(scratch, "script");
    writeFileSync(script, "#!/no/such/shell -e\n", { mode: 0o755 });
    const missing = (...args: string[]): string | undefined => {
      const { stdout, status } = cli(["explain", ...args]);
      expect(status).toBe(0);
      expect(stdout.includes(", which would start it")).toBe(!stdout.includes("missing"));
      return /^missing +(.*)$/m.exec(stdout)?.[1];
    };
    expect(missing("--", "no-such-program")).toBe('a file "no-such-program" that can be executed');
    expect(missing("--", "/etc/passwd")).toBe('a file "/etc/passwd" that can be executed');
    expect(missing("--cwd", "/no/such/folder", "--", "true")).toBe('the directory "/no/such/folder"');
    expect(missing("--", script)).toBe(`the interpreter "/no/such/shell" of "${script}"`);
    expect(missing("--cwd", scratch, "--", "./script")).toBe(`the interpreter "/no/such/shell" of "${script}"`);
    expect(missing("--", "true")).toBe(undefined);
    expect(missing("--setup", "root=/no/such/root", "--", "/only/there")).toBe(undefined);
  });

  test("says what the runtime's own spawn would be given", () => {
    const { stdout } = cli(["explain", "--cwd", "/tmp", "--", "echo", "a b"], { RINGSPAWN_ENGINE: "runtime" });
    expect(stdout).toContain("runtime, which would start it\n");
    expect(stdout).toContain('child_process: file: "echo", args: ["a b"], cwd: "/tmp"');
  });
});

describe("exec --preload", () => {
  const makefile = join(scratch, "makefile");
  writeFileSync(makefile, "all:\n\t@/bin/echo made\n\t@sh -c 'exit 3'\n");

  test("gives a command our posix_spawn", () => {
    const trace = join(scratch, "trace");
    const variables = { RINGSPAWN_POSIX_TRACE: trace };
    const { status, stdout } = cli(["exec", "--preload", "--", "make", "-f", makefile], variables);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "made\n" });
    const lines = readFileSync(trace, "utf8").trim().split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.filter((line) => !line.startsWith("vfork "))).toEqual([]);
  });

  test("refuses an engine that there is none of, before anything is started", () => {
    const { status, stdout, stderr } = cli(["exec", "--preload", "--", "echo", "ran"], {
      RINGSPAWN_POSIX_ENGINE: "bogus",
    });
    expect({ status, stdout }).toEqual({ status: 125, stdout: "" });
    expect(stderr).toContain('RINGSPAWN_POSIX_ENGINE must be one of libc, vfork, io_uring, got "bogus"');
  });

  test("stands behind what is preloaded already", () => {
    const script = "echo $LD_PRELOAD";
    const { stdout } = cli(["exec", "--preload", "--", "sh", "-c", script], { LD_PRELOAD: "libm.so.6" });
    expect(stdout).toMatch(/^libm\.so\.6:\/.*\/libringspawn-posix\.so\n$/);
  });
});

describe("exec", () => {
  const script = "require('child_process').spawnSync('true')";

  test("registers for the children of a shell, and doctor counts what the trace has", () => {
    const trace = join(scratch, "registered");
    const program = `'${process.execPath}' -e "${script}"`;
    const inner = `${program}; ${program}; exit 4`;
    const { status } = cli(["exec", "--", "sh", "-c", inner], { RINGSPAWN_TRACE: trace, RINGSPAWN_ENGINE: "vfork" });
    expect(status).toBe(4);
    expect(JSON.parse(cli(["doctor", trace, "--json"]).stdout)).toEqual([
      { count: 2, who: "child_process.spawnSync", engine: "vfork" },
    ]);
    expect(cli(["doctor", trace]).stdout).toMatch(/2 +child_process\.spawnSync +vfork/);
  });

  test("keeps what NODE_OPTIONS had, and takes --preload besides", () => {
    const shell = ["sh", "-c", "echo $NODE_OPTIONS; echo $BUN_OPTIONS; echo $LD_PRELOAD"];
    const { stdout } = cli(["exec", "--register", "--preload", "--", ...shell], { NODE_OPTIONS: "--no-warnings" });
    const [node, bun, preload] = stdout.split("\n");
    expect(node).toMatch(/^--no-warnings --require=\/.*\/register\.cjs$/);
    expect(bun).toMatch(/^--preload=\/.*\/register\.js$/);
    expect(preload).toMatch(/libringspawn-posix\.so$/);
  });

  test("doctor says which variable names the trace, and refuses a file that is none", () => {
    expect(cli(["doctor"], { RINGSPAWN_TRACE: "/some/trace" }).stdout).toContain("/some/trace");
    const { status, stderr } = cli(["doctor", CLI]);
    expect(status).toBe(125);
    expect(stderr).toContain("has no line of RINGSPAWN_TRACE");
    const cut = join(mkdtempSync(join(tmpdir(), "trace-")), "trace");
    writeFileSync(cut, '{"who":"Bun.spawn","engine":"vfork"}\n{"who":"Bun.sp');
    const counted = cli(["doctor", "--json", cut]);
    expect(JSON.parse(counted.stdout)).toEqual([
      { count: 1, who: "Bun.spawn", engine: "vfork" },
      { count: 1, who: "(unreadable)", engine: null },
    ]);
  });
});

describe("colours", () => {
  const escape = "\x1b[";
  test("none in a pipe, even where CI is set", () => {
    expect(cli(["doctor"], { CI: "1" }).stdout).not.toContain(escape);
  });
  test.each([
    [true, {}],
    [false, { NO_COLOR: "1" }],
  ])("%s on a terminal with %j", (expected, env) => {
    const line = `'${process.execPath}' '${CLI}' doctor`;
    const { stdout } = spawnSync("script", ["-qec", line, "/dev/null"], {
      env: environment({ TERM: "xterm", ...env }),
      encoding: "utf8",
    });
    expect(stdout.includes(escape)).toBe(expected);
  });
});

test("--version and --help", () => {
  const file = new URL("../package.json", import.meta.url);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  expect(cli(["--version"])).toMatchObject({ status: 0, stdout: `${version}\n` });
  const help = cli(["--help"]);
  expect(help.status).toBe(0);
  expect(help.stdout).toContain("ringspawn run --time");
  for (const words of ["SIGPROF", "SIGTSTP", "was closed", "--setup fds.9=inherit"]) {
    expect(help.stdout).toContain(words);
  }
  expect(cli(["no-such-subcommand"])).toMatchObject({ status: 125 });
});
