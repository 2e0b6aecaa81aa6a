/** Workers with fewer permissions than the program, which has them all. */
import { openSync } from "node:fs";

interface Narrow {
  onmessage: (event: { readonly data: string }) => void;
  onerror: (event: { readonly message: string }) => void;
  postMessage(message: unknown): void;
  terminate(): void;
}
type Permissions = Readonly<Record<string, unknown>>;
const { Worker } = globalThis as unknown as {
  Worker: new (url: URL, options: { type: "module"; deno: { permissions: Permissions } }) => Narrow;
};
const [library] = Deno.args;

async function attempt(name: string, permissions: Permissions, options: object = {}): Promise<string> {
  const url = new URL("./narrow-worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module", deno: { permissions } });
  const said = await new Promise<string>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve(message);
    worker.postMessage(options);
  });
  worker.terminate();
  return `${name}: ${said}`;
}

const native = { ffi: [library], env: true };
const file = { setup: { fds: { 3: { file: "/etc/passwd" } } } };
console.log(await attempt("nothing", { env: true }));
console.log(await attempt("all may run", { run: true, env: true }));
console.log(await attempt("all may run, native", { run: true, ...native }));
console.log(await attempt("one may run, native", { run: ["/bin/true"], ...native }));
console.log(await attempt("another may run", { run: ["/bin/false"], ...native }));
console.log(await attempt("a file", { run: true, ...native }, file));
const stdin = openSync("/etc/passwd", "r");
const foreign = await attempt("an fd of the program's", { run: true, ...native }, { stdin });
console.log(foreign.replace(/NotCapable Requires all access to "\/proc\/self\/fd\/\d+".*/, "refused"));
