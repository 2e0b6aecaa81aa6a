/** @ringspawn/adapter-deno/register: the native engines in the place of Deno.Command and Deno.spawn. */
import {
  ChildProcess,
  createCommand,
  type Command,
  type CommandConstructor,
  type CommandOptions,
} from "@ringspawn/core";
import { mark, replacedBy } from "@ringspawn/core/replaced";
import { createStandIn, type Service } from "@ringspawn/core/stand-in";
import { TRACE, trace } from "@ringspawn/native-linux/trace";
import launcher from "./index.js";
import { getenv } from "./permission.js";

type Call = (...args: unknown[]) => unknown;
type Constructor = new (command: string | URL, options?: CommandOptions) => Command;

const standIn = createStandIn(launcher);
const Ours: CommandConstructor = createCommand(standIn.launcher);
/** Functions that Deno has besides, and the method of a Command that each of them calls. */
const SHORT = { spawn: "spawn", spawnAndWait: "output", spawnAndWaitSync: "outputSync" } as const;
type Short = keyof typeof SHORT;
type Method = (typeof SHORT)[Short];
const deno = Deno as unknown as { Command: Constructor } & Partial<Record<Short, Call>>;
const { permissions } = Deno;

/** Of what this copy has replaced, which something else may stand before by now. */
let restoreOwn: (() => void) | undefined;

/** Has the native engines start what Deno.Command and Deno.spawn start, where they do the same. */
export function register(): void {
  if (replacedBy(deno.Command) !== undefined) return;
  const restores = [replaceCommand(() => restore())];
  for (const name of Object.keys(SHORT) as Short[]) if (typeof deno[name] === "function") restores.push(replace(name));
  const restore = (): void => {
    for (const each of restores) each();
  };
  restoreOwn = restore;
  // So that `child instanceof Deno.ChildProcess` holds for a child of ours. Every member of that class is ours still.
  Object.setPrototypeOf(ChildProcess.prototype, Deno.ChildProcess.prototype);
}

/** Gives them back to Deno, also if another copy of this package has replaced them. */
export function unregister(): void {
  replacedBy(deno.Command)?.restore();
  restoreOwn?.();
}

function replaceCommand(restore: () => void): () => void {
  const { Command: Original } = deno;
  let isOn = true;
  const replacement = class Command {
    readonly #command: string | URL;
    readonly #options: CommandOptions | undefined;

    constructor(command: string | URL, options?: CommandOptions) {
      this.#command = command;
      this.#options = options;
    }

    spawn(): unknown {
      return this.#call("spawn");
    }

    output(): unknown {
      return this.#call("output");
    }

    outputSync(): unknown {
      return this.#call("outputSync");
    }

    #call(method: Method): unknown {
      const [command, options] = [this.#command, this.#options];
      const own = (): unknown => new Original(command, options)[method]();
      if (!isOn) return own();
      return standIn.serve(
        () => new Ours(command, options)[method](),
        own,
        tellOf(`Deno.Command.${method}`, command, options),
      );
    }
  } as unknown as Constructor;
  mark(replacement, { original: Original, restore });
  deno.Command = replacement;
  return () => {
    isOn = false;
    if (deno.Command === replacement) deno.Command = Original;
  };
}

/** `(command, options?)` or `(command, args, options?)` */
function replace(name: Short): () => void {
  const original = deno[name] as Call;
  let isOn = true;
  const replacement: Call = (...args) => {
    const own = (): unknown => Reflect.apply(original, Deno, args);
    if (!isOn) return own();
    const [command, second, third] = args as [string | URL, unknown, CommandOptions | undefined];
    const options = Array.isArray(second)
      ? { ...third, args: second as string[] }
      : (second as CommandOptions | undefined);
    const serve = (): unknown => {
      if (Array.isArray(second) && third?.args !== undefined) throw new TypeError("args are given twice");
      return new Ours(command, options)[SHORT[name]]();
    };
    return standIn.serve(serve, own, tellOf(`Deno.${name}`, command, options));
  };
  Object.defineProperty(replacement, "name", { value: name, configurable: true });
  deno[name] = replacement;
  return () => {
    isOn = false;
    if (deno[name] === replacement) deno[name] = original;
  };
}

function tellOf(who: string, command: string | URL, options: CommandOptions | undefined): (service: Service) => void {
  return (service) => {
    const path = getenv(TRACE);
    // To write where it is not permitted would make Deno ask the user.
    if (path === undefined || path === "" || permissions.querySync({ name: "write", path }).state !== "granted") return;
    trace(path, () => ({ who, argv: [String(command), ...(options?.args ?? [])], ...service }));
  };
}
