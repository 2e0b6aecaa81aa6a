/** Ten thousand children, and a gigabyte in each direction: no memory grows, and no byte is lost. */
import { createHash } from "node:crypto";
import { test } from "node:test";
import { Command, type EngineName, spawn, spawnSync } from "ringspawn";
import { assert, delay, fs, path, tmpdir } from "../tools.ts";
import { held, rss } from "./self.ts";

const MB = 1024 * 1024;
const GB = 1024 * MB;
/** The memory that Bun may need for itself while much data goes through it. */
const ROOM = 100 * MB;
const LONG = { timeout: 240_000 };

const block: Uint8Array<ArrayBuffer> = crypto.getRandomValues(new Uint8Array(65_536));

/** The hash of a gigabyte of `pattern`, as sha256sum(1) prints it. */
function hashOf(block: Uint8Array): string {
  const hash = createHash("sha256");
  for (let left = GB; left > 0; left -= block.length) hash.update(block);
  return hash.digest("hex");
}

const ENGINES: readonly EngineName[] = ["vfork", "runtime"];

for (const engine of ENGINES) {
  void test(`${engine}: 10,000 children, one after the other, 64 at once, and blocking`, LONG, async () => {
    const one = async (): Promise<void> => {
      const child = spawn(["/bin/cat"], { engine, stdin: "pipe", stderr: "pipe" });
      void child.stdin.write("x");
      void child.stdin.end();
      const [code, out, err] = await Promise.all([child.exited, child.stdout.text(), child.stderr.text()]);
      assert.deepEqual([code, out, err], [0, "x", ""]);
    };
    const round = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await one();
      for (let i = 0; i < count; i += 64) await Promise.all(Array.from({ length: 64 }, one));
      for (let i = 0; i < count; i++) assert.equal(spawnSync(["/bin/echo", "x"], { engine }).exitCode, 0);
    };
    await round(640);
    await delay(200);
    const before = held();
    // Bun's heap grows now and then by itself; a leak makes every round grow. Hence more rounds where all have grown.
    let [memory, least] = [rss(), Infinity];
    for (let i = 0; i < 3 || (i < 6 && least >= 5 * MB); i++) {
      await round(1140);
      const now = rss();
      [memory, least] = [now, Math.min(least, now - memory)];
    }
    // An fd that is closed a moment later is no leak, and one of the first look may have been closed since.
    const end = Date.now() + 2000;
    while ((held().fds > before.fds || held().children > 0) && Date.now() < end) await delay(20);
    const now = held();
    assert.equal(now.children, 0);
    assert.ok(now.fds <= before.fds, `${before.fds} fds have become ${now.fds}`);
    assert.ok(now.threads <= before.threads + 2, `threads grew from ${before.threads} to ${now.threads}`);
    assert.ok(least < 5 * MB, `RSS grew by ${least / MB} MB with each 3420 children`);
  });

  void test(`${engine}: a gigabyte of stdout, byte for byte`, LONG, async () => {
    const dir = fs.mkdtempSync(path.join(tmpdir(), "ringspawn-gb-"));
    const file = path.join(dir, "block");
    fs.writeFileSync(file, block);
    const script = `exec cat $(yes ${file} | head -n ${GB / block.length})`;
    const child = spawn(["sh", "-c", script], { engine, lazy: true });
    const hash = createHash("sha256");
    const least = rss();
    let [total, most] = [0, least];
    for await (const chunk of child.stdout) {
      hash.update(chunk);
      total += chunk.length;
      if (total % (16 * MB) < chunk.length) most = Math.max(most, rss());
    }
    fs.rmSync(dir, { recursive: true });
    assert.deepEqual([total, await child.exited, hash.digest("hex")], [GB, 0, hashOf(block)]);
    assert.ok(most - least < ROOM, `RSS grew by ${(most - least) / MB} MB`);
  });

  void test(`${engine}: a gigabyte of stdin, byte for byte`, LONG, async () => {
    const child = spawn(["sha256sum"], { engine, stdin: "pipe" });
    const least = rss();
    let most = least;
    for (let sent = 0; sent < GB; sent += block.length) {
      await child.stdin.write(block);
      if (sent % (16 * MB) === 0) most = Math.max(most, rss());
    }
    await child.stdin.end();
    assert.equal((await child.stdout.text()).slice(0, 64), hashOf(block));
    assert.ok(most - least < ROOM, `RSS grew by ${(most - least) / MB} MB`);
  });

  void test(`${engine}: a child that writes a gigabyte which nobody reads`, LONG, async () => {
    const memory = rss();
    const command = new Command("head", { args: ["-c", String(GB), "/dev/zero"], stdout: "piped", engine });
    const child = command.spawn();
    // A reader that stops after a little must not make a difference.
    const reader = command.spawn();
    const { value } = await reader.stdout.getReader().read();
    assert.ok((value?.length ?? 0) > 0, "nothing came");
    await delay(1000);
    const more = rss() - memory;
    assert.ok(more < 50 * MB, `RSS grew by ${more / MB} MB`);
    for (const one of [child, reader]) {
      one.kill("SIGKILL");
      assert.equal((await one.status).signal, "SIGKILL");
    }
    await child.stdout.cancel();
  });

  void test(`${engine}: pipes beyond 2 that nobody uses are closed when they are collected`, async () => {
    const fds = { 3: { pipe: "out" }, 4: { pipe: "in" } } as const;
    const one = async (): Promise<void> => {
      const { status } = new Command("sh", { args: ["-c", "echo x >&3"], engine, setup: { fds } }).spawn();
      await status;
    };
    await one();
    const before = held().fds;
    for (let i = 0; i < 50; i++) await one();
    const end = Date.now() + 5000;
    while (held().fds > before && Date.now() < end) {
      rss();
      await delay(20);
    }
    assert.ok(held().fds <= before, `${before} fds have become ${held().fds}`);
  });
}
