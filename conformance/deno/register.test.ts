/** deno run --preload npm:ringspawn/register. */
import { startBroker } from "./broker.ts";
import { deno, equal } from "./run.ts";

interface Line {
  readonly who: string;
  readonly engine: string | null;
}

Deno.test("ringspawn/child_process is Deno's own", async () => {
  const [ours, own] = await Promise.all([import("ringspawn/child_process"), import("node:child_process")]);
  equal(ours.spawn === own.spawn && ours.exec === own.exec && ours.fork === own.fork, true);
});

Deno.test("a program sees the same of Deno.Command with register, and the trace says who served", async () => {
  const trace = await Deno.makeTempFile();
  const env = { RINGSPAWN_TRACE: trace };
  const engine = Deno.env.get("RINGSPAWN_ENGINE") ?? "vfork";
  const flags = ["run", "-A", "--no-check"];
  const own = await deno([...flags, "./programs/register.ts"], { env });
  const ours = await deno([...flags, "--preload", "npm:ringspawn/register", "./programs/register.ts"], { env });
  const lines = (await Deno.readTextFile(trace)).trim().split("\n");
  await Deno.remove(trace);
  equal([own.code, own.stderr], [0, ""]);
  equal([ours.code, ours.stderr, ours.stdout], [0, "", own.stdout]);
  const who = lines.map((line) => JSON.parse(line) as Line).map(({ who, engine }) => `${who} ${String(engine)}`);
  const expected = [
    ...["output", "outputSync", "spawn"].map((method) => `Deno.Command.${method} ${engine}`),
    ...["spawn", "outputSync", "outputSync"].map((method) => `Deno.Command.${method} null`),
    ...["spawnAndWait", "spawnAndWaitSync", "spawn"].map((name) => `Deno.${name} ${engine}`),
    "Deno.spawn null",
  ];
  equal(who, expected);
});

Deno.test("without the permission to write nothing is traced, and nobody is asked", async () => {
  const trace = await Deno.makeTempFile();
  const flags = ["run", "--no-prompt", "--allow-run", "--allow-read", "--allow-env", "--allow-ffi", "--no-check"];
  const ours = await deno([...flags, "--preload", "npm:ringspawn/register", "./programs/register.ts"], {
    env: { RINGSPAWN_TRACE: trace },
  });
  const text = await Deno.readTextFile(trace);
  await Deno.remove(trace);
  equal([ours.code, text], [0, ""]);
});

Deno.test("a blocking call that fails once its program runs has run it once, and leaves nothing of it", async () => {
  const folder = await Deno.makeTempDir();
  const flags = ["run", "-A", "--no-check", "--preload", "npm:ringspawn/register"];
  const { code, stdout, stderr } = await deno([...flags, "./../programs/counted-runs.ts", `${folder}/runs`]);
  await Deno.remove(folder, { recursive: true });
  equal([code, stderr], [0, ""]);
  equal(JSON.parse(stdout), ["RangeError: no memory", 1, []]);
});

Deno.test("a variable that names no engine is told once, and all is Deno's own", async () => {
  const flags = ["run", "-A", "--no-check", "--preload", "npm:ringspawn/register", "./programs/register.ts"];
  const { code, stderr } = await deno(flags, { env: { RINGSPAWN_ENGINE: "vfrok" } });
  equal(code, 0);
  equal(stderr.match(/RingspawnWarning: ringspawn leaves all .*"vfrok"/g)?.length, 1);
});

Deno.test("what Deno's permission broker denies is denied with register", async () => {
  const trace = await Deno.makeTempFile();
  await using broker = startBroker(/^run:(?:|.*\/true)$/);
  const flags = ["run", "-A", "--no-check", "--preload", "npm:ringspawn/register"];
  const { stdout } = await deno([...flags, "./programs/denied.ts"], { env: { ...broker.env, RINGSPAWN_TRACE: trace } });
  const lines = (await Deno.readTextFile(trace)).trim().split("\n");
  await Deno.remove(trace);
  equal(stdout, "/bin/true NotCapable\n/bin/cat 0\n");
  equal(
    lines.map((line) => (JSON.parse(line) as Line).engine),
    [null, null],
  );
});
