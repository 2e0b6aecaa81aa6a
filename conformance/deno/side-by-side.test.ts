/** Nothing is permitted to us that is not permitted to Deno's own API: attempts.ts, each made by both. */
import { type Attempt, type Group, groups, makeFiles, type Outcome } from "./attempts.ts";
import { startBroker } from "./broker.ts";
import { check, deno, equal } from "./run.ts";
import { engines } from "ringspawn";

type Engine = "auto" | "native" | "runtime";
type Line = Readonly<Record<Engine, Outcome>> & { readonly deno?: Outcome };

/** The engine that `auto` takes where all is permitted: one of the native ones, or there is nothing to compare. */
const NATIVE: string = engines().find(({ available }) => available)?.name ?? "none";
check(NATIVE !== "runtime", "no native engine is available here");

const folder = Deno.makeTempDirSync({ prefix: "ringspawn-permissions-" });
// The attempts with another uid run the programs in it, too.
Deno.chmodSync(folder, 0o755);
makeFiles(folder);
// Links of /tmp and the like are resolved, so that a path is its own.
const scratch = Deno.realPathSync(folder);

/** All attempts of a group, in one program. */
async function run({ flags, env, denies, list, name }: Group): Promise<Line[]> {
  await using broker = denies && startBroker(denies);
  const args = ["run", "--no-prompt", ...flags, "./programs/side-by-side.ts", JSON.stringify(list), NATIVE];
  const { stdout, stderr } = await deno(args, { cwd: scratch, env: { ...env, ...broker?.env } });
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  equal(lines.length, list.length, `${name}\n${stdout}\n${stderr}`);
  return lines.map((line) => JSON.parse(line) as Line);
}

const ran = ({ code, error }: Outcome): boolean => error === undefined && code !== undefined;

function compare(attempt: Attempt, line: Line): void {
  const shown = Deno.inspect(line, { depth: 4 });
  if (attempt.expect !== undefined) return compareWithRule(attempt.expect, line, shown);
  const own = line.deno as Outcome;
  if (ran(own)) {
    const engine = attempt.engine ?? NATIVE;
    const same = ({ code, stdout }: Outcome): void =>
      equal([code, stdout], [own.code, attempt.instead ?? own.stdout], shown);
    same(line.auto);
    equal(line.auto.engine, engine, shown);
    if (engine === NATIVE) {
      same(line.native);
      equal(line.native.engine, NATIVE, shown);
    } else {
      equal([line.native.error, line.native.code], ["NotSupported", "ENOTSUP"], shown);
    }
    if (attempt.own === undefined) {
      same(line.runtime);
      equal(line.runtime.engine, "runtime", shown);
    } else {
      equal(line.runtime.code, "ENOTSUP", shown);
    }
    return;
  }
  for (const outcome of [line.auto, line.native, line.runtime]) {
    check(!ran(outcome), `ours allow what Deno refuses: ${shown}`);
    if (attempt.isUsage) {
      equal(outcome.error, "TypeError", shown);
      continue;
    }
    // An engine that is asked for alone may have to leave the question to the other.
    const isAlone = outcome === line.native || (outcome === line.runtime && attempt.own !== undefined);
    if (isAlone && outcome.code === "ENOTSUP") continue;
    // Deno looks for a name before it asks whether that may run; ours need not tell who is not there.
    const isUnfound = own.error === "NotFound" && !attempt.command.includes("/");
    if (isUnfound && outcome.error === "NotCapable") continue;
    equal(outcome.error, own.error, shown);
    if (own.error === "NotCapable") equal(outcome.message, own.message, shown);
  }
}

function compareWithRule(expect: NonNullable<Attempt["expect"]>, line: Line, shown: string): void {
  if (expect === "unserved") {
    for (const { code, error } of [line.auto, line.native, line.runtime]) {
      equal([error, code], ["NotSupported", "ENOTSUP"], shown);
    }
    return;
  }
  if (expect === "runs") {
    for (const { code, engine } of [line.auto, line.native]) equal([code, engine], [0, NATIVE], shown);
    return;
  }
  for (const outcome of [line.auto, line.native, line.runtime]) {
    equal([outcome.error, outcome.message], ["NotCapable", expect.refused], shown);
  }
}

const before = Deno.readTextFileSync(`${scratch}/out/secret`);
for (const group of groups(scratch)) {
  let lines: Promise<Line[]> | undefined;
  for (const [index, attempt] of group.list.entries()) {
    Deno.test(`${group.name}: ${attempt.name}`, async () => {
      compare(attempt, (await (lines ??= run(group)))[index] as Line);
    });
  }
}

Deno.test("no attempt has changed what it may not write", () => {
  equal(Deno.readTextFileSync(`${scratch}/out/secret`), before);
  Deno.removeSync(scratch, { recursive: true });
});
