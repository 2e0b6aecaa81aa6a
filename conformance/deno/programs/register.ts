/** Deno.Command and Deno.spawn by what programs see of them, with ringspawn/register preloaded or not. */
import { execSync } from "node:child_process";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const show = (...seen: unknown[]): void => console.log(JSON.stringify(seen));
const attempt = (run: () => unknown): void => {
  try {
    show(run());
  } catch (error) {
    const { name, message } = error as Error;
    show({ name, message });
  }
};

const script = { args: ["-c", "echo out; echo err >&2; exit 3"] };
const output = await new Deno.Command("sh", script).output();
show(output.code, output.success, output.signal, text(output.stdout), text(output.stderr));
show(new Deno.Command("sh", script).outputSync().code);
const child = new Deno.Command("cat", { stdin: "piped", stdout: "piped" }).spawn();
const writer = child.stdin.getWriter();
await writer.write(new TextEncoder().encode("through"));
await writer.close();
show(
  child instanceof Deno.ChildProcess,
  child.constructor === Deno.ChildProcess,
  Object.prototype.toString.call(child),
  Object.keys(child),
);
show(
  Deno.inspect(child).split(" ", 1),
  Reflect.ownKeys(Deno.ChildProcess.prototype).every((key) => key in child),
);
show(await new Response(child.stdout).text(), (await child.status).code);
attempt(() => new Deno.Command("/no/such").spawn());
attempt(() => new Deno.Command("no-such-program").outputSync());
attempt(() => new Deno.Command("cat", { stdin: "piped" }).outputSync());
show((await Deno.spawnAndWait("sh", script)).code, Deno.spawnAndWaitSync("sh", ["-c", "exit 4"]).code);
const short = Deno.spawn("sh", { args: ["-c", "exit 5"] });
show((await short.status).code, short instanceof Deno.ChildProcess, child instanceof Deno.ChildProcess);
attempt(() => Deno.spawn("sh", ["-c"], { args: ["exit 5"] } as object));
show(Deno.Command.name, Deno.spawn.name);
// What is not Deno.Command's.
show(execSync("echo by node:child_process").toString());
const { run } = Deno as unknown as { run: (options: object) => { status(): Promise<object>; close(): void } };
const old = run({ cmd: ["sh", "-c", "exit 6"] });
show(await old.status());
old.close();
const names = ["Command", "ChildProcess", "spawn", "spawnAndWait", "spawnAndWaitSync", "kill", "run"] as const;
for (const name of names) {
  const property = Object.getOwnPropertyDescriptor(Deno, name);
  show(name, property?.enumerable, property?.configurable, property?.writable ?? property?.set !== undefined);
}
