/** ringspawn/register and ringspawn/child_process: Node's own child_process over the native engines. */
import { createRequire } from "node:module";
import { type Case, finished, type T } from "../harness.ts";
import { assert, fs, parent, path, patience } from "../tools.ts";

const require = createRequire(import.meta.url);
const entry: string = import.meta.resolve("ringspawn/register");
const required: string = require.resolve("ringspawn/register");

interface Line {
  readonly engine: string | null;
  readonly why?: string;
}

/** Runs a program of programs/node under these flags, and gives its output and what the trace says. */
async function run(t: T, name: string, flags: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const [file = "", ...args] = name.split(" / ");
  const trace = path.join(t.dir, "trace");
  fs.rmSync(trace, { force: true });
  const script = path.join(t.plan.root, "programs", "node", `${file}${t.plan.extension}`);
  const env = { PATH: parent.env["PATH"] ?? "", RINGSPAWN_TRACE: trace, RINGSPAWN_ENGINE: t.ENGINE, ...more };
  const [node = "", ...before] = t.plan.command;
  const command = [node, ...flags, ...before, script, ...args];
  // A supervisor may have its programs ignore real-time signals, which libuv then leaves so in their children.
  const child = t.spawnAny(["/bin/sh", "-c", `trap '' 34 40; exec "$0" "$@"`, ...command], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    env,
  });
  const { code, stdout, stderr } = await finished(child);
  const text = fs.existsSync(trace) ? fs.readFileSync(trace, "utf8").trim() : "";
  const lines = text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Line);
  return { code, stdout, stderr, lines };
}

/** Programs that print what they see, and the reasons for which some of their children are Node's own. */
const COMPARED: readonly (readonly [program: string, reasons: readonly RegExp[]])[] = [
  ["spawn", [/could not start it \(errno 2\)/, /uid is no id/, /an argument is no string/]],
  ["sync", [/could not start it \(errno (2|7|9|13|20)\)/, /an argument is no string/, /cwd is empty/]],
  ["errors", [/could not start it \(errno (2|7|9|13|20)\)/]],
  ["usage", [/cwd is no string/]],
  ["ipc", []],
  ["life", [/could not start it \(errno 2\)/]],
];

// The limits of `sync` are milliseconds, which the emulated lab spends on a start alone.
const here = COMPARED.filter(([program]) => program !== "sync" || patience(1) === 1);
const compared: Case[] = here.map(([program, reasons]) => ({
  name: `child_process is the same with ringspawn beneath it: ${program}`,
  timeout: 60_000,
  async run(t) {
    const name = `child-process/${program}`;
    const [own, ours] = [await run(t, name, []), await run(t, name, ["--import", entry])];
    assert.equal(own.code, 0, own.stderr);
    assert.equal(ours.stdout, own.stdout);
    assert.equal(ours.stderr, own.stderr);
    assert.equal(ours.code, 0);
    assert.equal(own.lines.length, 0);
    assert.ok(ours.lines.length >= 9, "the trace has too few lines");
    for (const { engine, why = "" } of ours.lines) {
      if (engine !== null) assert.equal(engine, t.ENGINE);
      else
        assert.ok(
          reasons.some((reason) => reason.test(why)),
          why,
        );
    }
  },
}));

/** The one line of JSON that programs/node/registered prints. */
async function registered(
  t: T,
  what: string,
  flags: readonly string[],
  more?: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { code, stdout, stderr } = await run(t, `registered / ${what}`, flags, more);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

const lines = (engine: string): readonly string[] => [
  `child_process.spawn ${engine}`,
  `child_process.spawnSync ${engine}`,
];

/** A child that fails is never told as one that did not, whatever the program does to objects or timers. */
const ends: Case[] = ["then", "faked"].map((what) => ({
  name: `children of register end as Node's own do: ${what}`,
  async run(t) {
    const own = await run(t, `ends / ${what}`, []);
    const ours = await run(t, `ends / ${what} / ${entry}`, []);
    assert.equal(own.code, 0, own.stderr);
    assert.equal(ours.code, 0, ours.stderr);
    assert.equal(ours.stdout, own.stdout);
    assert.deepEqual(JSON.parse(own.stdout), [
      "0 close 3 null",
      "0 exit 3 null",
      "1 close null SIGKILL",
      "1 exit null SIGKILL",
      "2 close 0 null",
      "2 data out\n",
      "2 exit 0 null",
    ]);
    assert.deepEqual(
      ours.lines.map(({ engine }) => engine),
      [t.ENGINE, t.ENGINE, t.ENGINE],
    );
  },
}));

const cases: Case[] = [
  ...compared,
  ...ends,
  {
    name: "register serves named imports and require, by --import, by --require and by NODE_OPTIONS",
    async run(t) {
      const expected = [lines(t.ENGINE), [`child_process.spawn ${t.ENGINE}`]];
      assert.deepEqual(await registered(t, "registered", ["--import", entry]), expected);
      assert.deepEqual(await registered(t, "registered", ["--require", required]), expected);
      assert.deepEqual(await registered(t, "registered", [], { NODE_OPTIONS: `--import=${entry}` }), expected);
      // Together: one registration.
      assert.deepEqual(await registered(t, "registered", ["--require", required, "--import", entry]), expected);
    },
  },
  {
    name: "a child that register has started is collected once it has ended, and one that could not be started",
    async run(t) {
      const flags = ["--expose-gc", "--import", entry];
      assert.deepEqual(await registered(t, "collected", flags), [40, true]);
    },
  },
  {
    name: "a trace that cannot be written, as to a FIFO without a reader, stops nothing",
    async run(t) {
      const fifo = path.join(t.dir, "fifo");
      t.spawnSync(["mkfifo", fifo]);
      assert.equal(await registered(t, "untold", ["--import", entry], { RINGSPAWN_TRACE: fifo }), 0);
    },
  },
  {
    name: "NODE_OPTIONS with register reaches the children of children",
    async run(t) {
      const seen = await registered(t, "children of children", [], { NODE_OPTIONS: `--require=${required}` });
      const line = `child_process.spawnSync ${t.ENGINE}`;
      assert.deepEqual(seen, [line, line]);
    },
  },
  {
    name: "register can be loaded later and be given back, while children run as well",
    async run(t) {
      assert.deepEqual(await registered(t, "registered later", []), [[], lines(t.ENGINE), []]);
      assert.deepEqual(await registered(t, "given back from behind", []), []);
      const seen = await registered(t, "given back while children run", []);
      assert.deepEqual(seen, ["got it\n", [`child_process.spawn ${t.ENGINE}`], false]);
    },
  },
  {
    name: "who listens for new children hears of none while register is loaded, and of each that is started then",
    async run(t) {
      assert.deepEqual(await registered(t, "announced", []), [[], 1, false]);
    },
  },
  {
    name: "built-ins that the program replaces before its first spawn are not those of the engines",
    async run(t) {
      const expected = [0, null, "SIGTERM", true, lines(t.ENGINE)];
      assert.deepEqual(await registered(t, "replaced built-ins", ["--import", entry]), expected);
    },
  },
  {
    name: "a blocking call that fails once its program runs has run it once, and leaves nothing of it",
    async run(t) {
      const script = path.join(t.plan.root, "programs", `counted-runs${t.plan.extension}`);
      const [node = "", ...before] = t.plan.command;
      const env = { PATH: parent.env["PATH"] ?? "", RINGSPAWN_ENGINE: t.ENGINE };
      const command = [node, "--import", entry, ...before, script, path.join(t.dir, "runs")];
      const { code, stdout, stderr } = await finished(
        t.spawnAny(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe", env }),
      );
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), ["RangeError: no memory", 1, []]);
    },
  },
  {
    name: "a second copy of register registers nothing twice, and gives back what the first has registered",
    async run(t) {
      assert.deepEqual(await registered(t, "a second copy", []), [[true, lines(t.ENGINE)], [], []]);
    },
  },
  {
    name: "ringspawn/child_process serves its own calls and nobody else's",
    async run(t) {
      const [native, text, others, missing, isChild, isClass] = (await registered(t, "child_process", [])) as unknown[];
      const kinds = ["spawn", "spawnSync", "spawn", "spawn", "spawnSync", "spawnSync"];
      assert.deepEqual(
        native,
        kinds.map((kind) => `child_process.${kind} ${t.ENGINE}`),
      );
      assert.deepEqual(text, ["promised\n", "called\n", "sync\n", 0]);
      assert.deepEqual([others, missing, isChild, isClass], [[], [], true, true]);
    },
  },
  {
    name: "ringspawn/child_process can be loaded after a program has promisified Node's own functions",
    async run(t) {
      const seen = await registered(t, "child_process after promisify", []);
      const line = `child_process.spawn ${t.ENGINE}`;
      assert.deepEqual(seen, ["file\n", "shell\n", [line, line], []]);
    },
  },
  {
    name: "a call that was terminated, by a timeout of node:vm, changes nothing for those after it",
    async run(t) {
      const code = "ERR_SCRIPT_EXECUTION_TIMEOUT";
      assert.deepEqual(await registered(t, "terminated", ["--import", entry]), [code, lines(t.ENGINE)]);
      const seen = await registered(t, "child_process, terminated", []);
      assert.deepEqual(seen, [code, [], [`child_process.spawnSync ${t.ENGINE}`]]);
    },
  },
  {
    name: "register serves where a test framework with a DOM loads it, whose globals are not Node's",
    async run(t) {
      assert.deepEqual(await registered(t, "where globals are missing", []), [3, "out\n", 0, lines(t.ENGINE)]);
    },
  },
  {
    name: "what ringspawn starts by the runtime's own spawn stays with it under register",
    async run(t) {
      const seen = await registered(t, "ringspawn's own engine", ["--import", entry]);
      assert.deepEqual(seen, [0, "runtime", "runtime", []]);
    },
  },
  {
    name: "RINGSPAWN_TRACE tells of each spawn who, what and by which engine, and stops none",
    async run(t) {
      const seen = await registered(t, "lines", ["--import", entry]);
      assert.deepEqual(seen, [["echo", "an argument"], true, ["time", "pid", "who", "argv", "engine"]]);
      assert.equal(await registered(t, "a trace that cannot be written", ["--import", entry]), "done\n");
    },
  },
  {
    name: "RINGSPAWN_ENGINE=runtime leaves everything to Node's own; a wrong name does as well, and is told once",
    async run(t) {
      const runtime = await registered(t, "both", ["--import", entry], { RINGSPAWN_ENGINE: "runtime" });
      assert.deepEqual(runtime, lines("engine runtime was asked for"));
      const wrong = await run(t, "registered / both", ["--import", entry], { RINGSPAWN_ENGINE: "no such" });
      const [first, second] = JSON.parse(wrong.stdout) as string[];
      for (const line of [first, second]) assert.match(line ?? "", /RINGSPAWN_ENGINE must be .* got ['"]no such['"]/);
      // Of two spawns that are left to Node the user is told once.
      const warnings = wrong.stderr.match(
        /RingspawnWarning: ringspawn leaves all processes to the runtime: .*"no such"/g,
      );
      assert.equal(warnings?.length, 1, wrong.stderr);
    },
  },
  {
    name: "an fd of the engine's own goes to no child, by Node's own neither",
    async run(t) {
      assert.deepEqual(await registered(t, "an fd that is not the program's", ["--import", entry]), [true, true]);
    },
  },
  {
    name: "register warns of nothing with --pending-deprecation",
    async run(t) {
      assert.deepEqual(await registered(t, "both", ["--pending-deprecation", "--import", entry]), lines(t.ENGINE));
    },
  },
  {
    name: "register serves a program whose coverage is measured, for which Node adds to every environment",
    async run(t) {
      const more = { NODE_V8_COVERAGE: path.join(t.dir, "coverage") };
      assert.deepEqual(await registered(t, "both", ["--import", entry], more), lines(t.ENGINE));
      assert.ok(fs.readdirSync(more.NODE_V8_COVERAGE).length > 0, "no coverage was written");
    },
  },
  {
    name: "a Node that is not known is tried out at its first spawn, and the rest is Node's own",
    async run(t) {
      const flags = (version: string): string[] => {
        const versions = `{ value: { ...process.versions, node: "${version}" } }`;
        const pretend = `data:text/javascript,Object.defineProperty(process, "versions", ${versions})`;
        return ["--import", pretend, "--import", entry];
      };
      assert.deepEqual(await registered(t, "both", flags("99.0.0")), lines(t.ENGINE));
      // The version whose native spawn is called otherwise.
      const other = Number(parent.versions.node.split(".", 1)[0]) < 24 ? "24.0.0" : "20.0.0";
      assert.deepEqual(await registered(t, "both", flags(other)), [
        `child_process.spawn Node ${other} calls its native spawn in a way that is not known`,
        `child_process.spawnSync ${t.ENGINE}`,
      ]);
    },
  },
  {
    name: "under the permission model all is Node's own, and nothing more is permitted",
    async run(t) {
      const isOld = parent.versions.node.startsWith("20.");
      const flags = [isOld ? "--experimental-permission" : "--permission", "--allow-fs-read=*", "--allow-fs-write=*"];
      const seen = async (...more: string[]): Promise<unknown> =>
        JSON.parse((await run(t, "registered / permissions", [...flags, ...more])).stdout);
      const [errors] = (await seen()) as unknown[];
      assert.deepEqual(errors, ["ERR_ACCESS_DENIED", "ERR_ACCESS_DENIED"]);
      const why = "child_process.spawn Node asks its permission model where it starts processes";
      assert.deepEqual(await seen("--import", entry), [errors, [why]]);
      assert.deepEqual(await seen("--import", entry, "--allow-child-process"), [[null, null], [why]]);
    },
  },
];
export default cases;
