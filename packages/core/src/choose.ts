/** Which engine serves a request, and why the ones before it do not. Looks only; starts nothing. */
import { type Engine, ENGINE_NAMES, type EngineName } from "./engine.js";
import type { SpawnRequest } from "./request.js";

/** An engine that was passed over. */
export interface Rejection {
  readonly engine: EngineName;
  /** The option it cannot serve, as the user wrote it; undefined when it cannot be used here at all. */
  readonly option: string | undefined;
  /** One sentence, without the engine's name at the front. */
  readonly reason: string;
}

export interface Choice {
  /** Undefined when none of those asked for can serve the request. */
  readonly engine: Engine | undefined;
  /** In the order in which they were asked. */
  readonly rejected: readonly Rejection[];
}

/** One line of {@link Ringspawn.engines}. */
export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  /** Why it is not available, in one sentence. */
  readonly reason?: string;
}

const NO_REJECTION: readonly Rejection[] = Object.freeze([]);

/** The first of `request.engines` that can serve it. */
export function choose(request: SpawnRequest, engines: readonly Engine[]): Choice {
  let rejected: Rejection[] | undefined;
  for (const name of request.engines) {
    const engine = find(name, engines);
    const rejection = rejects(name, engine, request);
    if (rejection === undefined) return { engine, rejected: rejected ?? NO_REJECTION };
    (rejected ??= []).push(rejection);
  }
  return { engine: undefined, rejected: rejected ?? NO_REJECTION };
}

/** All that could serve the request, whether asked for or not. */
export function capable(request: SpawnRequest, engines: readonly Engine[]): EngineName[] {
  return ENGINE_NAMES.filter((name) => rejects(name, find(name, engines), request) === undefined);
}

export function report(engines: readonly Engine[]): EngineReport[] {
  return ENGINE_NAMES.map((name) => {
    const reason = unavailable(find(name, engines));
    return reason === undefined ? { name, available: true } : { name, available: false, reason };
  });
}

/** `io_uring: it is not part of this build` or `runtime: setup.root: child_process has no such option` */
export function printRejection({ engine, option, reason }: Rejection): string {
  return option === undefined ? `${engine}: ${reason}` : `${engine}: ${option}: ${reason}`;
}

function rejects(name: EngineName, engine: Engine | undefined, request: SpawnRequest): Rejection | undefined {
  const reason = unavailable(engine);
  if (reason !== undefined) return { engine: name, option: undefined, reason };
  const refusal = engine?.refuses(request);
  return refusal && { engine: name, option: refusal.option, reason: refusal.reason };
}

function find(name: EngineName, engines: readonly Engine[]): Engine | undefined {
  for (const engine of engines) if (engine.name === name) return engine;
  return undefined;
}

function unavailable(engine: Engine | undefined): string | undefined {
  return engine === undefined ? "it is not part of this build" : engine.unavailable();
}
