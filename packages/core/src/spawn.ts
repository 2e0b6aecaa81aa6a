/** The table of contents: request → choose → engine → handle. */
import { createSpawnPair, type SpawnFunction, type SpawnSyncFunction } from "./api/bun.js";
import { commandInput, createCommand, type CommandConstructor, type CommandOptions } from "./api/deno.js";
import { type CreatePool, createPoolFactory } from "./api/pool.js";
import { createStart, type StartFunction } from "./api/start.js";
import { capable, type Choice, choose, report, type EngineReport, type Rejection } from "./choose.js";
import type { Engine, EngineName, ExplainedStep, Failure, Running, Starting } from "./engine.js";
import { inClassOf, refusalError, type SpawnError, spawnError } from "./error.js";
import type { Host } from "./host.js";
import { type Launcher, Process } from "./process.js";
import { normalize, type SpawnRequest } from "./request.js";
import { unborn } from "./unborn.js";

/** What would become of a command. */
export interface Explanation {
  readonly request: SpawnRequest;
  /** Undefined when no engine asked for can serve the request. */
  readonly engine: EngineName | undefined;
  /** The engines that were passed over, and why. */
  readonly rejected: readonly Rejection[];
  /**
   * The chain; undefined for an engine that has none. Of one that was asked for alone also when it cannot be used here,
   * as long as this build has it.
   */
  readonly steps: readonly ExplainedStep[] | undefined;
}

/** What a runtime's adapter gives to its users. */
export interface Ringspawn {
  /** The shape of `Deno.Command`. */
  readonly Command: CommandConstructor;
  /** The shape of `Bun.spawn`. */
  readonly spawn: SpawnFunction;
  /** The shape of `Bun.spawnSync`. */
  readonly spawnSync: SpawnSyncFunction;
  /** Starts a process and does not wait until it runs. */
  readonly start: StartFunction;
  /** Children that wait for what they are to run. */
  readonly createPool: CreatePool;
  /** Each engine, whether it is available here, and if not why. */
  readonly engines: () => EngineReport[];
  /** What starting this command would do. Starts nothing. @throws {TypeError} for usage mistakes. */
  readonly explain: (command: string | URL, options?: CommandOptions) => Explanation;
}

/** `engines`: those this build has; the order of preference is not theirs but the request's. */
export function createSpawn(host: Host, engines: readonly Engine[]): Ringspawn {
  const prepare = (request: SpawnRequest): Engine => {
    host.authorize(request);
    const choice = choose(request, engines);
    if (choice.engine === undefined) throw inClassOf(host, refusalError(request, choice, capable(request, engines)));
    return choice.engine;
  };
  const errorOf = (request: SpawnRequest, engine: Engine, failure: Failure): SpawnError =>
    inClassOf(host, spawnError(request, engine.name, failure));
  const processOf = (request: SpawnRequest, engine: Engine, begun: Running | Starting): Process => {
    const { started }: Partial<Starting> = begun;
    const told = started?.then((failure) => failure && errorOf(request, engine, failure));
    return new Process(host, begun, engine.name, told);
  };
  // Of those asked for, whether they come first or not: there is one that can, or none.
  const parkingEngine = (request: SpawnRequest): ParkingEngine => {
    const parking = engines.filter((engine): engine is ParkingEngine => engine.park !== undefined);
    const choice = choose(request, parking);
    if (choice.engine !== undefined) return choice.engine as ParkingEngine;
    throw inClassOf(host, refusalError(request, cannotPark(choice, engines), capable(request, parking)));
  };
  const launcher: Launcher = {
    host,
    spawn(input) {
      const request = normalize(host, input);
      const engine = prepare(request);
      const running = engine.spawn(request);
      if (isFailure(running)) throw errorOf(request, engine, running);
      return new Process(host, running, engine.name);
    },
    start(input) {
      const request = normalize(host, input);
      const engine = prepare(request);
      const begun: Running | Starting | Failure = (engine.start ?? engine.spawn).call(engine, request);
      if (isFailure(begun)) {
        const started = Promise.resolve(errorOf(request, engine, begun));
        return new Process(host, unborn(request), engine.name, started);
      }
      return processOf(request, engine, begun);
    },
    // No program is run by this, so there is nothing to be permitted yet.
    park(input) {
      const request = normalize(host, input);
      const engine = parkingEngine(request);
      const parked = engine.park(request);
      if (isFailure(parked)) throw errorOf(request, engine, parked);
      return parked;
    },
    fill(input, take) {
      const request = normalize(host, input);
      host.authorize(request);
      const begun = take((child) => child.fill(request));
      return begun && processOf(request, parkingEngine(request), begun);
    },
    spawnSync(input, options) {
      const request = normalize(host, input);
      const engine = prepare(request);
      const result = engine.spawnSync(request, options);
      if (isFailure(result)) throw errorOf(request, engine, result);
      return { result, engine: engine.name };
    },
  };
  return {
    Command: createCommand(launcher),
    ...createSpawnPair(launcher),
    start: createStart(launcher),
    createPool: createPoolFactory(launcher),
    engines: () => report(engines),
    explain(command, options = {}) {
      const request = normalize(host, commandInput(host, command, options, "spawn"));
      const { engine, rejected } = choose(request, engines);
      const alone = request.engines.length === 1 ? engines.find(({ name }) => name === request.engines[0]) : undefined;
      return { request, engine: engine?.name, rejected, steps: (engine ?? alone)?.explain?.(request) };
    },
  };
}

type ParkingEngine = Engine & Required<Pick<Engine, "park">>;

/** Engines that are there, and were passed over because they cannot have a child wait, say so, and who can. */
function cannotPark(choice: Choice, engines: readonly Engine[]): Choice {
  const able = engines.filter((engine) => engine.park !== undefined).map(({ name }) => name);
  const who = able.length === 0 ? "it cannot" : `only ${able.join(" and ")} can`;
  const rejected = choice.rejected.map((rejection) => {
    const engine = engines.find(({ name }) => name === rejection.engine);
    if (engine === undefined || engine.park !== undefined) return rejection;
    return { ...rejection, reason: `${who} have a child wait for its program` };
  });
  return { engine: undefined, rejected };
}

function isFailure(result: object): result is Failure {
  return "errno" in result;
}
