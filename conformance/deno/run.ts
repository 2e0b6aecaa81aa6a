/** Runs programs of a test, each in a Deno of its own with the given permissions and no others. */
import { fileURLToPath } from "node:url";

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

const utf8 = new TextDecoder();
const folder: string = fileURLToPath(new URL(".", import.meta.url));

/** The file of the native engine. */
export const library: string = fileURLToPath(
  new URL(
    `prebuilds/linux-${Deno.build.arch === "aarch64" ? "arm64" : "x64"}-gnu/engine.so`,
    new URL("../../packages/native-linux/", import.meta.url),
  ),
);

/** Runs Deno with these arguments. A program `./x.ts` is one beside this file. */
export async function deno(args: readonly string[], options: Options = {}): Promise<Run> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: args.map((arg) => (arg.startsWith("./") ? folder + arg.slice(2) : arg)),
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...options.env },
    cwd: options.cwd ?? folder,
    stdin: "null",
  }).output();
  return { code, stdout: utf8.decode(stdout), stderr: utf8.decode(stderr) };
}

/** The same on a terminal, where Deno prompts for permissions that are missing. Gives all that it shows. */
export async function onTerminal(args: readonly string[], options: Options = {}): Promise<string> {
  // A program that waits for the answer to a prompt would wait for ever.
  const quoted = ["timeout", "--foreground", "5", Deno.execPath(), ...args].map(
    (arg) => `'${arg.startsWith("./") ? folder + arg.slice(2) : arg}'`,
  );
  const { stdout } = await new Deno.Command("script", {
    args: ["-qec", quoted.join(" "), "/dev/null"],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...options.env },
    cwd: options.cwd ?? folder,
    stdin: "null",
  }).output();
  return utf8.decode(stdout).replaceAll("\r", "");
}

export function equal(actual: unknown, expected: unknown, what = ""): void {
  const [one, other] = [actual, expected].map((value) => Deno.inspect(value, { depth: 9 }));
  if (one !== other) throw new Error(`${what}\n  is     ${one}\n  not    ${other}`);
}

export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
