import type { DuplexPipe } from "ringspawn";
import { bytesOf, type Case, finished, type T, textOf } from "../harness.ts";
import { assert, Buffer, delay, fs, openFds, parent, path, patience, pattern, sha256, until } from "../tools.ts";

const MIB = 1024 * 1024;

/** The types of the runtimes' own lib do not know it yet. */
type ResizableBuffer = ArrayBuffer & { resize(length: number): void };
type ResizableBufferConstructor = new (length: number, options: { maxByteLength: number }) => ResizableBuffer;

/** Takes a chunk away in the middle of its write to this fd of the child: no byte may be lost and its write be done. */
async function changed(t: T, fd: 0 | 3): Promise<void> {
  const changes = {
    transferred: (buffer: ArrayBuffer) => void structuredClone(buffer, { transfer: [buffer] }),
    shrunk: (buffer: ArrayBuffer) => (buffer as ResizableBuffer).resize(1),
  };
  for (const [how, change] of Object.entries(changes)) {
    const gate = path.join(t.dir, how);
    const script = `until test -e "$0"; do sleep 0.01; done; wc -c <&${fd}`;
    const fds = fd === 3 ? { setup: { fds: { 3: { pipe: "both" } } } as const } : {};
    t.needs(fds);
    const options = {
      args: ["-c", script, gate],
      stdin: fd === 0 ? "piped" : "null",
      stdout: "piped",
      ...fds,
    } as const;
    const child = t.command("/bin/sh", options).spawn();
    const stdin = fd === 0 ? child.stdin : (child.fds[3] as DuplexPipe).writable;
    const buffer = new (ArrayBuffer as unknown as ResizableBufferConstructor)(MIB, { maxByteLength: MIB });
    const writer = stdin.getWriter();
    const writing = writer.write(new Uint8Array(buffer)).then(
      () => "done",
      (error: unknown) => error,
    );
    await delay(20);
    change(buffer);
    fs.writeFileSync(gate, "");
    const outcome = await writing;
    await writer.close().catch(() => {});
    const got = Number(await child.stdout.text());
    if (outcome === "done") assert.equal(got, MIB, how);
    else assert.ok(outcome instanceof Error && got < MIB, `${how}: ${String(outcome)}, and ${got} bytes came`);
  }
}

/** Bytes whose slice() is no copy, as that of a Buffer is none. */
class Aliased extends Uint8Array<ArrayBuffer> {
  override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
    return this.subarray(start, end);
  }
}

const cases: Case[] = [
  {
    name: "a chunk that is transferred or shrunk while it is written arrives whole, or its write rejects",
    run: (t) => changed(t, 0),
  },
  {
    name: "so does a chunk that is written to a pair of sockets",
    run: (t) => changed(t, 3),
  },
  {
    name: "8 MiB come out of the child byte for byte",
    async run(t) {
      const child = t.spawn([t.witness, "write", String(8 * MIB)], { stdin: "ignore", stdout: "pipe" });
      const bytes = await bytesOf(child.stdout);
      assert.equal(bytes.length, 8 * MIB);
      assert.equal(sha256(bytes), sha256(pattern(8 * MIB)));
      assert.equal(await child.exited, 0);
    },
  },
  {
    name: "the last bytes of a child do not wait for a silent process that has its stdout, however much was read",
    async run(t) {
      const size = MIB + 40_000;
      const script = `sleep 30 2>/dev/null & echo $! >&2; head -c ${size} /dev/zero`;
      const child = t.spawn(["sh", "-c", script], { stdout: "pipe", stderr: "pipe", lazy: true });
      const reader = child.stdout.getReader();
      let total = 0;
      const read = async (): Promise<void> => void (total += (await reader.read()).value?.length ?? 0);
      // So slowly that no read ever waits for the child.
      for (; total < MIB; await delay(5)) await read();
      assert.equal(await child.exited, 0);
      while (total < size) await read();
      const silent = Number(await textOf(child.stderr));
      assert.ok(parent.kill(silent, "SIGKILL"), "it has ended before the last bytes came");
      assert.ok((await reader.read()).done);
    },
  },
  {
    name: "8 MiB go through the child and come back",
    async run(t) {
      const child = t.command(t.witness, { args: ["cat"], stdin: "piped", stdout: "piped" }).spawn();
      const bytes = pattern(8 * MIB);
      const writer = child.stdin.getWriter();
      const reading = bytesOf(child.stdout);
      for (let at = 0; at < bytes.length; at += 100_003) await writer.write(bytes.subarray(at, at + 100_003));
      await writer.close();
      assert.equal(sha256(await reading), sha256(bytes));
      assert.ok((await child.status).success);
    },
  },
  {
    name: "one write of 8 MiB to the stdin of spawn arrives whole",
    async run(t) {
      const child = t.spawn([t.witness, "cat"], { stdin: "pipe", stdout: "pipe" });
      const bytes = pattern(8 * MIB);
      const sink = child.stdin;
      void sink.write(bytes);
      void sink.end();
      assert.equal(sha256(await bytesOf(child.stdout)), sha256(bytes));
      assert.equal(await child.exited, 0);
    },
  },
  {
    name: "a Uint8Array as stdin is what the child reads",
    async run(t) {
      const bytes = pattern(300_000);
      const child = t.spawn([t.witness, "cat"], { stdin: bytes, stdout: "pipe" });
      assert.equal(sha256(await bytesOf(child.stdout)), sha256(bytes));
      assert.equal(await child.exited, 0);
    },
  },
  {
    name: "bytes that were given or written are the caller's again at once, of whichever class of arrays they are",
    async run(t) {
      const gate = path.join(t.dir, "gate");
      const cmd = ["/bin/sh", "-c", 'until test -e "$0"; do sleep 0.01; done; cat', gate];
      const expected = sha256(pattern(MIB));
      const arrays = [pattern(MIB), Buffer.from(pattern(MIB)), Aliased.from(pattern(MIB))];
      const outputs = arrays.flatMap((bytes) => {
        const given = t.spawn(cmd, { stdin: bytes, stdout: "pipe" });
        const written = t.spawn(cmd, { stdin: "pipe", stdout: "pipe" });
        void written.stdin.write(bytes);
        void written.stdin.end();
        bytes.fill(0);
        return [bytesOf(given.stdout), bytesOf(written.stdout)];
      });
      fs.writeFileSync(gate, "");
      for (const bytes of await Promise.all(outputs)) assert.equal(sha256(bytes), expected);
    },
  },
  {
    name: "a stream as stdin is what the child reads",
    async run(t) {
      const stdin = new Response("from a stream").body as ReadableStream<Uint8Array>;
      const child = t.spawn([t.witness, "cat"], { stdin, stdout: "pipe" });
      assert.equal((await finished(child)).stdout, "from a stream");
    },
  },
  {
    name: "a stream given as stdin may throw at its cancel, and an abort signal at the end: the child ends as any",
    async run(t) {
      const fail = (): never => {
        throw new Error("no");
      };
      const reader = { read: () => new Promise(() => {}), cancel: fail };
      const stdin = { locked: false, getReader: () => reader } as unknown as ReadableStream<Uint8Array>;
      const { signal } = new AbortController();
      let removed = 0;
      signal.removeEventListener = () => {
        removed++;
        fail();
      };
      const child = t.spawn([t.witness, "exit", "3"], { stdin, stdout: "ignore", signal, timeout: 60_000 });
      assert.equal(await child.exited, 3);
      assert.equal(removed, 1);
    },
  },
  {
    name: "stdout and stderr do not mix in output()",
    async run(t) {
      const { stdout, stderr } = await t.command(t.witness, { args: ["both", "2000"] }).output();
      const lines = (word: string): string => Array.from({ length: 2000 }, (_, i) => `${word} ${i}\n`).join("");
      assert.equal(new TextDecoder().decode(stdout), lines("out"));
      assert.equal(new TextDecoder().decode(stderr), lines("err"));
    },
  },
  {
    name: "a stream has text(), json(), bytes() and arrayBuffer()",
    async run(t) {
      const start = (...args: string[]): ReturnType<InstanceType<typeof t.Command>["spawn"]> =>
        t.command(t.witness, { args, stdin: "null", stdout: "piped" }).spawn();
      const text = start("both", "1");
      assert.equal(await text.stdout.text(), "out 0\n");
      const json = start();
      assert.equal(((await json.stdout.json()) as { pid: number }).pid, json.pid);
      const bytes = start("write", "5000");
      assert.equal(sha256(await bytes.stdout.bytes()), sha256(pattern(5000)));
      const buffer = start("write", "5000");
      assert.equal((await buffer.stdout.arrayBuffer()).byteLength, 5000);
      await Promise.all([text, json, bytes, buffer].map((child) => child.status));
    },
  },
  {
    name: "output of a child that has ended stays readable",
    async run(t) {
      const child = t.command(t.witness, { args: ["write", "30000"], stdout: "piped" }).spawn();
      await child.status;
      await delay(50);
      assert.equal((await child.stdout.bytes()).length, 30_000);
    },
  },
  {
    name: "Command does not read ahead: a child whose output is not read blocks",
    async run(t) {
      const child = t.command(t.witness, { args: ["write", String(4 * MIB)], stdout: "piped" }).spawn();
      let ended = false;
      void child.status.then(() => (ended = true));
      await delay(200);
      assert.equal(ended, false, "4 MiB went somewhere although they were not read");
      assert.equal(sha256(await child.stdout.bytes()), sha256(pattern(4 * MIB)));
      assert.ok((await child.status).success);
    },
  },
  {
    name: "spawn reads ahead: a child whose output is not read ends",
    async run(t) {
      const child = t.spawn([t.witness, "write", String(4 * MIB)], { stdin: "ignore", stdout: "pipe" });
      assert.equal(await child.exited, 0);
      assert.equal(sha256(await bytesOf(child.stdout)), sha256(pattern(4 * MIB)));
    },
  },
  {
    name: "spawn with lazy does not read ahead: a child whose output is not read blocks",
    async run(t) {
      const child = t.spawn([t.witness, "write", String(4 * MIB)], { stdin: "ignore", stdout: "pipe", lazy: true });
      await delay(200);
      assert.equal(child.exitCode, null);
      assert.equal((await bytesOf(child.stdout)).length, 4 * MIB);
      assert.equal(await child.exited, 0);
    },
  },
  {
    name: "a cancelled stdout is closed: the child's next write fails, into a pipe with SIGPIPE",
    async run(t) {
      const args = ["write", String(64 * MIB)];
      const child = t.command(t.witness, { args, stdout: "piped", stderr: "null" }).spawn();
      const reader = child.stdout.getReader();
      await reader.read();
      await reader.cancel();
      const { signal, code } = await child.status;
      // A socket that is closed with bytes unread says ECONNRESET instead, and the witness then exits with 99.
      if (t.api.pipes === "pipe") assert.equal(signal, "SIGPIPE");
      else assert.ok(signal === "SIGPIPE" || code === 99, `signal ${String(signal)}, code ${code}`);
    },
  },
  {
    name: "a write to a child that has closed its stdin rejects with EPIPE, and does no harm",
    async run(t) {
      const child = t.command(t.witness, { args: ["read", "10"], stdin: "piped", stdout: "piped" }).spawn();
      const writer = child.stdin.getWriter();
      writer.closed.catch(() => {});
      await assert.rejects(
        async () => {
          for (let i = 0; i < 64; i++) await writer.write(new Uint8Array(65536));
        },
        (error: unknown) => (error as { code?: string }).code === "EPIPE",
      );
      assert.equal(await child.stdout.text(), "10\n");
      assert.ok((await child.status).success);
      await writer.close().catch(() => {});
    },
  },
  {
    name: "a write to the stdin of spawn after the child's end does not throw",
    async run(t) {
      const child = t.spawn([t.witness, "exit", "0"], { stdin: "pipe", stdout: "ignore" });
      const sink = child.stdin;
      await child.exited;
      void sink.write("too late");
      await sink.flush();
      await sink.end();
    },
  },
  {
    name: "a stdin of spawn that is never ended is closed when the child ends",
    async run(t) {
      const before = openFds().size;
      for (let i = 0; i < 5; i++) {
        const child = t.spawn([t.witness, "exit", "0"], { stdin: "pipe", stdout: "ignore" });
        assert.ok(child.stdin);
        await child.exited;
      }
      await until("no fd more is open", () => openFds().size === before);
    },
  },
  {
    name: "what is written comes to a process that reads the same stdin after the child's end",
    async run(t) {
      const [gate, result] = ["gate", "result"].map((name) => path.join(t.dir, name)) as [string, string];
      const reads = `until test -e "$0"; do sleep 0.01; done; wc -c <&3 >"$1.new"; mv "$1.new" "$1"`;
      const args = ["-c", `exec 3<&0; (${reads}) & exit 0`, gate, result];
      const child = t.command("/bin/sh", { args, stdin: "piped", stdout: "null" }).spawn();
      const writer = child.stdin.getWriter();
      const writing = writer.write(new Uint8Array(MIB)).then(
        () => "written",
        (error: unknown) => error,
      );
      assert.ok((await child.status).success);
      fs.writeFileSync(gate, "");
      assert.equal(await writing, "written");
      await writer.close();
      await until("the process has read to the end", () => fs.existsSync(result));
      assert.equal(Number(fs.readFileSync(result, "utf8")), MIB);
    },
  },
  {
    name: "the child sees the end of its stdin, with and without data before it",
    async run(t) {
      for (const text of ["", "x", "some\n"]) {
        const child = t.command(t.witness, { args: ["cat"], stdin: "piped", stdout: "piped" }).spawn();
        const writer = child.stdin.getWriter();
        if (text !== "") await writer.write(new TextEncoder().encode(text));
        await writer.close();
        assert.equal(await child.stdout.text(), text);
        await child.status;
      }
    },
  },
  {
    name: "the child sees the end of its stdin although other children were started meanwhile",
    async run(t) {
      // The end of one child's pipe must not leak into another child, which would hold it open.
      const first = t.command(t.witness, { args: ["cat"], stdin: "piped", stdout: "piped" }).spawn();
      const sleeper = [t.witness, "sleep", String(patience(1500))];
      const others = Array.from({ length: 5 }, () => t.spawn(sleeper, { stdout: "ignore" }));
      const start = performance.now();
      await first.stdin.close();
      assert.equal(await first.stdout.text(), "");
      await first.status;
      assert.ok(performance.now() - start < patience(1000), "it waited for the others");
      for (const child of others) child.kill("SIGKILL");
      await Promise.all(others.map((child) => child.exited));
    },
  },
  {
    name: "the parent sees the end of stdout when the child closes it, before the child ends",
    async run(t) {
      const args = ["closed", "250"];
      const child = t.command(t.witness, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
      let ended = false;
      void child.status.then(() => (ended = true));
      assert.equal(await child.stdout.text(), "");
      assert.equal(await child.stderr.text(), "");
      assert.equal(ended, false);
      await child.status;
    },
  },
  {
    name: "the first bytes of a child come while it runs",
    async run(t) {
      const child = t.spawn([t.witness, "ignore-term"], { stdin: "ignore", stdout: "pipe" });
      const reader = (child.stdout as ReadableStream<Uint8Array>).getReader();
      assert.equal(new TextDecoder().decode((await reader.read()).value), "ready\n");
      assert.equal(child.exitCode, null);
      child.kill("SIGKILL");
      await until("it ended", () => child.signalCode === "SIGKILL");
      await reader.cancel();
    },
  },
  {
    name: "a write that nobody reads is EPIPE and no signal, though SIGPIPE has its default action",
    async run(t) {
      const { code, signal, stdout, stderr } = await t.program("sigpipe");
      assert.deepEqual([code, signal], [0, null], stderr);
      assert.deepEqual(JSON.parse(stdout), { ran: t.ENGINE, written: "EPIPE", last: "EPIPE" });
    },
  },
];
export default cases;
