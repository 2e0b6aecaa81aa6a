import type { Subprocess } from "ringspawn";
import { type Case, finished, type T } from "../harness.ts";
import { assert, children, leavesNothing, openFds, until, volume } from "../tools.ts";

async function atOnce(t: T, count: number): Promise<void> {
  const started: Subprocess<"pipe", "pipe", "ignore">[] = [];
  for (let i = 0; i < count; i++) {
    started.push(t.spawn([t.witness, "cat"], { stdin: "pipe", stdout: "pipe", stderr: "ignore" }));
  }
  assert.equal(children().size, count, "all of them live at once");
  assert.equal(new Set(started.map(({ pid }) => pid)).size, count);
  const results = started.map(async (child, i) => {
    const sink = child.stdin;
    void sink.write(`I am number ${i}`);
    void sink.end();
    return finished(child);
  });
  for (const [i, { code, stdout }] of (await Promise.all(results)).entries()) {
    assert.equal(code, 0);
    assert.equal(stdout, `I am number ${i}`);
  }
}

/** Runs `count` children, 32 at a time, and looks at fds and memory before and after. */
async function leak(t: T, count: number): Promise<void> {
  const some = async (): Promise<void> => {
    const { code, stdout } = await finished(
      t.spawn([t.witness, "both", "1"], { stdin: "ignore", stdout: "pipe", stderr: "ignore" }),
    );
    assert.equal(code, 0);
    assert.equal(stdout, "out 0\n");
  };
  const round = async (rounds: number): Promise<void> => {
    for (let left = rounds; left > 0; left -= 32) await Promise.all(Array.from({ length: Math.min(32, left) }, some));
  };
  await round(Math.max(100, count / 4));
  await leavesNothing(round, count);
}

const cases: Case[] = [
  {
    name: "100 children live at once and do not mix up their pipes",
    timeout: 20_000,
    run: (t) => atOnce(t, 100),
  },
  {
    name: "500 children live at once and do not mix up their pipes",
    slow: true,
    timeout: 60_000,
    run: (t) => atOnce(t, volume(500)),
  },
  {
    name: "300 failed starts (50 of the runtime's own) leave no fd and no child",
    async run(t) {
      const fds = openFds().size;
      for (let i = 0; i < volume(t.native ? 300 : 50); i++) {
        const error = t.fails(() => t.spawn(["/nope/x"], { stdin: "pipe", stdout: "pipe", stderr: "pipe" }));
        assert.equal(error.code, "ENOENT");
      }
      assert.equal(children().size, 0);
      // Some runtimes close handles one turn later.
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(openFds().size, fds);
    },
  },
  {
    name: "100 children of which nobody reads or closes a pipe leave no fd open, though their handles are kept",
    timeout: 20_000,
    async run(t) {
      const fds = openFds().size;
      const kept = [];
      for (let i = 0; i < volume(100); i++) {
        const child = t
          .command(t.witness, { args: ["both", "1"], stdin: "piped", stdout: "piped", stderr: "piped" })
          .spawn();
        const writer = child.stdin.getWriter();
        // The child may have ended by then.
        writer.write(Uint8Array.of(1)).catch(() => {});
        await child.status;
        kept.push({ child, writer });
      }
      await until("the pipes are closed", () => openFds().size <= fds);
      for (const { child, writer } of kept) {
        assert.equal(await child.stdout.text(), "out 0\n");
        assert.equal(await child.stderr.text(), "err 0\n");
        await assert.rejects(writer.write(Uint8Array.of(1)), { code: "EPIPE" });
      }
    },
  },
  {
    name: "1,000 spawns (200 of the runtime's own) leave no fd and no zombie",
    timeout: 30_000,
    run: (t) => leak(t, volume(t.native ? 1000 : 200)),
  },
  {
    name: "10,000 spawns (1,000 of the runtime's own) leave no fd, no zombie and no memory",
    slow: true,
    timeout: 240_000,
    run: (t) => leak(t, volume(t.native ? 10_000 : 1000)),
  },
];
export default cases;
