/** Ours: the face that has the shape of the runtime's own API, and start(). */
import { Command, engines, spawn, start } from "ringspawn";
import type { EngineName } from "ringspawn";
import { here } from "./here.ts";
import type { Side } from "./peer.ts";
import { callsOf, commandSide, spawnSide } from "./shapes.ts";
import type { CommandCalls, Spawn } from "./shapes.ts";

export interface Ours {
  /** `our Command` */
  readonly name: string;
  /** The engine that starts every child of it: whatever another one has started is an error. */
  readonly engine: EngineName;
  readonly side: Side;
}

/** The one that is chosen where a program does not choose. */
function defaultEngine(): EngineName {
  const first = engines().find(({ available }) => available);
  if (first === undefined) throw new Error("no engine is available here");
  return first.name;
}

/** Why an engine is not available, or undefined. */
export function absenceOf(engine: EngineName): string | undefined {
  const found = engines().find(({ name }) => name === engine);
  return found?.available === true ? undefined : (found?.reason ?? "this runtime has no such engine");
}

/** A fallback must not be measured in another's name. */
const on =
  (engine: EngineName) =>
  <T>(child: T): T => {
    const its = (child as { readonly engine?: unknown }).engine;
    if (its !== engine) throw new Error(`a child ran on ${String(its)} instead of ${engine}`);
    return child;
  };

/** @param asked default: none, as most programs */
export function ourFace(asked?: EngineName): Ours {
  const engine = asked ?? defaultEngine();
  const more = asked === undefined ? {} : { engine: asked };
  const side =
    here.face === "Command"
      ? commandSide(callsOf(Command), on(engine), more)
      : spawnSide(spawn as Spawn, on(engine), more);
  return { name: `our ${here.face}`, engine, side };
}

/** start() of ours; what it is read and written by is as of Command. */
export function ourStart(asked?: EngineName): Ours {
  const engine = asked ?? defaultEngine();
  const more = asked === undefined ? {} : { engine: asked };
  const piped = { stdin: "null", stdout: "piped", stderr: "piped" } as const;
  const calls = {
    spawn: start,
    output: (path: string, options: object) => start(path, { ...piped, ...options }).output(),
  };
  return { name: "our start", engine, side: commandSide(calls as CommandCalls, on(engine), more) };
}
