/** Freezes the built-in prototypes, and tells which errors a failing spawn throws then. */
import { argv } from "node:process";
import { spawn, SpawnError } from "ringspawn";

const engine = argv[2] as "vfork";
Object.freeze(Error.prototype);
Object.freeze(TypeError.prototype);
Object.freeze(Array.prototype);
Object.freeze(Map.prototype);
Object.freeze(Promise.prototype);
for (const options of [{}, { signal: AbortSignal.abort() }]) {
  try {
    spawn(["/no/such/program"], { engine, ...options });
  } catch (error) {
    const { name, code } = error as Error & { code: string };
    console.log(`${error instanceof SpawnError} ${code}${name === "AbortError" ? ` ${name}` : ""}`);
  }
}
