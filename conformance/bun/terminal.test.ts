/** Terminals that a program has opened by Bun itself: only Bun's own spawn can give them to a child. */
import { test } from "node:test";
import { spawn, SpawnError, Terminal } from "ringspawn";
import { assert, openFds, until } from "../tools.ts";

const { Bun: bun } = globalThis as unknown as { Bun: { readonly Terminal: typeof Terminal } };

void test("a Bun.Terminal is taken by Bun's own spawn, twice, and stays Bun's", async () => {
  let text = "";
  const terminal = new bun.Terminal({ data: (_, bytes) => (text += new TextDecoder().decode(bytes)), cols: 90 });
  for (const engine of [undefined, "auto", ["vfork", "runtime"], "runtime"] as const) {
    const child = spawn(["/bin/sh", "-c", "stty size; exit 4"], { terminal, ...(engine && { engine }) });
    assert.equal(child.engine, "runtime");
    assert.equal(child.terminal, terminal);
    assert.deepEqual([child.stdin, child.stdout, child.stderr], [null, null, null]);
    assert.equal(await child.exited, 4);
  }
  await until("it has come", () => text === "24 90\r\n".repeat(4));
  assert.equal(terminal.closed, false);
  terminal.close();
});

void test("an engine of ringspawn refuses it by name, and starts nothing", () => {
  const terminal = new bun.Terminal({});
  try {
    spawn(["/bin/true"], { terminal, engine: "vfork" });
    assert.fail("it was started");
  } catch (error) {
    assert.ok(error instanceof SpawnError);
    assert.equal(error.code, "ENOTSUP");
    assert.match(error.message, /vfork: terminal: .*runtime's own spawn\); runtime could/);
  }
  terminal.close();
});

void test("what Bun refuses of it, Bun tells", async () => {
  const terminal = new bun.Terminal({});
  terminal.close();
  assert.throws(() => spawn(["/bin/true"], { terminal }), /terminal is closed/);
  const inline = spawn(["/bin/true"], { terminal: {}, engine: "runtime" });
  assert.ok(inline.terminal instanceof Terminal);
  assert.equal(await inline.exited, 0);
  inline.terminal.close();
});

void test("a Terminal that Bun's spawn has opened is closed with its handle", async () => {
  const before = openFds().size;
  const terminal = new Terminal({ engine: "runtime" });
  assert.equal(terminal.engine, "runtime");
  assert.equal(await spawn(["/bin/true"], { terminal }).exited, 0);
  assert.throws(() => spawn(["/bin/true"], { terminal, engine: "vfork" }), /vfork: terminal: /);
  terminal.close();
  await until("no fd stays", () => openFds().size <= before);
});
