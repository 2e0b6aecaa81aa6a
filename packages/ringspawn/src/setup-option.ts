/** `key=value` of `--setup` and `--env`. Whether a key exists and its value fits is for the library to say. */
import type { ProcessSetup } from "./index.js";

type Tree = { [key: string]: unknown };

/** Without a prototype, so that `__proto__` is a key like any other, for the library to refuse by name. */
const tree = (): Tree => Object.create(null) as Tree;

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** Splits at the first `=`. */
function splitPair(option: string, text: string): [key: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new Error(`${option} wants KEY=VALUE, not '${text}'`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/**
 * JSON if it parses, else the string itself. Octal numbers are what people type for a umask and JSON has none:
 * `022` and `0o22` are both 18.
 */
function parseValue(text: string): unknown {
  const octal = /^0o?([0-7]+)$/.exec(text)?.[1];
  if (octal !== undefined) return Number.parseInt(octal, 8);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Turns `["umask=022", "limits.nofile=64"]` into `{ umask: 18, limits: { nofile: 64 } }`. A later pair wins. */
export function parseSetup(pairs: readonly string[]): ProcessSetup {
  const setup = tree();
  for (const pair of pairs) {
    const [key, text] = splitPair("--setup", pair);
    const path = key.split(".");
    if (path.includes("")) throw new Error(`--setup ${pair}: '${key}' is not a dotted name`);
    const last = path.pop() as string;
    let node = setup;
    for (const name of path) {
      const there = node[name] ?? {};
      if (!isTree(there)) throw new Error(`--setup ${pair}: '${name}' already has the value ${JSON.stringify(there)}`);
      node = node[name] = Object.assign(tree(), there);
    }
    node[last] = parseValue(text);
  }
  return setup;
}

/** Undefined when there is nothing to add: then the child's environment is simply ours. */
export function parseEnv(pairs: readonly string[]): Record<string, string> | undefined {
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs.map((pair) => splitPair("--env", pair)));
}
