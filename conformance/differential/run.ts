/**
 * The part of the differential run that runs in one runtime: random requests to ringspawn's engines and to its own
 * spawn. Started by differential.ts, which reads the events that this program appends to a file. They do not go to
 * stdout, which the children inherit.
 */
import fc from "fast-check";
import { type Family, RUNTIMES } from "../apis.ts";
import { type Asked, brief, differences, EXCEPTIONS, type Side } from "./compare.ts";
import type { EngineName } from "ringspawn";
import { observe } from "./observe.ts";
import { type Able, type Face, FACES, type Request, requests } from "./request.ts";
import { warmUp, World } from "./world.ts";
import { fs, parent, patience } from "../tools.ts";

/** What differential.ts hands over. */
export interface Task {
  readonly family: Family;
  /** Ringspawn's own, which are compared with the runtime's own spawn and with each other. */
  readonly engines: readonly ("io_uring" | "vfork")[];
  readonly seed: number;
  /** The number of requests for each face. */
  readonly runs: number;
  /** Milliseconds for all faces. The requests that are not done by then count as skipped. */
  readonly time: number;
  readonly faces: readonly Face[];
  readonly witness: string;
  /** An empty directory. */
  readonly dir: string;
  /** The file to which events are appended. */
  readonly events: string;
  /** The file in which the request under way is written, because this program may hang or die of it. */
  readonly underWay: string;
}

export type Event =
  | {
      readonly face: Face;
      readonly passed: number;
      /** The requests that differ on purpose, and those that were not done. */
      readonly skipped: number;
      /** For lack of time, or after a failure. */
      readonly undone: number;
      readonly failure?: string;
    }
  | {
      readonly exceptions: Readonly<Record<string, number>>;
      /** What the requests came to. It shows when most of them are refused. */
      readonly outcomes: Readonly<Record<string, number>>;
    };

class Difference extends Error {
  constructor(found: readonly string[], sides: readonly Side[]) {
    const shown = ({ engine, saw: { report, ...rest } }: Side): string =>
      `  ${engine}: ${brief(JSON.stringify(rest))}\n    report: ${brief(JSON.stringify(report) ?? "none")}`;
    super([...found.map((line) => `  ${line}`), ...sides.map(shown)].join("\n"));
  }
}

const task = JSON.parse(fs.readFileSync(parent.argv[2] as string, "utf8")) as Task;
const tell = (event: Event): void => fs.appendFileSync(task.events, `${JSON.stringify(event)}\n`);
const end = Date.now() + task.time;
const met: Record<string, number> = {};
const outcomes: Record<string, number> = {};
const count = (counts: Record<string, number>, what: string): number => (counts[what] = (counts[what] ?? 0) + 1);

parent.umask(0o037);
const world = new World(task.dir, task.witness);
await warmUp(task.witness, [...task.engines, "runtime"]);
const { argv0, lastFd } = RUNTIMES[task.family].own;
const able: Able = { ids: parent.getuid?.() === 0, extras: argv0 && lastFd > 2 };

/** Gives false where the runtime's own spawn differs on purpose. Ringspawn's engines may not differ at all. */
async function compare(face: Face, request: Request): Promise<boolean> {
  const on = async (engine: EngineName): Promise<Side> => {
    fs.writeFileSync(task.underWay, JSON.stringify({ face, engine, request }));
    return { engine, saw: await observe(world, face, request, engine) };
  };
  const ours: Side[] = [];
  for (const engine of task.engines) ours.push(await on(engine));
  const [first, ...others] = ours as [Side, ...Side[]];
  const theirs = await on("runtime");
  const asked: Asked = { family: task.family, face, request };
  const { refused, report } = first.saw;
  count(outcomes, refused?.code ?? refused?.name ?? (report === undefined ? "an end" : "a report"));
  const meant = EXCEPTIONS.find(
    ({ families, holds }) => families.includes(task.family) && holds(asked, first.saw, theirs.saw),
  );
  const found = [...others, ...(meant === undefined ? [theirs] : [])].flatMap((side) =>
    differences(asked, first, side),
  );
  if (found.length > 0) throw new Difference(found, [...ours, theirs]);
  if (meant === undefined) return true;
  count(met, meant.what);
  return false;
}

let underWay: Promise<unknown> = Promise.resolve();
for (const [index, face] of task.faces.entries()) {
  let passed = 0;
  let failed = false;
  const property = fc.asyncProperty(requests(face, able), async (request) => {
    try {
      const comparison = compare(face, request);
      underWay = comparison;
      const same = await comparison;
      // After the first failure fast-check tries smaller requests, which do not count.
      if (same && !failed) passed++;
    } catch (error) {
      failed = true;
      throw error;
    }
  });
  const details = await fc.check(property, {
    // Each face gets other requests.
    seed: task.seed + FACES.indexOf(face),
    numRuns: task.runs,
    timeout: patience(15_000),
    // The time that one face does not use is there for the next ones.
    interruptAfterTimeLimit: Math.max(1000, (end - Date.now()) / (task.faces.length - index)),
  });
  // At its time limit fast-check does not wait for the request under way, whose files the next face would use, too.
  await underWay.catch(() => {});
  if (!details.failed) tell({ face, passed, skipped: task.runs - passed, undone: task.runs - details.numRuns });
  else {
    const { counterexample, errorInstance, numShrinks, numRuns } = details;
    const error = errorInstance instanceof Error ? errorInstance : new Error(String(errorInstance));
    const why = error instanceof Difference ? error.message : (error.stack ?? error.message);
    const failure = `${brief(JSON.stringify(counterexample?.[0]))}\n  (shrunk ${numShrinks} times)\n${why}`;
    tell({ face, passed, skipped: task.runs - passed - 1, undone: task.runs - numRuns, failure });
  }
}
tell({ exceptions: met, outcomes });
