/**
 * How Windows runs a batch file: by its command interpreter, which reads the command line by rules of its own. An
 * argument that is quoted as for other programs can there end its quotes and be a command (CVE-2024-24576 and others),
 * which is why runtimes refuse batch files without a shell.
 */
import type { Refusal } from "./engine.js";
import type { Host } from "./host.js";
import type { SpawnRequest } from "./request.js";
import type { RuntimeCall } from "./runtime-api.js";

/** The longest command line that cmd.exe takes. */
const MAX_LENGTH = 8191;

/** Windows drops dots and spaces at the end of a name, so `x.bat. ` is one, too. */
export function isBatchFile(path: string): boolean {
  return /\.(?:bat|cmd)[. ]*$/i.test(path);
}

/** The call, or one of cmd.exe in the place of a batch file. */
export function withInterpreter(call: RuntimeCall, host: Host): RuntimeCall {
  if (host.platform !== "win32" || !isBatchFile(call.file)) return call;
  const argv = ["cmd.exe", ...batchArguments(call.file, call.argv.slice(1))];
  return { ...call, file: host.getenv("ComSpec") ?? "cmd.exe", argv, verbatim: true };
}

/**
 * The arguments for cmd.exe that make it run the file with these arguments and nothing else. They must reach cmd.exe as
 * they are, joined by spaces.
 */
export function batchArguments(path: string, args: readonly string[]): string[] {
  const line = [path, ...args].map(quoted).join(" ");
  // No AutoRun commands; the extensions that `%cd:~,%` needs; no `!variables!`; only the outermost quotes are removed.
  return ["/d", "/e:on", "/v:off", "/s", "/c", `"${line}"`];
}

/** Why these arguments cannot be given to this file, if it is a batch file. */
export function batchRefusal({ argv }: SpawnRequest, path: string): Refusal | undefined {
  if (!isBatchFile(path)) return undefined;
  const all = [path, ...argv.slice(1)];
  // A line break ends the command; cmd.exe does not promise anything of the others.
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  const at = all.findIndex((arg) => /[\0-\x1f\x7f]/.test(arg));
  if (at >= 0) {
    const option = at === 0 ? "command" : `args[${at - 1}]`;
    return { option, reason: "cmd.exe, which runs batch files, cannot be given control characters" };
  }
  if (batchArguments(path, all.slice(1)).join(" ").length <= MAX_LENGTH) return undefined;
  return { option: "args", reason: `cmd.exe, which runs batch files, takes at most ${MAX_LENGTH} characters` };
}

/**
 * In quotes, cmd.exe takes everything but these as it is: a quote, which is doubled, and which the backslashes before
 * it must not escape for the program that reads the argument next; and a percent sign, after which the name of a
 * variable could follow. `%cd:~,%` is always empty, and stands between the sign and what follows.
 */
function quoted(arg: string): string {
  const inner = arg.replaceAll(/(\\*)("|$)/g, (_, slashes: string, quote: string) => slashes + slashes + quote + quote);
  return `"${inner.replaceAll("%", "%%cd:~,%")}"`;
}
