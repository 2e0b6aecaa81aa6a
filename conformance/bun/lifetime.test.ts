/** What keeps a program alive; workers; the program in the README; a missing engine file. */
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { spawn } from "ringspawn";
import { assert, delay, fs, path, tmpdir } from "../tools.ts";
import { held, run } from "./self.ts";

const program = (name: string): string => fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));

const LONG = { timeout: 60_000 };

/** "long": the program lived as long as its child. */
type Life = readonly [long: boolean, said: string];

/** `own`: what differs on purpose. unref() counts whenever it was called, and for a timeout, too. */
const lives: Readonly<Record<string, readonly [...Life, own?: Life]>> = {
  nothing: [false, ""],
  "ref'd": [true, ""],
  "unref'd": [false, ""],
  "unref'd and ref'd again": [true, ""],
  "ref'd and read": [true, "late\n\n"],
  "read, then unref'd": [false, "", [true, "late\n\n"]],
  "unref'd, then read": [false, ""],
  "unref'd, with a timeout": [false, "", [true, ""]],
  "unref'd, a pipe beyond 2 is read": [false, ""],
  "ref'd, with a channel": [true, ""],
  "unref'd, with a channel": [false, ""],
  "unref'd, at a terminal": [true, ""],
  "unref'd, at a terminal that is unref'd": [false, ""],
  "none, a terminal being open": [true, ""],
  "awaited at the top": [true, "code 0\n"],
  "unref'd and awaited at the top": [true, "code 0\n"],
  "output awaited at the top": [true, "late\n\n"],
  "finished, its pipes untouched": [false, "code 0\n"],
  "finished, a grandchild has its pipe and is read": [true, "late\n\n"],
};

/** What is not asked of Bun, which has no such thing. */
const notOfBun: readonly string[] = ["unref'd, a pipe beyond 2 is read", "output awaited at the top"];

// What is expected of ours is what Bun's own does, unless a row says what that does instead.
for (const engine of ["own", "vfork", "runtime"]) {
  for (const [name, [oursLong, oursSaid, own]] of Object.entries(lives)) {
    if (engine === "own" && notOfBun.includes(name)) continue;
    const [long, said] = engine === "own" && own !== undefined ? own : [oursLong, oursSaid];
    void test(`${engine}: a child that is ${name}`, async () => {
      const [args, env] = engine === "own" ? [[engine], {}] : [[], { RINGSPAWN_ENGINE: engine }];
      const { code, stdout, stderr } = await run([program("lives"), name, ...args], { env });
      assert.deepEqual([code, stderr], [0, ""]);
      const [, words, ms] = /^([^]*?)(\d+)\n$/.exec(stdout) ?? [];
      assert.equal(words, said);
      assert.equal(Number(ms) > 450, long, `it lived ${ms} ms`);
      assert.ok(Number(ms) < 3000, `it lived ${ms} ms`);
    });
  }
}

/** What a program prints whose first statements are before the load of ringspawn. */
async function printed(code: string, ...flags: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run([...flags, "-e", code], { cwd: path.join(root, "conformance") });
  return stdout + stderr;
}

for (const [how, replace] of [
  ["replaced", "globalThis.BroadcastChannel = class {}"],
  ["undefined", "globalThis.BroadcastChannel = undefined"],
  ["missing", "delete globalThis.BroadcastChannel"],
] as const) {
  void test(`children of Bun's own spawn have their handles where BroadcastChannel is ${how}`, async () => {
    const start = `spawn(["sleep", "0.3"], { engine: "runtime", stderr: "ignore" })`;
    const code = `${replace}; const { spawn } = await import("ringspawn"); const child = ${start};
      void child.exited.then((code) => console.log(code, child.engine));`;
    assert.equal(await printed(code), "0 runtime\n");
  });
}

void test("the condition `browser` brings the whole package", async () => {
  const code = `import { spawnSync } from "ringspawn";
    import { Command } from "ringspawn/deno";
    import "ringspawn/pool";
    console.log(spawnSync(["true"]).engine, typeof Command);`;
  assert.equal(await printed(code, "--conditions=browser"), "vfork function\n");
});

for (const end of ["exit", "terminate"] as const) {
  void test(`workers that ${end === "exit" ? "end themselves" : "are terminated"} leave nothing`, {
    timeout: 60_000,
  }, async () => {
    const rounds = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const env = { ...process.env, GIVEN: "given" };
        const worker = new Worker(program("worker"), { workerData: end, env });
        const exited = once(worker, "exit");
        const [said] = (await once(worker, "message")) as unknown[];
        // The start environment of a worker is the one that it was given, without the variable that it set later.
        assert.deepEqual(said, ["vfork", "given,later\n", "given,\n"]);
        if (end === "terminate") void worker.terminate();
        await exited;
      }
    };
    const after = async (): Promise<ReturnType<typeof held>> => {
      await delay(600);
      for (let i = 0; ; i++) {
        // The next spawn reaps the children of a worker that has ended, once they have ended as well.
        await spawn(["true"]).exited;
        const left = held();
        if (left.children === 0 || i === 50) return left;
        await delay(100);
      }
    };
    // The first workers make Bun open what it then keeps.
    await rounds(3);
    const before = await after();
    await rounds(10);
    const now = await after();
    assert.ok(now.fds <= before.fds + 1 && now.threads <= before.threads + 2, JSON.stringify({ before, now }));
    assert.equal(now.children, 0);
  });
}

void test("workers that are terminated while they open the engine leave nothing", LONG, async () => {
  const rounds = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      const worker = new Worker(program("opening-worker"));
      const exited = once(worker, "exit");
      await once(worker, "message");
      // From the first call of the engine to behind the last one that opens something.
      await delay(i % 20);
      void worker.terminate();
      await exited;
    }
    await delay(600);
    await spawn(["true"]).exited;
  };
  await rounds(10);
  const before = held();
  await rounds(40);
  const now = held();
  assert.ok(now.fds <= before.fds + 1 && now.threads <= before.threads + 2, JSON.stringify({ before, now }));
});

void test("a child holds the program, also where timers were replaced before ringspawn was loaded", async () => {
  for (const engine of ["vfork", "runtime"]) {
    const script = `
      globalThis.setInterval = globalThis.setTimeout = () => 1;
      const { spawn } = await import("ringspawn");
      const child = spawn(["sleep", "0.2"], { onExit: (_, code) => console.log(code, child.engine) });
    `;
    const { code, stdout } = await run(["-e", script], { cwd: root, env: { RINGSPAWN_ENGINE: engine } });
    assert.deepEqual([code, stdout], [0, `0 ${engine}\n`]);
  }
});

const line =
  'import { Command } from "ringspawn"; const o = await new Command("echo", { args: ["hi"] }).output();' +
  " console.log(new TextDecoder().decode(o.stdout), o.engine);";

void test("the one-liner at the root: bun -e", async () => {
  assert.deepEqual(await run(["-e", line], { cwd: root }), { code: 0, stdout: "hi\n vfork\n", stderr: "" });
});

void test("the one-liner at the root: bun, from a file", async () => {
  const file = path.join(root, `.one-liner-${process.pid}.mjs`);
  fs.writeFileSync(file, line);
  try {
    assert.deepEqual(await run([file], { cwd: root }), { code: 0, stdout: "hi\n vfork\n", stderr: "" });
  } finally {
    fs.rmSync(file);
  }
});

void test("the environment at the start: with a .env file, and not what came later", async () => {
  const dir = fs.mkdtempSync(path.join(tmpdir(), "ringspawn-env-"));
  fs.writeFileSync(path.join(dir, ".env"), "FROM_FILE=file\n");
  const asked = `
    import { Command, spawnSync } from ${JSON.stringify(import.meta.resolve("ringspawn"))};
    process.env.LATER = "later";
    const script = ["sh", "-c", "echo $FROM_FILE,$GIVEN,$LATER"];
    const { stdout } = new Command(script[0], { args: script.slice(1) }).outputSync();
    process.stdout.write(String(Bun.spawnSync(script).stdout) + spawnSync(script).stdout + Buffer.from(stdout));
  `;
  for (const engine of ["vfork", "runtime"]) {
    for (const cwd of [dir, tmpdir()]) {
      const env = { RINGSPAWN_ENGINE: engine, GIVEN: "given" };
      const { stdout, stderr } = await run(["-e", asked], { cwd, env });
      const file = cwd === dir ? "file" : "";
      assert.deepEqual([stdout, stderr], [`${file},given,\n${file},given,\n${file},given,later\n`, ""]);
    }
  }
  fs.rmSync(dir, { recursive: true });
});

void test("without engine.so: the runtime's engine, and why", async () => {
  const dir = fs.mkdtempSync(path.join(tmpdir(), "ringspawn-bare-"));
  for (const name of ["ringspawn", "core", "native-linux", "adapter-bun"]) {
    const to = path.join(dir, "node_modules", name === "ringspawn" ? name : `@ringspawn/${name}`);
    for (const part of ["dist", "package.json"]) {
      fs.cpSync(path.join(root, "packages", name, part), path.join(to, part), { recursive: true });
    }
  }
  const script = path.join(dir, "one.mjs");
  const why = line.replace("{ Command }", "{ Command, engines }") + " console.log(engines()[1].reason);";
  fs.writeFileSync(script, why);
  const { code, stdout, stderr } = await run([script], { cwd: dir });
  fs.rmSync(dir, { recursive: true });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^hi\n runtime\n\/[^\n]+\/engine\.so could not be loaded: cannot open [^\n]+\n$/);
});

void test("the command line explains with this runtime's own spawn", async () => {
  const { code, stdout } = await run([path.join(root, "packages/ringspawn/dist/cli.js"), "explain", "--", "true"]);
  assert.equal(code, 0);
  assert.match(stdout, /^ {2}Bun\.spawn: file: "true"/m);
});
