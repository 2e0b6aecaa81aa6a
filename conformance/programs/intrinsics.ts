/**
 * Changes what JavaScript itself brings along, as some programs do after (or before) this package is loaded, and tells
 * what spawns are like then.
 *
 * - frozen: everything, as hardened programs have it
 * - wrapped: the methods of the built-in classes are wrapped, `then` of promises among them, as by tracers
 * - enumerable: the prototypes of all objects and arrays have one property more
 */
import { argv, env } from "node:process";
import type { EngineName } from "ringspawn";

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Change = "frozen" | "wrapped" | "enumerable";

const [engine, , change, when] = argv.slice(2) as [EngineName, string, Change, "before" | "after"];

function freezeAll(): void {
  const seen = new Set<unknown>();
  const left: unknown[] = [Object, Array, Function, Promise, Map, Set, WeakMap, WeakRef, FinalizationRegistry, Error];
  left.push(TypeError, RangeError, String, Number, BigInt, RegExp, Date, ArrayBuffer, SharedArrayBuffer, Uint8Array);
  left.push(Int32Array, Uint32Array, BigInt64Array, DataView, Reflect, JSON, Math, Symbol, Proxy);
  left.push(
    async () => {},
    function* () {},
    async function* () {},
    [][Symbol.iterator](),
    new Map().entries(),
  );
  while (left.length > 0) {
    const value = left.pop();
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) continue;
    seen.add(value);
    for (const key of Reflect.ownKeys(value)) {
      left.push(...(Object.values(Reflect.getOwnPropertyDescriptor(value, key) ?? {}) as unknown[]));
    }
    left.push(Object.getPrototypeOf(value));
    Object.freeze(value);
  }
}

function wrapAll(): void {
  const { apply } = Reflect;
  for (const { prototype } of [Array, Map, Set, Promise, String, Uint8Array, RegExp]) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const { value: method, writable } = Object.getOwnPropertyDescriptor(
        prototype,
        name,
      ) as TypedPropertyDescriptor<Method>;
      if (typeof method !== "function" || !writable || name === "constructor") continue;
      Reflect.set(prototype, name, function (this: unknown, ...args: unknown[]) {
        return apply(method, this, args);
      });
    }
  }
}

function changeThem(): void {
  if (change === "frozen") freezeAll();
  else if (change === "wrapped") wrapAll();
  else for (const { prototype } of [Object, Array]) Reflect.set(prototype, "extra", "of a library");
}

async function codeOf(start: () => unknown): Promise<string> {
  try {
    await start();
    return "none";
  } catch (error) {
    const { code } = error as { code: string };
    return `${error instanceof SpawnError} ${code}`;
  }
}

if (when === "before") changeThem();
const { Command, SpawnError, spawn, spawnSync, start } = await import("ringspawn");
if (when === "after") changeThem();

const lines: unknown[] = [];
const options = { engine, stderr: "ignore", timeout: 20_000, env: { PATH: env["PATH"] ?? "", A: "b" } } as const;
const child = spawn(["sh", "-c", "cat; exit 3"], { ...options, stdin: "pipe", stdout: "pipe", cwd: "/" });
void child.stdin.write("input ");
void child.stdin.end();
lines.push((await child.stdout.text()) + String(await child.exited));
lines.push(new TextDecoder().decode(spawnSync(["printenv", "A"], options).stdout).trim());
lines.push((await new Command("head", { args: ["-c", "300000", "/dev/zero"], engine }).output()).stdout.byteLength);
lines.push((await start("sh", { args: ["-c", "exit 4"], engine }).status).code);
lines.push(await codeOf(() => spawn(["/no/such/program"], { engine })));
lines.push(await codeOf(() => spawn(["true"], { engine, signal: AbortSignal.abort() })));
lines.push(child.engine);
console.log(lines.join("\n"));
