/** @ringspawn/adapter-bun/register: the native engines in the place of Bun.spawn and Bun.spawnSync. */
import { createSpawnPair, type Launcher } from "@ringspawn/core";
import { replacedBy, Replacements } from "@ringspawn/core/replaced";
import { bare, type Host } from "@ringspawn/core/seam";
import { createStandIn, type Service } from "@ringspawn/core/stand-in";
import { TRACE, trace, warn } from "@ringspawn/native-linux/trace";
import launcher from "./index.js";

type Call = (...args: unknown[]) => unknown;

const standIn = createStandIn(launcher, warn);
const bunHost = launcher.host;
/** A stream can be read once, and it may be Bun's own that has to do it. */
const host: Host = bare<Host>({
  ...bunHost,
  bytesOf: (data) => ("getReader" in data ? undefined : bunHost.bytesOf?.(data)),
});
const { Terminal, ...functions } = createSpawnPair(bare<Launcher>({ ...standIn.launcher, host }));
const ours = functions as unknown as Record<Name, Call>;
const NAMES = ["spawn", "spawnSync"] as const;
type Name = (typeof NAMES)[number];
const bun = Bun as unknown as Record<Name, Call>;
/** A key that Bun's own node:child_process always gives, and that means nothing but on Windows. */
const OF_BUN = "windowsVerbatimArguments";

/** What this copy has replaced, before which something else may stand by now. */
let own: Replacements | undefined;

/** Has the native engines start what Bun.spawn and Bun.spawnSync start, where they do the same. */
export function register(): void {
  if (replacedBy(bun.spawn) !== undefined) return;
  own = new Replacements();
  for (const name of NAMES) own.put(bun, name, (original, isOn) => replacement(name, original, isOn));
}

/** Gives both back to Bun, also if another copy of this package has replaced them. */
export function unregister(): void {
  replacedBy(bun.spawn)?.restore();
  own?.restore();
}

function replacement(name: Name, original: Call, isOn: () => boolean): Call {
  const call: Call = (...args) => {
    const byBun = (): unknown => Reflect.apply(original, Bun, args);
    const [first] = args;
    if (!isOn()) return byBun();
    const tell = (service: Service): void =>
      trace(process.env[TRACE], () => ({ who: `Bun.${name}`, argv: argvOf(first), ...service }));
    const why = whyOwn(name, args);
    if (why !== undefined) {
      tell({ engine: null, why });
      return byBun();
    }
    const handOn = (error: unknown): unknown => {
      // Bun would take a terminal of ours for options of one, and start what is refused here.
      if (isOurTerminal(args)) throw error;
      return byBun();
    };
    return standIn.serve(() => ours[name](...args), handOn, tell);
  };
  return Object.defineProperty(call, "name", { value: name, configurable: true });
}

/** Why a call is Bun's own from the start. Undefined: ours is tried first. */
function whyOwn(name: Name, args: readonly unknown[]): string | undefined {
  const [first] = args;
  if (typeof first === "object" && first !== null && Object.hasOwn(first, OF_BUN)) {
    return "Bun's own node:child_process calls it";
  }
  // Whether either end will send a server or a socket is not known before it does, and Bun opens neither from an fd.
  const hasChannel = name === "spawn" && typeof optionsOf(args)?.["ipc"] === "function" && !isOurTerminal(args);
  return hasChannel ? "ipc: only a channel of Bun's own can pass handles" : undefined;
}

function isOurTerminal(args: readonly unknown[]): boolean {
  return optionsOf(args)?.["terminal"] instanceof Terminal;
}

function optionsOf([first, second]: readonly unknown[]): Readonly<Record<string, unknown>> | null | undefined {
  return (Array.isArray(first) ? second : first) as Readonly<Record<string, unknown>> | null | undefined;
}

function argvOf(first: unknown): readonly unknown[] {
  const cmd = Array.isArray(first) ? first : (first as { readonly cmd?: unknown } | null | undefined)?.cmd;
  return Array.isArray(cmd) ? cmd : [cmd];
}
