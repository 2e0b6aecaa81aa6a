/** What stands in the place of a runtime's own API: our faces where an engine of ours serves, else the original. */
import { bare, quietly } from "./builtins.js";
import { engineOrder } from "./choose.js";
import type { EngineName } from "./engine.js";
import type { Launcher } from "./launcher.js";
import type { RequestInput } from "./request.js";
import { submittedTo } from "./submitted.js";

/** Who served a call: an engine, or the original, for the reason in `why`. */
export type Service = { readonly engine: EngineName } | { readonly engine: null; readonly why: string };

export interface StandIn {
  /** For the faces: it starts nothing by the runtime's own spawn, which is what it stands in for. */
  readonly launcher: Launcher;
  /**
   * Calls ours. Where that throws before a process was started, the original is called: it has the right words for
   * what is wrong, or can do what ours cannot.
   */
  serve<T>(ours: () => T, original: (error: unknown) => T, tell: (service: Service) => void): T;
}

/** Tells the user something, once for the whole program. */
export type Warn = (message: string) => void;

let isWarned = false;

/**
 * The engines to ask in the place of the runtime's own spawn, in order: those that are preferred to it. A variable that
 * names no engine is a mistake of which nobody else would tell, since all then works without ringspawn.
 *
 * @throws where there is none.
 */
export function enginesInstead({ host, engines }: Launcher, warn: Warn): readonly EngineName[] {
  const names = engines.map(({ name }) => name);
  let order: readonly EngineName[];
  try {
    order = engineOrder(names, undefined, host);
  } catch (error) {
    if (!isWarned) warn(`ringspawn leaves all processes to the runtime: ${messageOf(error)}`);
    isWarned = true;
    throw error;
  }
  const last = order.indexOf("runtime");
  const instead = last < 0 ? order : order.slice(0, last);
  if (instead.length === 0) throw new Error("engine runtime was asked for");
  return instead;
}

/** @param launcher the runtime's, with the engine `runtime`. */
export function createStandIn(launcher: Launcher, warn: Warn): StandIn {
  const { host, engines } = launcher;
  let started: EngineName | undefined;
  /** Who has started a process in the call that is under way; asked once. */
  const take = (): EngineName | undefined => {
    const engine = started;
    started = undefined;
    return engine;
  };
  /** The options of ours alone are no options of the runtime's API. */
  const native = (input: RequestInput): RequestInput => ({
    ...input,
    setup: undefined,
    engine: enginesInstead(launcher, warn),
  });
  const own: Launcher = bare<Launcher>({
    host,
    engines,
    spawn(input) {
      const process = launcher.spawn(native(input));
      started = process.engine;
      return process;
    },
    spawnSync(input, options) {
      const result = launcher.spawnSync(native(input), options);
      started = result.engine;
      return result;
    },
    start: (input) => launcher.start(input),
    prespawn: (input) => launcher.prespawn(input),
    exec: (input, take) => launcher.exec(input, take),
    openTerminal: (size, engine) => launcher.openTerminal(size, engine),
    explain: (input) => launcher.explain(input),
    report: () => launcher.report(),
  });

  return {
    launcher: own,
    serve(ours, original, tell) {
      // The process runs already, or the original is to start it: neither depends on whether that can be told.
      const told = (service: Service): void => quietly(() => tell(service));
      take();
      let result: ReturnType<typeof ours>;
      try {
        // What is read for ours, as the body of a request, would be gone for the original.
        enginesInstead(launcher, warn);
        result = ours();
      } catch (error) {
        const engine = take() ?? submittedTo(error);
        told(engine === undefined ? { engine: null, why: messageOf(error) } : { engine });
        if (engine !== undefined) throw error;
        return original(error);
      }
      const engine = take();
      if (engine !== undefined) told({ engine });
      return result;
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
