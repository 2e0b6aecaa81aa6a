/** Compares ringspawn's `Command` with `Deno.Command`, question by question: `deno run -A command.ts [TEXT]`. */
import { join } from "node:path";
import { engines } from "ringspawn";
import type { CommandOptions, EngineName } from "ringspawn";
import * as ringspawn from "ringspawn/deno";
import { differences } from "./differences.ts";
import { withoutPrivilege } from "./privilege.ts";
import { type Api, type Place, questions } from "./questions.ts";

const dir = Deno.makeTempDirSync({ prefix: "ringspawn-oracle-" });
const write = (name: string, content: string, mode: number): string => {
  Deno.writeTextFileSync(join(dir, name), content, { mode });
  return join(dir, name);
};
write("tool", "#!/bin/sh\necho the tool\n", 0o755);
write("nowhere", "#!/no/such/interpreter\n", 0o755);
Deno.mkdirSync(join(dir, "a b"));
const text = write("text", 'echo "run by sh: $1"\n', 0o755);
const place: Place = { dir, text, plain: write("plain", "", 0o644), withoutPrivilege };

/** Ringspawn's, bound to one engine. */
function ours(engine: EngineName): Api {
  const on = (options: unknown): unknown =>
    options === null || typeof options === "number" ? options : { ...(options as CommandOptions), engine };
  const bound = (target: object): unknown =>
    new Proxy(target, {
      construct: (Class, [command, options]: unknown[]) =>
        Reflect.construct(Class as new () => object, [command, on(options)]) as object,
      apply: (run, self, [command, first, second]: unknown[]): unknown =>
        Reflect.apply(
          run as () => unknown,
          self,
          Array.isArray(first) ? [command, first, on(second)] : [command, on(first)],
        ),
    });
  const { Command, ChildProcess, spawn, spawnAndWait, spawnAndWaitSync } = ringspawn;
  return {
    Command: bound(Command),
    ChildProcess,
    spawn: bound(spawn),
    spawnAndWait: bound(spawnAndWait),
    spawnAndWaitSync: bound(spawnAndWaitSync),
  } as unknown as Api;
}

async function answer(name: string, api: Api): Promise<string> {
  const question = questions[name] as (typeof questions)[string];
  const timer = { id: undefined as ReturnType<typeof setTimeout> | undefined };
  const late = new Promise((resolve) => (timer.id = setTimeout(() => resolve("no answer within 10 s"), 10_000)));
  try {
    return Deno.inspect(await Promise.race([question(api.Command, place, api), late]), { depth: 9, breakLength: 100 });
  } catch (error) {
    return `threw ${String(error)}`;
  } finally {
    clearTimeout(timer.id);
  }
}

// The types that are installed are those of a Deno without spawn().
const real = Deno as unknown as Api;
const wanted = Deno.args[0] ?? "";
const total = { passed: 0, failed: 0 };
const met = new Set<string>();
const fail = (what: string): void => {
  total.failed++;
  console.log(`FAIL ${what}`);
};

for (const report of engines()) {
  if (report.name !== "io_uring" && !report.available) fail(`${report.name} is not available: ${report.reason}`);
}
for (const name of Object.keys(questions).filter((name) => name.includes(wanted))) {
  const theirs = await answer(name, real);
  // A question that fails of itself compares nothing.
  if (/^(threw|no answer) /.test(theirs.replace(/^"/, ""))) fail(`${name}: ${theirs}`);
  for (const engine of ["vfork", "runtime"] as const) {
    const mine = await answer(name, ours(engine));
    const difference = differences.find((one) => one.question === name && (one.engine ?? engine) === engine);
    if (difference) met.add(name);
    if ((mine === theirs) === (difference === undefined)) total.passed++;
    else if (difference) fail(`${engine}: ${name}: no longer differs (${difference.why}): delete its row`);
    else fail(`${engine}: ${name}\n  Deno ${theirs.replace(/\n/g, "\n  ")}\n  ours ${mine.replace(/\n/g, "\n  ")}`);
  }
}
for (const { question } of differences) {
  if (wanted === "" && !met.has(question)) fail(`differences.ts: no question is "${question}"`);
}
Deno.removeSync(dir, { recursive: true });
console.log(`${total.passed} passed, ${total.failed} failed`);
Deno.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
