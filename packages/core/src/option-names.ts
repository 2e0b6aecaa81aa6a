/** Options that a face does not know: which of them are mistakes. */
import { usageError } from "./check.js";
import { SETUP } from "./setup.js";

/** What the APIs for processes take that people come from. Who passes one of these along has mistyped nothing. */
const OF_PEERS: ReadonlySet<string> = new Set([
  ...["args", "cwd", "env", "clearEnv", "uid", "gid", "signal", "stdin", "stdout", "stderr", "detached"],
  ...["windowsRawArguments", "cmd", "stdio", "timeout", "killSignal", "maxBuffer", "argv0", "cgroup", "lazy", "onExit"],
  ...["ipc", "onDisconnect", "serialization", "terminal", "input", "encoding", "shell", "windowsHide"],
  ...["windowsVerbatimArguments", "execPath", "execArgv", "silent"],
]);

/** Shorter names are one letter away from too many words that have nothing to do with them. */
const SHORTEST = 4;

/**
 * For a face in the shape of another API, which ignores what it does not know: a mistake is only what differs from a
 * known name by capitals, by one letter, or by two that were exchanged, and a key of `setup` outside of it, without
 * which the child would run with more than it was meant to have.
 *
 * @throws {TypeError} naming the option and the known one.
 */
export function refuseMistyped(given: object, known: ReadonlySet<string>): void {
  for (const key of Object.keys(given)) {
    if (known.has(key) || OF_PEERS.has(key)) continue;
    if (Object.hasOwn(SETUP, key)) {
      throw usageError("ERR_INVALID_ARG_VALUE", `${key} is not an option, but a key of one: setup.${key}`);
    }
    const meant = [...known].find((name) => edits(key, name) <= (name.length < SHORTEST ? 0 : 1));
    if (meant !== undefined) throw usageError("ERR_INVALID_ARG_VALUE", `${key} is not an option, but ${meant} is`);
  }
}

/**
 * For a face of our own.
 *
 * @throws {TypeError} naming the option, and the nearest of the known ones. Of an option of another API it names all,
 *   because that is not mistyped, whatever it is like.
 */
export function refuseUnknown(face: string, given: object, known: ReadonlySet<string>): void {
  for (const key of Object.keys(given)) {
    if (known.has(key)) continue;
    const names = [...known];
    const like = OF_PEERS.has(key) ? [] : names.filter((name) => edits(key, name) <= 2);
    const [nearest] = like.sort((a, b) => edits(key, a) - edits(key, b));
    const hint = nearest === undefined ? `; known are ${names.join(", ")}` : `, but ${nearest} is`;
    throw usageError("ERR_INVALID_ARG_VALUE", `${key} is not an option of ${face}${hint}`);
  }
}

/**
 * How many letters must be put in, left out or replaced, or exchanged with their neighbours, to make one name of the
 * other. Capitals are no difference.
 */
function edits(written: string, name: string): number {
  // Longer ones are like no name, and not worth the work.
  if (written.length > 2 * name.length) return Infinity;
  const [one, other] = [written.toLowerCase(), name.toLowerCase()];
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  let before: readonly number[] = [];
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++) {
      const replaced = (row[j] as number) + (one[i] === other[j] ? 0 : 1);
      const isExchanged = i > 0 && j > 0 && one[i] === other[j - 1] && one[i - 1] === other[j];
      const exchanged = isExchanged ? (before[j - 1] as number) + 1 : Infinity;
      next.push(Math.min(replaced, exchanged, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    [before, row] = [row, next];
  }
  return row[other.length] as number;
}
