/**
 * Starts a child that lives half a second; how long this program lives is looked at from outside: `lives.ts CASE
 * [own]`.
 */
import process from "node:process";
import * as ringspawn from "ringspawn";

/** Deno's own, or ours. */
const Command = (Deno.args[1] === "own" ? Deno.Command : ringspawn.Command) as typeof Deno.Command;
const half = (): Deno.Command => new Command("sleep", { args: ["0.5"] });
const talker = new Command("sh", { args: ["-c", "sleep 0.5; echo late"], stdout: "piped" });
const say = (text: string): void => console.log(text);

const cases: Readonly<Record<string, () => unknown>> = {
  "ref'd": () => void half().spawn(),
  "unref'd": () => half().spawn().unref(),
  "unref'd and ref'd again": () => {
    const child = half().spawn();
    child.unref();
    child.ref();
  },
  "ref'd and read": () => void talker.spawn().stdout.text().then(say),
  "read, then unref'd": () => {
    const child = talker.spawn();
    void child.stdout.text().then(say);
    child.unref();
  },
  "unref'd, then read": () => {
    const child = talker.spawn();
    child.unref();
    void child.stdout.text().then(say);
  },
  "unref'd and awaited at the top": async () => {
    const child = half().spawn();
    child.unref();
    say(`code ${(await child.status).code}`);
  },
  "awaited at the top, and unref'd before that": async () => {
    const child = half().spawn();
    const { status } = child;
    child.unref();
    say(`code ${(await status).code}`);
  },
  "unref'd and read at the top": async () => {
    const child = talker.spawn();
    child.unref();
    say(await child.stdout.text());
  },
  "unref'd, its output awaited at the top": async () => {
    const child = talker.spawn();
    child.unref();
    say(new TextDecoder().decode((await child.output()).stdout));
  },
  "unref'd and awaited at the top, while another ends": async () => {
    const child = half().spawn();
    child.unref();
    await new Command("true").spawn().status;
    say(`code ${(await child.status).code}`);
  },
  "awaited at the top": async () => say(`code ${(await half().spawn().status).code}`),
  "output awaited at the top": async () => say(new TextDecoder().decode((await talker.output()).stdout)),
  "finished, its pipes untouched": async () => {
    const { status } = new Command("true", { stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
    say(`code ${(await status).code}`);
  },
  "finished, a grandchild has its pipe": async () => {
    const child = new Command("sh", { args: ["-c", "sleep 1 & echo"], stdout: "piped", stderr: "null" }).spawn();
    say(`code ${(await child.status).code}`);
  },
  "unref'd, its end awaited by a program that lives": async () => {
    const child = half().spawn();
    child.unref();
    const timer = setTimeout(() => {}, 5000);
    say(`code ${(await child.status).code}`);
    clearTimeout(timer);
  },
  nothing: () => {},
};

const start = performance.now();
process.on("exit", () => say(String(Math.round(performance.now() - start))));
await cases[Deno.args[0] as string]?.();
