/** Compares a run without register with one with it. */
import { basename } from "node:path";

/** @typedef {{ argv: string[], engine?: string | null, why?: string }} Spawn */
/** @typedef {{ end: string, stdout: string, stderr: string, files: Record<string, string>, spawns: Spawn[] }} Ran */

const NATIVE = ["vfork", "io_uring"];
/** The native engine met an error, before the program ran; the runtime tries again, so that the error is its own. */
const FAILED_START = [/could not start it \(errno \d+\)$|^Failed to spawn '/, "a start that fails"];
const ASKED_FOR = [/engine runtime was asked for/, "as asked for"];

/**
 * @param {{ ends?: string, polls?: string[], originals?: [RegExp, string][] }} job
 * @param {Ran} plain
 * @param {Ran} registered
 * @param {string | undefined} engine RINGSPAWN_ENGINE of the second run
 * @returns {{ problems: string[], natives: number, reasons: string[] }} `natives`: children of native engines;
 *   `reasons`: why others were the runtime's own, in short
 */
export function compare(job, plain, registered, engine) {
  const problems = [];
  const wanted = job.ends ?? "status 0";
  if (plain.end !== wanted) {
    problems.push(`without register: ${plain.end}, not ${wanted}\n${plain.stdout}${plain.stderr}`);
  }
  if (registered.end !== plain.end) problems.push(`${plain.end} without register, ${registered.end} with it`);
  for (const stream of ["stdout", "stderr"]) problems.push(...difference(stream, plain[stream], registered[stream]));
  for (const [file, text] of Object.entries(plain.files)) {
    if (text === undefined) problems.push(`${file} was not made`);
    problems.push(...difference(file, text, registered.files[file]));
  }
  problems.push(
    ...difference("children", names(plain.spawns, job).join("\n"), names(registered.spawns, job).join("\n")),
  );
  return judgeTrace(job, registered.spawns, engine, problems);
}

function judgeTrace({ originals = [] }, spawns, engine, problems) {
  if (spawns.length === 0) problems.push("nothing stands in the trace");
  const expected = engine === undefined ? NATIVE : [engine];
  const allowed = [engine === "runtime" ? ASKED_FOR : FAILED_START, ...originals];
  const why = (spawn) => spawn.why ?? "no reason is given";
  const inShort = (spawn) => allowed.find(([reason]) => reason.test(why(spawn)))?.[1];
  const byRuntime = spawns.filter((spawn) => spawn.engine === null);
  for (const spawn of spawns) {
    if (spawn.engine === null ? inShort(spawn) !== undefined : expected.includes(spawn.engine)) continue;
    problems.push(`engine ${spawn.engine} (${why(spawn)}): ${spawn.argv.join(" ").slice(0, 200)}`);
  }
  for (const [reason] of engine === "runtime" ? [] : originals) {
    if (byRuntime.some((spawn) => reason.test(why(spawn)))) continue;
    problems.push(`${reason} is the reason of no child any more: delete it in tools.mjs`);
  }
  const reasons = [...new Set(byRuntime.map(inShort))].filter((reason) => reason !== undefined).sort();
  return { problems, natives: spawns.length - byRuntime.length, reasons };
}

/** The program of each spawn, in the order of the names: children that run side by side are born in either order. */
function names(spawns, { polls = [] }) {
  return spawns
    .map(({ argv }) => basename(argv[0] ?? ""))
    .filter((name) => !polls.includes(name))
    .sort();
}

/** Lines that only one of them has. */
function difference(what, plain = "(not there)", registered = "(not there)") {
  if (plain === registered) return [];
  const [left, right] = [plain.split("\n"), registered.split("\n")];
  const only = (mine, theirs) => {
    const rest = [...theirs];
    return mine.filter((line) => {
      const at = rest.indexOf(line);
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    });
  };
  const lines = [...only(left, right).map((line) => `- ${line}`), ...only(right, left).map((line) => `+ ${line}`)];
  const shown = lines.length === 0 ? ["the same lines in another order"] : lines.slice(0, 40);
  return [`${what} differs (- without register, + with it):\n${shown.join("\n")}`];
}
