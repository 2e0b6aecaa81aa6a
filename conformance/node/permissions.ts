/**
 * Nothing is permitted to us under Node's permission model that is not permitted to Node's own API. Each attempt is
 * made by the engine of the cell and by Node's own API, in a program with these flags.
 */
import type { EngineName } from "ringspawn";
import { type Case, finished, type T } from "../harness.ts";
import type { Attempt, Line, Outcome } from "../programs/node/side-by-side.ts";
import { assert, fs, path, patience } from "../tools.ts";

/** What a child of Node says of its own restrictions. */
const TELL =
  "JSON.stringify([process.permission !== undefined, process.permission?.has('child'), process.env.NODE_OPTIONS])";
const node: readonly string[] = [process.execPath, "-p", TELL];
const prints: readonly string[] = ["/bin/sh", "-c", 'echo "$NODE_OPTIONS"'];

interface Folders {
  readonly ro: string;
  readonly rw: string;
  readonly no: string;
}

/** A folder to read, one to read and write, and one for neither. */
function folders(t: T): Folders {
  const dir = fs.realpathSync(t.dir);
  const [ro, rw, no] = ["ro", "rw", "no"].map((name) => path.join(dir, name)) as [string, string, string];
  for (const folder of [ro, rw, no]) {
    fs.mkdirSync(folder);
    for (const name of ["f", "g", "h"]) fs.writeFileSync(path.join(folder, name), "content\n");
  }
  fs.symlinkSync(path.join(no, "f"), path.join(rw, "to-no"));
  fs.symlinkSync("/proc/self/environ", path.join(rw, "to-environ"));
  fs.symlinkSync("nothing", path.join(rw, "dangling"));
  return { ro, rw, no };
}

/** Node has the final flag since 22.13. */
const flag: string = process.allowedNodeEnvironmentFlags.has("--permission")
  ? "--permission"
  : "--experimental-permission";

function flags(t: T, { ro, rw }: Folders, allowed: readonly string[]): string[] {
  const readable = [path.join(t.plan.build, "..", ".."), ro, rw].map((folder) => fs.realpathSync(folder));
  return [flag, ...readable.map((folder) => `--allow-fs-read=${folder}`), `--allow-fs-write=${rw}`, ...allowed];
}

/** Makes all attempts in one program with these flags, and compares each. */
async function compare(
  t: T,
  flags: readonly string[],
  list: readonly Attempt[],
  engine: EngineName,
  { ranBy = engine, env }: { readonly ranBy?: EngineName; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const script = path.join(t.plan.root, "programs", "node", `side-by-side${t.plan.extension}`);
  const child = t.spawn([...t.plan.command, ...flags, script, engine, JSON.stringify(list)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(env && { env: { ...(process.env as Record<string, string>), ...env } }),
  });
  const { stdout, stderr } = await finished(child);
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  assert.equal(lines.length, list.length, `${stdout}\n${stderr}`);
  const wrong = list.flatMap((attempt, i) => {
    const problem = difference(attempt, JSON.parse(lines[i] as string) as Line, ranBy);
    return problem === undefined ? [] : [`${attempt.name}: ${problem}\n  ${lines[i] as string}`];
  });
  assert.equal(wrong.length, 0, wrong.join("\n"));
}

function difference(attempt: Attempt, { ours, own }: Line, ranBy: string): string | undefined {
  const ran = ({ error }: Outcome): boolean => error === undefined;
  if (ran(ours) !== ran(own)) return ran(ours) ? "ours allow what Node refuses" : "ours refuse what Node allows";
  if (ran(own)) {
    if (ours.engine !== ranBy) return `another engine ran it, not ${ranBy}`;
    if (ours.code !== own.code) return "another exit code";
    return ours.stdout === own.stdout ? undefined : "another output";
  }
  if (ours.code !== own.code) return "another code";
  if (own.code !== "ERR_ACCESS_DENIED") return undefined;
  const isSame = ours.error === own.error && ours.message === own.message && ours.resource === own.resource;
  // A child that waits has no program yet, by which Node could name it.
  return isSame || (attempt.face === "pool" && ours.message === own.message) ? undefined : "another error";
}

const CHILDREN: readonly string[] = ["--allow-child-process", "--allow-addons", "--allow-worker"];
/** Node has it since 24. */
const HAS_AUDIT: boolean = process.allowedNodeEnvironmentFlags.has("--permission-audit");
const FACES = ["spawnSync", "spawn", "output", "start"] as const;

const handedOn: readonly Attempt[] = [
  { name: "as it is", command: node },
  { name: "no program of Node's", command: prints },
  { name: "an empty environment", command: node, options: { env: {} } },
  { name: "NODE_OPTIONS of its own", command: node, options: { env: { NODE_OPTIONS: "--title=x" } } },
  { name: "NODE_OPTIONS that is empty", command: node, options: { env: { NODE_OPTIONS: "" } } },
  { name: "NODE_OPTIONS with a permission", command: prints, options: { env: { NODE_OPTIONS: "--permission" } } },
  { name: "a title that looks like it", command: node, options: { env: { NODE_OPTIONS: "--title=--permission" } } },
  { name: "--permission among the arguments", command: [...prints, "--permission"] },
  { name: "--permission-audit among the arguments", command: [...prints, "--permission-audit"] },
  { name: "an argument that looks like it", command: [...prints, "--permission=1"] },
  { name: "as argv0", command: prints, options: { argv0: "--permission" } },
  { name: "as the name of the program", command: ["--permission"], options: { env: { PATH: "/no/such" } } },
  { name: "in another folder", command: node, options: { cwd: "/" } },
  { name: "by env", command: ["/usr/bin/env", ...node] },
  { name: "spawn", command: node, face: "spawn" },
  { name: "output", command: node, face: "output" },
  { name: "output, an environment of its own", command: node, face: "output", options: { env: { A: "1" } } },
  { name: "start", command: node, face: "start" },
  { name: "from a worker", command: node, worker: {} },
  { name: "from a worker with an environment of its own", command: node, worker: { env: { A: "1" } } },
  { name: "from a worker with arguments of its own", command: prints, worker: { execArgv: [] } },
  { name: "a program that is not there", command: ["/no/such"] },
  { name: "a program that is not there, by its name", command: ["no-such-program"] },
  { name: "a cwd that is not there", command: node, options: { cwd: "/no/such" } },
  // The last: from here on the program has other flags.
  { name: "by a program that has forgotten its flags", command: prints, before: "forget execArgv" },
];

function fileAttempts({ ro, rw, no }: Folders): Attempt[] {
  const at = (open: "r" | "r+" | "w" | "w+" | "a" | "a+", file: string): Attempt => ({
    name: `${open} ${file}`,
    command: ["/bin/true"],
    options: { setup: { fds: { 3: { file, open } } } },
    own: { file, open },
  });
  return [
    ...(["r", "r+", "w", "a"] as const).flatMap((open) => [
      at(open, `${ro}/f`),
      at(open, `${rw}/f`),
      at(open, `${no}/f`),
    ]),
    at("w+", `${rw}/g`),
    at("a+", `${rw}/h`),
    at("w+", `${ro}/g`),
    at("w", `${rw}/new`),
    at("w", `${no}/new`),
    at("r", `${rw}/../no/f`),
    at("r", `${no}/../rw/f`),
    at("r", `${rw}//f`),
    at("r", `${rw}/nothing`),
    at("r", `${no}/nothing`),
    at("r", `${rw}/dangling`),
    at("r", `${rw}/to-no`),
    at("r", `${rw}/to-environ`),
    at("r", rw),
    at("r", "/proc/self/environ"),
    at("r+", "/proc/self/mem"),
    at("r", "/proc/self/cwd/x"),
    at("r", `/proc/self/root${rw}/f`),
    at("r", "/dev/fd/0"),
    at("w", "/dev/null"),
    at("r", "/etc/passwd"),
  ];
}

/** An attempt by a face. */
function byFace(command: readonly string[], face: NonNullable<Attempt["face"]>, more: Partial<Attempt> = {}): Attempt {
  const what = [face, ...command, ...Object.keys(more.options?.setup ?? {}), more.before ?? ""];
  return { name: what.join(" "), command, face, ...more };
}

const withoutChildren: readonly Attempt[] = [
  ...FACES.map((face) => byFace(["/bin/true"], face)),
  ...FACES.map((face) => byFace(["true"], face)),
  byFace(["/no/such"], "spawnSync"),
  byFace(["/bin/true"], "spawn", { options: { setup: { root: "/" } } }),
  byFace(["/bin/true"], "spawn", { options: { setup: { fds: { 3: { file: "/etc/shadow", open: "a" } } } } }),
  byFace(["/bin/true"], "pool"),
  byFace(["/bin/true"], "spawn", { worker: {} }),
  ...FACES.map((face) => byFace(["/bin/true"], face, { before: "replace" })),
];

/** The cases on an engine: that of the cell, or the runtime's. */
function casesOn(asked: "runtime" | undefined): Case[] {
  const on = (t: T): EngineName => asked ?? t.ENGINE;
  const named = (name: string, timeout: number, run: Case["run"]): Case => ({
    name: asked === undefined ? name : `${name}: ${asked}`,
    timeout,
    slow: asked !== undefined,
    run,
  });
  return [
    named("what Node hands on to a child of its own, it hands on to ours", 60_000, (t) =>
      compare(t, flags(t, folders(t), CHILDREN), handedOn, on(t)),
    ),
    named("so it does where NODE_OPTIONS has switched the model on", 30_000, (t) => {
      const env = { NODE_OPTIONS: flags(t, folders(t), CHILDREN).join(" ") };
      return compare(t, [], handedOn.slice(0, 4), on(t), { env });
    }),
    named("addons alone allow no child", 30_000, (t) =>
      compare(t, flags(t, folders(t), ["--allow-addons", "--allow-worker"]), withoutChildren, on(t)),
    ),
    named("nothing allows no child", 10_000, (t) =>
      compare(
        t,
        flags(t, folders(t), []),
        FACES.map((face) => byFace(["/bin/true"], face)),
        on(t),
      ),
    ),
    named("what the program has given up is gone", 10_000, (t) =>
      compare(
        t,
        flags(t, folders(t), CHILDREN),
        [
          { name: "before", command: ["/bin/true"] },
          ...FACES.map((face) => byFace(["/bin/true"], face, { before: "drop child" })),
        ],
        on(t),
      ),
    ),
    named("files of the child are opened as Node would open them", 60_000, async (t) => {
      const dir = folders(t);
      await compare(t, flags(t, dir, CHILDREN), fileAttempts(dir), on(t));
      assert.equal(fs.readFileSync(path.join(dir.no, "f"), "utf8"), "content\n");
      assert.ok(!fs.existsSync(path.join(dir.no, "new")));
    }),
    named("fds are passed as Node passes them", 10_000, (t) => {
      const dir = folders(t);
      const reads = ["/bin/sh", "-c", "readlink /proc/self/fd/0"];
      const attempts: Attempt[] = [
        { name: "an fd of its own", command: reads, opens: path.join(dir.ro, "f") },
        { name: "a standard fd", command: reads, options: { stdin: 2 } },
        { name: "no fd", command: reads, options: { stdin: 900 } },
      ];
      return compare(t, flags(t, dir, CHILDREN), attempts, on(t));
    }),
    ...(HAS_AUDIT
      ? [
          named("an audit refuses nothing", 10_000, (t) => {
            const attempts: Attempt[] = [
              { name: "a child", command: ["/bin/true"] },
              { name: "what is handed on", command: prints },
            ];
            return compare(t, ["--permission-audit", "--allow-addons"], attempts, on(t));
          }),
        ]
      : []),
  ];
}

const cases: Case[] = [
  ...casesOn(undefined),
  // The runtime's engine is the same under every kernel, and the lab is slow.
  ...(patience(1) === 1 ? casesOn("runtime") : []),
  {
    name: "a terminal is for who may start child processes",
    async run(t) {
      const script = path.join(t.plan.root, "programs", "node", `new-terminal${t.plan.extension}`);
      const open = async (allowed: readonly string[]): Promise<string> => {
        const command = [...t.plan.command, ...flags(t, dir, ["--allow-addons", ...allowed]), script, t.ENGINE];
        const child = t.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "ignore" });
        return (await finished(child)).stdout;
      };
      const dir = folders(t);
      assert.equal(await open([]), "ERR_ACCESS_DENIED ChildProcess\n");
      assert.equal(await open(["--allow-child-process"]), `${t.ENGINE}\n`);
    },
  },
  {
    name: "without addons, the runtime's engine hands permissions on",
    timeout: 30_000,
    run(t) {
      const allowed = flags(t, folders(t), ["--allow-child-process"]);
      return compare(t, allowed, handedOn.slice(0, 6), "auto", { ranBy: "runtime" });
    },
  },
];
export default cases;
