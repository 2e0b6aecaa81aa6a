/** Which engine serves a request, and why the ones before it do not. Looks only; starts nothing. */
import { list, listed, mustBe, shown, usageError } from "./check.js";
import type { Engine, EngineName, SyncOptions } from "./engine.js";
import type { Host } from "./host.js";
import type { SpawnRequest } from "./request.js";

/** What an engine is wanted for. `start` is served by an engine's `spawn` as well, which waits a little longer. */
export type Operation = "spawn" | "start" | "spawnSync" | "prespawn";

/** An engine that was passed over. */
export interface Rejection {
  readonly engine: EngineName;
  /** The option that the engine cannot serve, as the user wrote it; undefined when it cannot be used here at all. */
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

/** One line of {@link Launcher.report}. */
export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  /** Why it is not available, in one sentence. */
  readonly reason?: string;
}

const ENGINE_VARIABLE = "RINGSPAWN_ENGINE";
/** More than there are, since an engine may stand twice in a list. */
const MAX_ENGINES = 64;
const NO_REJECTION: readonly Rejection[] = Object.freeze([]);

/**
 * The engines to ask, in order: the option's, else the variable's, else all there are.
 *
 * @throws {TypeError} for a name that no engine has.
 */
export function engineOrder(names: readonly EngineName[], option: unknown, host: Host): readonly EngineName[] {
  if (option !== undefined) return enginesOf(names, "engine", option);
  const variable = host.getenv(ENGINE_VARIABLE);
  if (variable === undefined || variable.trim() === "") return names;
  const wanted = variable.split(",").map((name) => name.trim());
  return enginesOf(names, `the environment variable ${ENGINE_VARIABLE}`, wanted.length === 1 ? wanted[0] : wanted);
}

function enginesOf(names: readonly EngineName[], option: string, value: unknown): readonly EngineName[] {
  if (value === "auto") return names;
  if (names.includes(value as EngineName)) return [value as EngineName];
  if (!Array.isArray(value) || value.length === 0) {
    const what = Array.isArray(value) ? "[]" : shown(value);
    const expected = `${listed([...names, "auto"])}, or a list of engines`;
    throw usageError("ERR_INVALID_ARG_VALUE", `${option} must be ${expected}, got ${what}`);
  }
  const order = new Set<EngineName>();
  // Each is read once, and a hole as well.
  for (const [i, name] of list(option, value, MAX_ENGINES).entries()) {
    if (!names.includes(name as EngineName)) throw mustBe(`${option}[${i}]`, listed(names), name);
    order.add(name as EngineName);
  }
  return [...order];
}

/** The first of `request.engines` that can serve it. `sync`: how a call that blocks is to go. */
export function choose(
  request: SpawnRequest,
  engines: readonly Engine[],
  operation: Operation,
  sync?: SyncOptions,
): Choice {
  let rejected: Rejection[] | undefined;
  for (const name of request.engines) {
    const engine = engineNamed(engines, name);
    const rejection = rejects(engine, engines, request, operation, sync);
    if (rejection === undefined) return { engine, rejected: rejected ?? NO_REJECTION };
    (rejected ??= []).push(rejection);
  }
  return { engine: undefined, rejected: rejected ?? NO_REJECTION };
}

/** A request names engines of this list and no others. */
function engineNamed(engines: readonly Engine[], name: EngineName): Engine {
  // Every spawn comes by here, and an index makes no closure for it.
  for (let i = 0; i < engines.length; i++) if (engines[i]?.name === name) return engines[i] as Engine;
  throw new Error(`there is no engine ${name}`);
}

/** All that could serve the request, whether asked for or not. */
export function capable(
  request: SpawnRequest,
  engines: readonly Engine[],
  operation: Operation,
  sync?: SyncOptions,
): EngineName[] {
  const able = engines.filter((engine) => rejects(engine, engines, request, operation, sync) === undefined);
  return able.map(({ name }) => name);
}

export function report(engines: readonly Engine[]): EngineReport[] {
  return engines.map((engine) => {
    const { name } = engine;
    const reason = engine.unavailable();
    return reason === undefined ? { name, available: true } : { name, available: false, reason };
  });
}

/** `io_uring: this kernel has no io_uring_spawn` or `runtime: setup.root: child_process has no such option` */
export function printRejection({ engine, option, reason }: Rejection): string {
  return option === undefined ? `${engine}: ${reason}` : `${engine}: ${option}: ${reason}`;
}

function rejects(
  engine: Engine,
  engines: readonly Engine[],
  request: SpawnRequest,
  operation: Operation,
  sync: SyncOptions | undefined,
): Rejection | undefined {
  const { name } = engine;
  if (!can(engine, operation)) return { engine: name, option: undefined, reason: inability(operation, engines) };
  const reason = engine.unavailable();
  if (reason !== undefined) return { engine: name, option: undefined, reason };
  // Not left to the engine: what an engine does not know it cannot refuse, and would leave out.
  const unserved = request.given.find((key) => !engine.serves.has(key));
  if (unserved !== undefined) {
    return { engine: name, option: `setup.${unserved}`, reason: `${engine.api} has no such option` };
  }
  const refusal = engine.refuses(request, sync);
  return refusal && { engine: name, option: refusal.option, reason: refusal.reason };
}

function can(engine: Engine, operation: Operation): boolean {
  return engine[operation] !== undefined || (operation === "start" && engine.spawn !== undefined);
}

/** Why an engine is passed over that has not what the operation takes, and which engines have it. */
function inability(operation: Operation, engines: readonly Engine[]): string {
  const able = engines.filter((engine) => can(engine, operation)).map(({ name }) => name);
  const who = able.length === 0 ? "no engine of this build can" : `only ${able.join(" and ")} can`;
  switch (operation) {
    case "spawn":
      return `${who} start a process and wait until its program runs`;
    case "start":
      return `${who} start a process`;
    case "spawnSync":
      return `${who} run a process to its end in one call`;
    case "prespawn":
      return `${who} have a child wait for its program`;
  }
}
