/** @ringspawn/adapter-deno/register: the native engines in the place of Deno.Command and Deno.spawn. */
import { createCommand, type Command, type CommandConstructor, type CommandOptions } from "@ringspawn/core";
import { replacedBy, Replacements } from "@ringspawn/core/replaced";
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
        () => new Ours(command, options)[method](),
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
      return new Ours(command, options)[SHORT[name]]();
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
