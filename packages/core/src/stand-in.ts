/** What stands in the place of a runtime's own API: our faces where an engine of ours serves, else the original. */
import { bare } from "./builtins.js";
import { engineOrder } from "./choose.js";
import type { EngineName } from "./engine.js";
import type { Launcher } from "./launcher.js";
import type { RequestInput } from "./request.js";

/** Who served a call: an engine, or the original, because of this. */
export type Service = { readonly engine: EngineName } | { readonly engine: null; readonly why: string };

export interface StandIn {
  /** For the faces: it starts nothing by the runtime's own spawn, which is what it stands in for. */
  readonly launcher: Launcher;
  /**
   * Calls ours. Where that throws before a process was started, the original is called: it has the right words for
   * what is wrong, or can do what ours cannot.
   */
  serve<T>(ours: () => T, original: () => T, tell: (service: Service) => void): T;
}

/** @param launcher the runtime's, with the engine `runtime`. */
export function createStandIn(launcher: Launcher): StandIn {
  const { host, engines } = launcher;
  const names = engines.map(({ name }) => name);
  let started: EngineName | undefined;

  /** The options of ours alone are no options of the runtime's API. */
  const native = (input: RequestInput): RequestInput => {
    const order = engineOrder(names, undefined, host);
    const last = order.indexOf("runtime");
    const engine = last < 0 ? order : order.slice(0, last);
    if (engine.length === 0) throw new Error("engine runtime was asked for");
    return { ...input, setup: undefined, engine };
  };
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
    explain: (input) => launcher.explain(input),
    report: () => launcher.report(),
  });

  return {
    launcher: own,
    serve(ours, original, tell) {
      started = undefined;
      try {
        return ours();
      } catch (error) {
        if (started !== undefined) throw error;
        tell({ engine: null, why: error instanceof Error ? error.message : String(error) });
        return original();
      } finally {
        if (started !== undefined) tell({ engine: started });
      }
    },
  };
}
