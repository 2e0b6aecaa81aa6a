/** bun --preload ringspawn/register. */
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, fs, path, tmpdir } from "../tools.ts";
import { run } from "./self.ts";

const program: string = fileURLToPath(new URL("programs/register.ts", import.meta.url));
const register: string = fileURLToPath(import.meta.resolve("ringspawn/register"));
const MISTAKEN = { RINGSPAWN_ENGINE: "vfrok" };
const engine: string = process.env["RINGSPAWN_ENGINE"] ?? "vfork";

void test("ringspawn/child_process is Bun's own", async () => {
  const [ours, own] = await Promise.all([import("ringspawn/child_process"), import("node:child_process")]);
  assert.deepEqual([ours.spawn, ours.exec, ours.fork], [own.spawn, own.exec, own.fork]);
});

void test("a program sees the same of Bun.spawn with register, and the trace says who served", async () => {
  const trace = path.join(fs.mkdtempSync(path.join(tmpdir(), "ringspawn-")), "trace");
  process.env["RINGSPAWN_TRACE"] = trace;
  const own = await run([program]);
  const ours = await run(["--preload", register, program]);
  assert.deepEqual(await run([program], { env: { BUN_OPTIONS: `--preload=${register}`, RINGSPAWN_TRACE: "" } }), ours);
  delete process.env["RINGSPAWN_TRACE"];
  assert.deepEqual([own.code, own.stderr], [0, ""]);
  assert.deepEqual([ours.code, ours.stderr, ours.stdout], [0, "", own.stdout]);
  const lines = fs.readFileSync(trace, "utf8").trim().split("\n");
  fs.rmSync(path.dirname(trace), { recursive: true });
  const served = lines.map((line) => JSON.parse(line) as { who: string; engine: string | null; why?: string });
  const who = served.map(({ who, engine }) => `${who} ${String(engine)}`);
  const failed = ["Bun.spawn null", "Bun.spawn null", "Bun.spawn null", "Bun.spawnSync null"];
  const before = ["Bun.spawn", "Bun.spawn", "Bun.spawnSync"].map((name) => `${name} ${engine}`);
  assert.deepEqual(who.slice(0, 8), [...before, ...failed, "Bun.spawnSync null"]);
  assert.equal(served[7]?.why, "Bun's own node:child_process calls it");
  // A child that is given a server, and gives one back, is the original's from its start.
  for (const line of served.slice(8, 10)) {
    assert.deepEqual([line.who, line.why], ["Bun.spawn", "ipc: only a channel of Bun's own can pass handles"]);
  }
});

void test("a blocking call that fails once its program runs has run it once, and leaves nothing of it", async () => {
  const file = path.join(fs.mkdtempSync(path.join(tmpdir(), "ringspawn-")), "runs");
  const counted = fileURLToPath(new URL("../programs/counted-runs.ts", import.meta.url));
  const { code, stdout, stderr } = await run(["--preload", register, counted, file]);
  fs.rmSync(path.dirname(file), { recursive: true });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(JSON.parse(stdout), ["RangeError: no memory", 1, []]);
});

void test("a variable that names no engine is told once, and all is Bun's own", async () => {
  const [own, wrong] = [await run([program]), await run(["--preload", register, program], { env: MISTAKEN })];
  assert.deepEqual([wrong.code, wrong.stdout], [0, own.stdout]);
  assert.equal(wrong.stderr.match(/RingspawnWarning: ringspawn leaves all .*"vfrok"/g)?.length, 1, wrong.stderr);
});

void test("a terminal of ringspawn is never taken for the options of one of Bun's", async () => {
  const terminals = fileURLToPath(new URL("programs/register-terminal.ts", import.meta.url));
  const { code, stdout, stderr } = await run(["--preload", register, terminals]);
  assert.deepEqual([code, stderr], [0, ""]);
  const refusal = "terminal was created inline by a previous spawn and cannot be reused";
  assert.deepEqual(JSON.parse(stdout), ["alone\r\nwith ipc\r\n", [0, refusal, 0, refusal], true]);
});

void test("a directory of PATH that is not UTF-8 is searched by Bun itself, before those behind it", () => {
  const dir = fs.mkdtempSync(path.join(tmpdir(), "ringspawn-"));
  const script = `cd '${dir}'; first="$(printf 'first\\377')"; mkdir "$first" later
    for file in "$first/late" later/late; do
      printf '#!/bin/sh\\necho %s' "\${file%%/*}" >"$file"; chmod +x "$file"
    done
    PATH="$PWD/$first:$PWD/later:$PATH" exec "$0" "$@"`;
  const text = `const child = Bun.spawn(["late"]);
    console.log(await child.stdout.text(), Bun.spawnSync(["late"]).stdout.toString());`;
  const command = ["-c", script, process.execPath, "--preload", register, "--eval", text];
  const { stdout, stderr } = spawnSync("/bin/sh", command, { encoding: "utf8" });
  fs.rmSync(dir, { recursive: true });
  assert.deepEqual([stderr, stdout], ["", "first\ufffd\n first\ufffd\n\n"]);
});
