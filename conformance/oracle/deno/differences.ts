/** Where ringspawn's `Command` differs from Deno's on purpose, and why. A row whose answers agree fails the run. */
export interface Difference {
  readonly question: string;
  /** The only engine that differs; default: both do. */
  readonly engine?: "vfork" | "runtime";
  readonly why: string;
}

const told = "a mistake is told where Deno ignores it: the child would run with something else than what was written";
const usage = "a usage mistake is a TypeError that names the option, on every runtime, before anything is looked for";
const words = "messages say which option or step it was, what was given and what would do; class, name and code agree";
const engine =
  "the engine that ran it can be asked for; not enumerable, so that a result prints and compares as before";

export const differences: readonly Difference[] = [
  { question: "args that are no array", why: told },
  { question: "a name of env that is empty", why: told },
  { question: "a name of env with an =", why: told },
  { question: "NUL in the command", why: usage },
  { question: "kill() of what is no signal", why: words },
  { question: "the words of an error", why: words },
  {
    question: "the words of an error about what PATH has found",
    why: `${words}; the command is the one that was written`,
  },
  { question: "the words of an error about what PATH has not", why: `${words}; the folders of PATH are named` },
  { question: "the words about a word of stdio", why: words },
  {
    question: "ids that are none",
    why: "Deno cuts a number down to another id, and the child would run as somebody else",
  },
  { question: "too many arguments", why: "Deno has no class for it: a plain Error there, a SpawnError here" },
  { question: "the object of output()", why: engine },
  { question: "the object of outputSync()", why: engine },
  { question: "classes of the streams", why: "the name of Deno's class is an inner one, and differs from its types" },
  { question: "prototype of a status", why: "an object as any other: it equals a literal, and has toString" },
  { question: "a real-time signal", why: "the status resolves, as its types promise, and tells the signal's number" },
  {
    question: "cwd that is a file",
    why: "the code is the one that the kernel gives, whichever method it was",
  },
  {
    question: "blocked signals and dispositions",
    engine: "vfork",
    why: "signals that this program ignores are not ignored in the child, whose program expects the default",
  },
];
