/** Bun.spawn and Bun.spawnSync by what programs see of them, with ringspawn/register preloaded or not. */
import childProcess from "node:child_process";

interface Child {
  readonly stdin: { write(text: string): unknown; end(): unknown };
  readonly stdout: ReadableStream;
  readonly stderr: ReadableStream;
  readonly exited: Promise<number>;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
  kill(signal: string): void;
}

/** As much of Bun as is looked at. */
interface Bun {
  readonly spawn: (...args: unknown[]) => Child;
  readonly spawnSync: (...args: unknown[]) => { stdout: Buffer; exitCode: number; success: boolean };
  readonly $: (script: TemplateStringsArray) => { text(): Promise<string> };
}

const { Bun } = globalThis as unknown as { readonly Bun: Bun };
/** Its types are not here. */
const module: string = "bun";
const named: unknown = await import(module);
const { $, spawn } = named as Bun;

const show = (...seen: unknown[]): void => console.log(JSON.stringify(seen));
const attempt = (run: () => unknown): void => {
  try {
    show(run());
  } catch (error) {
    const { name, message, code } = error as NodeJS.ErrnoException;
    show({ name, message, code });
  }
};

const child = spawn(["sh", "-c", "cat; echo err >&2; exit 3"], { stdin: "pipe", stdout: "pipe", stderr: "pipe" });
void child.stdin.write("through");
void child.stdin.end();
show(await new Response(child.stdout).text(), await new Response(child.stderr).text(), await child.exited);
const killed = Bun.spawn({ cmd: ["sleep", "9"], onExit: (_child: Child, ...end: unknown[]) => show("onExit", ...end) });
killed.kill("SIGUSR1");
show(await killed.exited, killed.exitCode, killed.signalCode);
const sync = Bun.spawnSync({ cmd: ["cat"], stdin: new TextEncoder().encode("blocking") });
show(sync.stdout.toString(), sync.exitCode, sync.success);
attempt(() => Bun.spawn(["/no/such"]));
attempt(() => Bun.spawn(["no-such-program"]));
attempt(() => Bun.spawn([]));
attempt(() => Bun.spawnSync(["a\0b"]));
show(childProcess.execSync("echo by node:child_process").toString());
const send = 'process.send("by ipc"); process.disconnect()';
const stdio = ["ignore", "inherit", "inherit"];
await spawn([process.execPath, "-e", send], { ipc: (message: unknown) => show(message), stdio }).exited;
show((await $`echo by the shell`.text()).trim());
for (const name of ["spawn", "spawnSync"]) {
  const property = Object.getOwnPropertyDescriptor(Bun, name);
  show(name, property?.enumerable, property?.configurable, property?.writable);
}
show(Bun.spawn.name, Bun.spawnSync.name, spawn === Bun.spawn);
