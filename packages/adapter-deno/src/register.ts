/** @ringspawn/adapter-deno/register: the native engines in the place of Deno.Command and Deno.spawn. */
import {
  ChildProcess,
  createCommand,
  type Command,
  type CommandConstructor,
  type CommandOptions,
} from "@ringspawn/core";
import { replacedBy, Replacements } from "@ringspawn/core/replaced";
import { createStandIn, type Service } from "@ringspawn/core/stand-in";
import { TRACE, trace, warn } from "@ringspawn/native-linux/trace";
import launcher from "./index.js";
import { getenv } from "./permission.js";

type Call = (...args: unknown[]) => unknown;
type Constructor = new (command: string | URL, options?: CommandOptions) => Command;

const standIn = createStandIn(launcher, warn);
const Ours: CommandConstructor = createCommand(standIn.launcher);
/** Functions that Deno has besides, and the method of a Command that each of them calls. */
const SHORT = { spawn: "spawn", spawnAndWait: "output", spawnAndWaitSync: "outputSync" } as const;
type Short = keyof typeof SHORT;
type Method = (typeof SHORT)[Short];
const deno = Deno as unknown as { Command: Constructor } & Partial<Record<Short, Call>>;
const { permissions } = Deno;
/** What a child of ours is here: of Deno's class, by whose members it is never reached. */
const childPrototype = asOf(Deno.ChildProcess.prototype, ChildProcess.prototype);

/** What this copy has replaced, before which something else may stand by now. */
let own: Replacements | undefined;

/** Has the native engines start what Deno.Command and Deno.spawn start, where they do the same. */
export function register(): void {
  if (replacedBy(deno.Command) !== undefined) return;
  own = new Replacements();
  own.put(deno, "Command", commandInstead);
  for (const name of Object.keys(SHORT) as Short[]) {
    if (typeof deno[name] !== "function") continue;
    own.put(deno as Record<Short, Call>, name, (original, isOn) => callInstead(name, original, isOn));
  }
}

/** Gives them back to Deno, also if another copy of this package has replaced them. */
export function unregister(): void {
  replacedBy(deno.Command)?.restore();
  own?.restore();
}

function run(method: Method, command: string | URL, options: CommandOptions | undefined): unknown {
  const result: unknown = new Ours(command, options)[method]();
  return method === "spawn" ? Object.setPrototypeOf(result, childPrototype) : result;
}

/**
 * A prototype with the members of `ours` whose instances are of the class of `theirs` as well, of which they show the
 * constructor. What that class has and ours does not is undefined: it would look for fields that are not there.
 */
function asOf(theirs: object, ours: object): object {
  const prototype = Object.create(theirs, Object.getOwnPropertyDescriptors(ours)) as object;
  Reflect.deleteProperty(prototype, "constructor");
  for (const key of Reflect.ownKeys(theirs)) {
    if (!Object.hasOwn(ours, key)) Object.defineProperty(prototype, key, { value: undefined });
  }
  return prototype;
}

function commandInstead(Original: Constructor, isOn: () => boolean): Constructor {
  return class Command {
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
      const byDeno = (): unknown => new Original(command, options)[method]();
      if (!isOn()) return byDeno();
      return standIn.serve(
        () => run(method, command, options),
        byDeno,
        tellOf(`Deno.Command.${method}`, command, options),
      );
    }
  } as unknown as Constructor;
}

/** `(command, options?)` or `(command, args, options?)` */
function callInstead(name: Short, original: Call, isOn: () => boolean): Call {
  const call: Call = (...args) => {
    const byDeno = (): unknown => Reflect.apply(original, Deno, args);
    if (!isOn()) return byDeno();
    const [command, second, third] = args as [string | URL, unknown, CommandOptions | undefined];
    const options = Array.isArray(second)
      ? { ...third, args: second as string[] }
      : (second as CommandOptions | undefined);
    const serve = (): unknown => {
      if (Array.isArray(second) && third?.args !== undefined) throw new TypeError("args are given twice");
      return run(SHORT[name], command, options);
    };
    return standIn.serve(serve, byDeno, tellOf(`Deno.${name}`, command, options));
  };
  return Object.defineProperty(call, "name", { value: name, configurable: true });
}

function tellOf(who: string, command: string | URL, options: CommandOptions | undefined): (service: Service) => void {
  return (service) => {
    const path = getenv(TRACE);
    // To write where it is not permitted would make Deno ask the user.
    if (path === undefined || path === "" || permissions.querySync({ name: "write", path }).state !== "granted") return;
    trace(path, () => ({ who, argv: [String(command), ...(options?.args ?? [])], ...service }));
  };
}
