/** Workers that end while children run and reads are under way leave nothing behind. */
import { Command } from "ringspawn";
import { check, equal } from "./run.ts";
import { held } from "./self.ts";

/** The part of the web's Worker that is used, since no library here has its types. */
interface WebWorker {
  onmessage: (event: { readonly data: unknown }) => void;
  onerror: (event: { readonly message: string }) => void;
  terminate(): void;
}
const { Worker } = globalThis as unknown as {
  Worker: new (url: string | URL, options: { readonly type: "module"; readonly name?: string }) => WebWorker;
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function worker(end: "close" | "terminate"): Promise<unknown> {
  const worker = new Worker(new URL("./programs/worker.ts", import.meta.url), { type: "module", name: end });
  const said = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  if (end === "terminate") worker.terminate();
  return said;
}

for (const end of ["close", "terminate"] as const) {
  Deno.test(`workers that ${end === "close" ? "close themselves" : "are terminated"} leave nothing`, async () => {
    const rounds = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) equal(await worker(end), ["vfork", 0]);
    };
    // The first workers make Deno open what it then keeps.
    await rounds(4);
    const after = async (): Promise<ReturnType<typeof held>> => {
      await pause(800);
      // The next spawn reaps the children of a worker that has ended.
      await new Command("true").spawn().status;
      return held();
    };
    const before = await after();
    await rounds(12);
    const now = await after();
    check(now.fds <= before.fds + 2 && now.threads <= before.threads + 2, Deno.inspect({ before, now }));
    equal(now.children, 0);
  });
}

Deno.test("a variable set in Deno reaches the child, also from a worker", async () => {
  Deno.env.set("ORACLE_MAIN", "main");
  const program = `
    import { Command } from ${JSON.stringify(import.meta.resolve("ringspawn"))};
    Deno.env.set("ORACLE_WORKER", "worker");
    const { stdout } = new Command("sh", { args: ["-c", "echo $ORACLE_MAIN $ORACLE_WORKER"] }).outputSync();
    self.postMessage(new TextDecoder().decode(stdout));
  `;
  const url = URL.createObjectURL(new Blob([program], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  equal(await new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data))), "main worker\n");
  worker.terminate();
  const { stdout } = await new Command("sh", { args: ["-c", "echo $ORACLE_MAIN $ORACLE_WORKER"] }).output();
  equal(new TextDecoder().decode(stdout), "main worker\n");
});
