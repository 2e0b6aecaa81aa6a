/** Random requests, as plain data, so that one that makes a difference can be printed. */
import fc from "fast-check";

export const FACES = ["Command.spawn", "Command.output", "Command.outputSync", "spawn", "spawnSync"] as const;
export type Face = (typeof FACES)[number];

/** One fd of the child. `input`, `output` and `append` are files of the world (world.ts); `closed` is not open. */
export type Stdio = "null" | "inherit" | "pipe" | "input" | "output" | "append" | "closed";

/** An fd of `setup.fds`: one of this program's, or a file that is opened for the child. */
export type Extra = "null" | "input" | "output" | "append" | "closed" | "open r" | "open w" | "open a" | "open none";

/** The command, and how it is written. Those after `url` cannot be started. */
export type Program =
  | "path"
  | "bare"
  | "relative"
  | "odd path"
  | "script"
  | "url"
  | "missing"
  | "missing bare"
  | "missing relative"
  | "directory"
  | "not executable"
  | "bad interpreter"
  | "text"
  | "empty file"
  | "loop"
  | "through a file"
  | "too long"
  | "nothing"
  | "NUL";

export type Place = "none" | "work" | "odd" | "slash" | "relative" | "link" | "url" | "missing" | "file" | "NUL";

/** What `env` has as PATH: directories with the witness, without it, … */
export type Path = "has it" | "relative" | "has it last" | "has it not" | "empty";

export type Action =
  | { readonly do: "report"; readonly to: "stdout" | "file" }
  | { readonly do: "exit"; readonly code: number }
  | { readonly do: "signal"; readonly signal: number }
  | { readonly do: "kill"; readonly signal: number }
  | { readonly do: "timeout"; readonly signal: number }
  | { readonly do: "cat"; readonly bytes: number }
  | { readonly do: "write"; readonly bytes: number }
  | { readonly do: "both"; readonly lines: number };

export interface Request {
  readonly program: Program;
  readonly argv0: string | undefined;
  readonly args: readonly string[];
  /** `add`: added to this program's environment; `only`: the child has no other variables. */
  readonly env: "none" | { readonly how: "add" | "only"; readonly variables: Readonly<Record<string, string>> };
  readonly path: Path | undefined;
  readonly cwd: Place;
  readonly stdio: readonly [Stdio, Stdio, Stdio];
  readonly extra: Readonly<Record<string, Extra>>;
  readonly detached: boolean;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  readonly action: Action;
}

/** Texts as programs get them: a few ordinary ones, and everything that a string can hold. */
const text: fc.Arbitrary<string> = fc
  .oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom("", "-", "--", "a b", "*", "$HOME", "'\"\\", "\n", "\u007f\u0001", "ü", "日本"),
    },
    { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
    { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom("\ud800", "x\udc00y", "\udbff", "\ufffe", "\ufeffbom") },
    // The last one is the longest that exec takes: 128 KiB with its NUL.
    { weight: 1, arbitrary: fc.constantFrom(1000, 65_536, 131_071).map((length) => "x".repeat(length)) },
  )
  .map((value) => value.replaceAll("\0", "0"));

const args: fc.Arbitrary<string[]> = fc.oneof(
  { weight: 12, arbitrary: fc.array(text, { maxLength: 5 }) },
  { weight: 1, arbitrary: fc.constant(Array.from({ length: 3000 }, (_, i) => `argument ${i}`)) },
);

const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom("A", "a b", "1", "__proto__", "constructor", "ÄÖ", "BASH_FUNC_x%%", "-", "\n", "HOME", "TMPDIR"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 8 }).map((value) => value.replaceAll(/[\0=]/g, "_")),
);

const variables: fc.Arbitrary<Record<string, string>> = fc
  .array(fc.tuple(name, text), { maxLength: 5 })
  .map((list) => Object.fromEntries(list.map(([key, value]) => [key, value.slice(0, 60_000)])));

const env: fc.Arbitrary<Request["env"]> = fc.oneof(
  { weight: 1, arbitrary: fc.constant("none" as const) },
  { weight: 2, arbitrary: fc.record({ how: fc.constantFrom("add" as const, "only" as const), variables }) },
);

/** `often` in `weight` of `weight + 1` cases, else the other. */
function seldom<T>(weight: number, often: T, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: fc.constant(often) }, { weight: 1, arbitrary });
}

/** Signals that end a process: not those that stop or continue it, nor those that do nothing. */
const deadly: readonly number[] = [1, 2, 3, 6, 8, 9, 10, 11, 13, 14, 15, 16, 24, 29, 30, 31];

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 16,
    arbitrary: fc.record({
      do: fc.constant("report" as const),
      to: fc.constantFrom("stdout" as const, "file" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("exit" as const), code: fc.integer({ min: 0, max: 255 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("signal" as const), signal: fc.constantFrom(...deadly, 32, 34, 50, 64) }),
  },
  {
    weight: 1,
    // None that this program ignores or blocks, which some runtimes hand on: the child would not end.
    arbitrary: fc.record({ do: fc.constant("kill" as const), signal: fc.constantFrom(2, 3, 6, 9, 10, 14, 15, 24, 31) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("timeout" as const), signal: fc.constantFrom(9, 15, 10) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cat" as const), bytes: fc.integer({ min: 0, max: 300_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("write" as const), bytes: fc.integer({ min: 0, max: 300_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("both" as const), lines: fc.integer({ min: 0, max: 200 }) }) },
);

const ids: readonly (number | undefined)[] = [undefined, undefined, undefined, 0, 1000, 65_534, 4_294_967_294];

/** Requests that can be carried out, if only for root. */
const good: fc.Arbitrary<Request> = fc.record({
  program: fc.constantFrom<Program>("path", "path", "bare", "bare", "relative", "odd path", "script", "url"),
  argv0: seldom(5, undefined, text),
  args,
  env,
  path: fc.constantFrom<Path | undefined>(undefined, undefined, "has it", "has it", "relative", "has it last"),
  cwd: fc.constantFrom<Place>("none", "none", "work", "odd", "slash", "relative", "link", "url"),
  stdio: fc.tuple(
    fc.constantFrom<Stdio>("null", "inherit", "pipe", "input"),
    fc.constantFrom<Stdio>("pipe", "pipe", "pipe", "null", "inherit", "output", "append"),
    fc.constantFrom<Stdio>("pipe", "null", "inherit", "output", "append"),
  ),
  extra: seldom(
    4,
    {},
    fc.dictionary(
      fc.integer({ min: 3, max: 9 }).map(String),
      fc.constantFrom<Extra>("null", "input", "output", "append", "open r", "open w", "open a"),
      { minKeys: 1, maxKeys: 3 },
    ),
  ),
  detached: seldom(4, false, fc.constant(true)),
  uid: fc.constantFrom(...ids),
  gid: fc.constantFrom(...ids),
  action,
});

/**
 * Changes that make a request fail. A request gets only one, because engines may tell either of two. Some programs of
 * the second list may run all the same, by /bin/sh, or be found although PATH is wrong.
 */
const mistake: fc.Arbitrary<(request: Request) => Request> = fc.oneof(
  fc.constantFrom<Program>("missing", "missing bare", "missing relative", "directory", "not executable").map(
    (program) =>
      (request: Request): Request => ({ ...request, program }),
  ),
  fc
    .constantFrom<Program>(
      "bad interpreter",
      "text",
      "empty file",
      "loop",
      "through a file",
      "too long",
      "nothing",
      "NUL",
    )
    .map(
      (program) =>
        (request: Request): Request => ({ ...request, program }),
    ),
  fc.constantFrom<Path>("has it not", "empty").map(
    (path) =>
      (request: Request): Request => ({ ...request, program: "bare", path }),
  ),
  // A PATH that is relative to cwd would fail as well.
  fc.constantFrom<Place>("missing", "file", "NUL").map((cwd) => (request: Request): Request => {
    return { ...request, cwd, path: request.path === "relative" ? "has it" : request.path };
  }),
  fc.constantFrom<0 | 1 | 2>(0, 1, 2).map((fd) => (request: Request): Request => {
    const stdio: [Stdio, Stdio, Stdio] = [...request.stdio];
    stdio[fd] = "closed";
    return { ...request, stdio };
  }),
  fc.constantFrom<Extra>("closed", "open none").map(
    (extra) =>
      (request: Request): Request => ({ ...request, extra: { ...request.extra, 7: extra } }),
  ),
  fc.constantFrom(["a\0b"], ["y".repeat(131_072)]).map(
    (args) =>
      (request: Request): Request => ({ ...request, args, action: { do: "report", to: "stdout" } }),
  ),
);

/** What this program and its runtime's own spawn can do. */
export interface Able {
  /** Change the ids of a child. */
  readonly ids: boolean;
  /** argv[0] and fds beyond 2. */
  readonly extras: boolean;
}

/** Requests that `face` has options for. Only a few ask for what cannot be done here. */
export function requests(face: Face, able: Able): fc.Arbitrary<Request> {
  const all = seldom<(fine: Request) => Request>(4, same, mistake);
  return fc.tuple(good, all, fc.nat(9)).map(([fine, spoil, chance]) => {
    // What cannot be done makes a request fail, and there must be only one reason to fail.
    const ids = able.ids || (chance === 0 && spoil === same) ? {} : { uid: undefined, gid: undefined };
    const extras = able.extras || chance === 1 ? {} : { argv0: undefined, extra: {} };
    return fit(face, spoil({ ...fine, ...ids, ...extras }));
  });
}

function same(request: Request): Request {
  return request;
}

/** Replaces what a face has no option for by something that it has. */
function fit(face: Face, request: Request): Request {
  const command = face.startsWith("Command");
  const collects = face === "Command.output" || face === "Command.outputSync";
  let { stdio, action, program, argv0 } = request;
  if (program === "url" && !command) program = "path";
  if (command) argv0 = undefined;
  // These faces collect output, and have no pipe to feed stdin through.
  if (collects && stdio[0] === "pipe") stdio = ["null", stdio[1], stdio[2]];
  const running = face === "spawn" || face === "Command.spawn";
  if (action.do === "kill" && !running) action = { do: "signal", signal: action.signal };
  if (action.do === "timeout" && command) action = { do: "exit", code: action.signal };
  // These programs do not read their arguments, and would end before they are killed.
  if (program === "script" || program === "text" || program === "empty file") action = { do: "report", to: "stdout" };
  // Only the first child would find something to read in this program's own stdin.
  if (action.do === "cat" && stdio[0] === "inherit") stdio = ["input", stdio[1], stdio[2]];
  if (action.do === "report" && stdio[1] !== "pipe" && program !== "script") action = { do: "report", to: "file" };
  return { ...request, stdio, action, program, argv0 };
}
