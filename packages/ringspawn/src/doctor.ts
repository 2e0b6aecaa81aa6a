/** `ringspawn doctor`: what works here, and why the rest does not. */
import { arch, release, type } from "node:os";
import { engines, explain, spawnSync } from "./index.js";
import { runtime } from "./runtime.js";
import { colours, table } from "./table.js";

/** What is granted with the native engine, where a runtime has permissions. */
const GRANTS: { readonly [runtime: string]: string } = {
  deno: "The permission --allow-ffi for the native engine is every permission: native code is not bound by Deno's.",
};

/** The text to print. `version` is this package's. */
export function doctor(version: string, json: boolean): string {
  const here = runtime();
  const found = {
    ringspawn: version,
    runtime: { name: here.name, version: here.version },
    kernel: `${type()} ${release()}`,
    arch: arch(),
    libc: libc(here.name),
    variable: process.env.RINGSPAWN_ENGINE ?? null,
    mistake: mistakenVariable(),
    trace: process.env.RINGSPAWN_TRACE ?? null,
    engines: engines(),
    // Which engine would serve is asked of core, which decides it, and not derived from the list.
    auto: explain("true", { engine: "auto" }).engine ?? null,
  };
  if (json) return `${JSON.stringify(found, null, 2)}\n`;
  const machine = [
    ["ringspawn", found.ringspawn],
    ["runtime", `${found.runtime.name} ${found.runtime.version}`],
    ["kernel", found.kernel],
    ["machine", found.libc === null ? found.arch : `${found.arch}, ${found.libc}`],
    ...(found.variable === null ? [] : [["RINGSPAWN_ENGINE", found.variable]]),
    ...(found.mistake === null ? [] : [["", colours.red(found.mistake)]]),
    ...(found.trace === null ? [] : [["RINGSPAWN_TRACE", found.trace]]),
  ];
  const rows = found.engines.map(({ name, available, reason }) => [
    name,
    available ? colours.green("yes") : colours.red("no"),
    reason ?? (name === found.auto ? "auto takes it" : ""),
  ]);
  const grants = GRANTS[here.name];
  const note = grants === undefined ? "" : `\n${grants}\n`;
  return `${table(undefined, machine)}\n\n${table(["engine", "available", ""], rows)}\n${note}`;
}

/** What is wrong with RINGSPAWN_ENGINE, as core says it. */
function mistakenVariable(): string | null {
  try {
    explain("true");
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * The machine's, as its own ldd tells it: what a runtime reports may be the one that it was built on. Null where there
 * is no ldd.
 */
function libc(runtime: string): string | null {
  // What may not be run is refused by ringspawn's own engines, where Deno itself would prompt.
  const engine = runtime === "deno" ? (["io_uring", "vfork"] as const) : "auto";
  try {
    const { stdout, stderr } = spawnSync(["ldd", "--version"], { engine, stdout: "pipe", stderr: "pipe" });
    // glibc: "ldd (GNU libc) 2.36" on stdout; musl: "musl libc (x86_64)" and "Version 1.2.5" on stderr.
    const told = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
    const version = /^(?:ldd .*|Version )(\d+(?:\.\d+)+)$/m.exec(told)?.[1];
    return version === undefined ? null : `${told.includes("musl") ? "musl" : "glibc"} ${version}`;
  } catch {
    return null;
  }
}
