/**
 * Puts a class of its own in the place of the global Promise, as libraries do, `before` or `after` ringspawn is loaded.
 * Prints what children get and what starts come to; with `messages`, how many answers of a child were right. With
 * `child` it is that child.
 */
import type * as Ringspawn from "ringspawn";
import { parent } from "../tools.ts";

const [engine, , how, script, ...command] = parent.argv.slice(2) as [
  Ringspawn.EngineName,
  string,
  string,
  string,
  ...string[],
];
const Native = Promise;
type Run<T> = ConstructorParameters<typeof Native<T>>[0];

/** It has what promises have, is of no class of the runtime's, and cannot be extended. */
class Other<T> {
  readonly #promise: Promise<T>;

  constructor(run: Run<T>) {
    if (new.target !== Other) throw new TypeError("the promise constructor cannot be invoked directly");
    this.#promise = new Native(run);
  }

  then(...reactions: Parameters<Promise<T>["then"]>): Other<unknown> {
    return new Other((resolve) => resolve(this.#promise.then(...reactions)));
  }

  catch(reaction: (reason: unknown) => unknown): Other<unknown> {
    return this.then(undefined, reaction as never);
  }

  finally(reaction: () => void): Other<unknown> {
    return new Other((resolve) => resolve(this.#promise.finally(reaction)));
  }

  static resolve<T>(value: T): Other<T> {
    return new Other((resolve) => resolve(value));
  }
}

const COUNT = 20;
const LENGTH = 300_000;

function answer(): void {
  let count = 0;
  parent.on("message", (text: string) => {
    parent.send?.([text.length, text[0]]);
    if (++count === COUNT) parent.disconnect();
  });
}

async function messages({ spawn }: typeof Ringspawn): Promise<void> {
  const answers: string[] = [];
  const child = spawn([...command, script, engine, "", "child"], {
    engine,
    stdout: "inherit",
    serialization: "json",
    ipc: (message) => void answers.push(String(message)),
  });
  for (let i = 0; i < COUNT; i++) child.send(String.fromCharCode(65 + i).repeat(LENGTH));
  await child.exited;
  console.log(`messages ${answers.filter((text, i) => text === `${LENGTH},${String.fromCharCode(65 + i)}`).length}`);
}

async function writes({ spawn, Command }: typeof Ringspawn): Promise<void> {
  const unread = spawn(["sh", "-c", "exec 0<&-; sleep 0.1"], { engine, stdin: "pipe" });
  try {
    void unread.stdin.write(new Uint8Array(5_000_000));
    await unread.stdin.flush();
  } catch (error) {
    console.log(`write ${String((error as { code?: unknown }).code)}`);
  }
  await unread.exited;
  const counting = new Command("sh", { args: ["-c", "sleep 0.1; wc -c"], engine, stdin: "piped", stdout: "piped" });
  const child = counting.spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new Uint8Array(3_000_000));
  await writer.close();
  console.log(`read ${(await child.stdout.text()).trim()}`);
}

async function starts({ start }: typeof Ringspawn): Promise<void> {
  const missing = start("/no/such/program", { engine, stdout: "piped" });
  const codes: unknown[] = [];
  for (const promise of [missing.output(), missing.started, missing.status]) {
    await promise.then(undefined, (error: unknown) => codes.push((error as { code: unknown }).code));
  }
  console.log(`start ${codes.join(" ")}`);
  const good = start("sh", { args: ["-c", "exit 3"], engine });
  await good.started;
  console.log(`start ${(await good.status).code} ${good.engine}`);
}

async function main(): Promise<void> {
  parent.on("unhandledRejection", (reason) => console.log(`unhandled ${String(reason)}`));
  const replace = (): void => void Reflect.set(globalThis, "Promise", Other);
  if (how === "before") replace();
  const ringspawn = await import("ringspawn");
  replace();
  if (how === "messages") return messages(ringspawn);
  await writes(ringspawn);
  await starts(ringspawn);
}

if (how === "child") answer();
else await main();
