/** Gives SIGPIPE its default action, as removing a handler does, writes to ended children, and tells the errors. */
import { Command } from "ringspawn";
import type { EngineName } from "ringspawn";
import { parent } from "../tools.ts";

const [engine, witness] = parent.argv.slice(2) as [EngineName, string];

const child = new Command(witness, { args: ["exit", "0"], stdin: "piped", engine }).spawn();
const writer = child.stdin.getWriter();
// It may outlive this program, and must not hold its output.
const io = { stdin: "piped", stdout: "null", stderr: "null" } as const;
const other = new Command("/bin/sh", { args: ["-c", "exec sleep 20 <&-"], ...io, engine }).spawn();
const handler = (): void => {};
parent.on("SIGPIPE", handler);
parent.off("SIGPIPE", handler);
await child.status;
const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;
const written = await writer.write(new Uint8Array(1)).catch(codeOf);
const late = other.stdin.getWriter();
let last: unknown;
// The shell may not have closed its stdin yet.
while (last === undefined) last = await late.write(new Uint8Array(1)).catch(codeOf);
other.kill("SIGKILL");
await other.status;
console.log(JSON.stringify({ ran: child.engine, written, last }));
