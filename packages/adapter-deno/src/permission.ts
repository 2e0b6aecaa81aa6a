/**
 * Deno's permissions, which native code is not bound by: what they say is asked here, before anything is started.
 * Asked, never requested: nothing in this package may make Deno prompt.
 */
import { statSync } from "node:fs";
import type { Refusal, SpawnRequest } from "@ringspawn/core/seam";

export const NotCapable: typeof Deno.errors.NotCapable = Deno.errors.NotCapable;

/** Whether it is granted without exceptions. Anything else, "prompt" as well, is no. */
export function granted(descriptor: Deno.PermissionDescriptor): boolean {
  const { state, partial } = Deno.permissions.querySync(descriptor);
  return state === "granted" && !partial;
}

/** @throws {Deno.errors.NotCapable} where Deno.Command would, in its words. */
export function authorize(request: SpawnRequest): void {
  for (const slot of request.slots) {
    if (slot.kind !== "file") continue;
    if (slot.open !== "w" && slot.open !== "a") demand("read", slot.path);
    if (slot.open !== "r") demand("write", slot.path);
  }
  if (granted({ name: "run" })) return;
  const env = request.env ?? (granted({ name: "env" }) ? Deno.env.toObject() : {});
  const names = Object.keys(env)
    .filter((name) => /^(LD|DYLD)_/.test(name.trim()) && env[name] !== "")
    .sort();
  if (names.length > 0) {
    const [variables, those] = names.length === 1 ? ["variable", "the"] : ["variables", "these"];
    throw new NotCapable(
      `Requires --allow-run permissions to spawn subprocess with ${names.join(", ")} environment ${variables}. ` +
        `Alternatively, spawn with ${those} environment ${variables} unset.`,
    );
  }
  if (mayRun(request)) return;
  throw new NotCapable(`Requires run access to "${request.file}", run again with the --allow-run flag`);
}

/** What the native engine would have to know and may not: Deno.Command, which may, is to do it then. */
export function hidden(request: SpawnRequest): Refusal | undefined {
  const { file, env } = request;
  if (!file.includes("/") && env?.PATH === undefined && !granted({ name: "env", variable: "PATH" })) {
    return { option: "command", reason: "PATH, where to look for it, may not be read" };
  }
  if (env === undefined && !granted({ name: "run" }) && !granted({ name: "env" })) {
    return { option: "env", reason: "whether it holds a variable of the dynamic loader may not be looked at" };
  }
  return undefined;
}

/** Whether all that exec could take for the command may be run, where not everything may be. */
function mayRun({ file, candidates, cwd, env, setup }: SpawnRequest): boolean {
  // A path in another root names another program.
  if (setup.root !== undefined) return false;
  // Deno looks a bare name up in this program's PATH.
  if (!file.includes("/") && (env?.PATH === undefined || env.PATH === ownPath())) return allowed(file);
  const paths = candidates.map((path) => (path.startsWith("/") || cwd === undefined ? path : `${cwd}/${path}`));
  let found = false;
  for (const path of paths) {
    const there = lookAt(path);
    if (allowed(path)) {
      if (there === "program") return true; // exec goes no further
      found = true;
    } else if (there !== "nothing") {
      return false;
    }
  }
  return found;
}

function allowed(command: string): boolean {
  return granted({ name: "run", command });
}

function ownPath(): string | undefined {
  return granted({ name: "env", variable: "PATH" }) ? Deno.env.get("PATH") : undefined;
}

/** What exec will find; undefined where that may not be looked at, or is neither. */
function lookAt(path: string): "program" | "nothing" | undefined {
  if (!granted({ name: "read", path })) return undefined;
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return "nothing";
    return stats.isFile() && (stats.mode & 0o111) === 0o111 ? "program" : undefined;
  } catch {
    return undefined;
  }
}

function demand(name: "read" | "write", path: string): void {
  if (granted({ name, path })) return;
  throw new NotCapable(`Requires ${name} access to "${path}", run again with the --allow-${name} flag`);
}
