/** Ten thousand children, and a gigabyte in each direction: no memory grows, and no byte is lost. */
import { createHash } from "node:crypto";
import { Command } from "ringspawn";
import { check, deno, equal } from "./run.ts";
import type { Measured } from "./programs/flat.ts";
import { rss } from "./self.ts";

const MB = 1024 * 1024;
const GB = 1024 * MB;

/** The memory that Deno may need for itself while much data goes through it. */
const ROOM = 150 * MB;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The hash of a gigabyte of `pattern`, as sha256sum(1) prints it. */
function hashOf(pattern: Uint8Array): string {
  const hash = createHash("sha256");
  for (let left = GB; left > 0; left -= pattern.length) hash.update(pattern);
  return hash.digest("hex");
}

const pattern: Uint8Array<ArrayBuffer> = crypto.getRandomValues(new Uint8Array(65_536));

Deno.test("10,000 children, one after the other and 64 at once", async () => {
  const { code, stdout, stderr } = await deno(["run", "-A", "--v8-flags=--expose-gc", "./programs/flat.ts"]);
  equal([code, stderr], [0, ""]);
  const { before, after } = JSON.parse(stdout) as Record<"before" | "after", Measured>;
  equal([after.fds, after.children], [before.fds, 0]);
  check(after.threads <= before.threads, `threads grew from ${before.threads} to ${after.threads}`);
  // The heap shows a leak of two hundred bytes a child, RSS one of two pages.
  check(after.heap < before.heap + 2 * MB, `the heap grew from ${before.heap / MB} to ${after.heap / MB} MB`);
  check(after.rss < before.rss + 80 * MB, `RSS grew from ${before.rss / MB} to ${after.rss / MB} MB`);
});

Deno.test("a gigabyte of stdout, byte for byte", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeFile(file, pattern);
  const script = `exec cat $(yes ${file} | head -n ${GB / pattern.length})`;
  const child = new Command("sh", { args: ["-c", script], stdout: "piped", engine: "vfork" }).spawn();
  const hash = createHash("sha256");
  let [total, most] = [0, rss()];
  const least = most;
  for await (const chunk of child.stdout) {
    hash.update(chunk);
    total += chunk.length;
    if (total % (16 * MB) < chunk.length) most = Math.max(most, rss());
  }
  await Deno.remove(file);
  equal([total, (await child.status).code, hash.digest("hex")], [GB, 0, hashOf(pattern)]);
  check(most - least < ROOM, `RSS grew by ${(most - least) / MB} MB`);
});

Deno.test("a gigabyte of stdin, byte for byte", async () => {
  const child = new Command("sha256sum", { stdin: "piped", stdout: "piped", engine: "vfork" }).spawn();
  const writer = child.stdin.getWriter();
  let most = rss();
  const least = most;
  for (let sent = 0; sent < GB; sent += pattern.length) {
    await writer.write(pattern);
    if (sent % (16 * MB) === 0) most = Math.max(most, rss());
  }
  await writer.close();
  equal((await child.stdout.text()).slice(0, 64), hashOf(pattern));
  check(most - least < ROOM, `RSS grew by ${(most - least) / MB} MB`);
});

for (const engine of ["vfork", "runtime"] as const) {
  Deno.test(`${engine}: a child that writes a gigabyte which nobody reads`, async () => {
    const memory = rss();
    const args = ["-c", String(GB), "/dev/zero"];
    const child = new Command("head", { args, stdout: "piped", engine }).spawn();
    // A reader that stops after a little must not make a difference.
    const reader = new Command("head", { args, stdout: "piped", engine }).spawn();
    const { value } = await reader.stdout.getReader().read();
    check((value?.length ?? 0) > 0, "nothing came");
    await pause(1000);
    check(rss() - memory < 50 * MB, `RSS grew by ${(rss() - memory) / MB} MB`);
    for (const one of [child, reader]) {
      one.kill("SIGKILL");
      equal((await one.status).signal, "SIGKILL");
    }
    await child.stdout.cancel();
  });
}
