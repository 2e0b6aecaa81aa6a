import type { NormalSetup, SetupKey, Slot, SpawnRequest } from "@ringspawn/core/seam";
import { describe, expect, it } from "vitest";
import {
  ABI,
  EXECUTOR,
  FLAG,
  LIMIT,
  LIMIT_SET,
  LIMIT_SIZE,
  OPEN,
  REQUEST,
  REQUEST_SIZE,
  SET,
  SLOT,
  SLOT_FLAGS,
  SLOT_KIND,
  SLOT_SIZE,
  SPAN,
} from "./abi.gen.js";
import { Block } from "./block.js";
import { encode } from "./encode.js";

const SIGNALS = { default: 0n, ignore: 0n, mask: 0n };

const NULLS: readonly Slot[] = [0, 1, 2].map((target) => ({ target, kind: "null" }));

function request(more: Partial<SpawnRequest> = {}): SpawnRequest {
  return {
    file: "true",
    argv: ["true"],
    candidates: ["/bin/true"],
    envIsAdded: false,
    env: {},
    cwd: undefined,
    slots: NULLS,
    shellFallback: false,
    killSignal: undefined,
    setup: { signals: SIGNALS },
    given: [],
    engines: ["vfork"],
    ...more,
  };
}

/** An encoded request, to be looked into. */
class Encoded {
  readonly #view: DataView;
  readonly bytes: Uint8Array;

  constructor(of: SpawnRequest, block = new Block()) {
    const length = encode(block, "vfork", of, of.env);
    this.bytes = block.bytes.slice(0, length);
    this.#view = new DataView(this.bytes.buffer);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, true);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  i32(at: number): number {
    return this.#view.getInt32(at, true);
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(at, true);
  }

  /** Where each row of a table begins. */
  rows(span: number, size: number): number[] {
    const [offset, count] = [this.u32(span + SPAN.offset), this.u32(span + SPAN.count)];
    expect(offset % Math.min(size, 8)).toBe(0);
    expect(offset + count * size).toBeLessThanOrEqual(this.bytes.length);
    return Array.from({ length: count }, (_, i) => offset + i * size);
  }

  string(at: number): string | undefined {
    const offset = this.u32(at);
    if (offset === 0) return undefined;
    expect(offset).toBeGreaterThanOrEqual(REQUEST_SIZE);
    return new TextDecoder().decode(this.bytes.subarray(offset, this.bytes.indexOf(0, offset)));
  }

  strings(span: number): (string | undefined)[] {
    return this.rows(span, 4).map((row) => this.string(row));
  }
}

describe("a request", () => {
  it("has what runs, and its environment", () => {
    const text = "ä€😀".repeat(100);
    const encoded = new Encoded(
      request({ argv: ["a", "", text], candidates: ["/x/a", "/y/a"], env: { A: "1", B: text }, cwd: "/tmp" }),
    );
    expect(encoded.u32(REQUEST.size)).toBe(REQUEST_SIZE);
    expect(encoded.u32(REQUEST.abi)).toBe(ABI);
    expect(encoded.u32(REQUEST.executor)).toBe(EXECUTOR.vfork);
    expect(encoded.strings(REQUEST.argv)).toEqual(["a", "", text]);
    expect(encoded.strings(REQUEST.candidates)).toEqual(["/x/a", "/y/a"]);
    expect(encoded.strings(REQUEST.envp)).toEqual(["A=1", `B=${text}`]);
    expect(encoded.string(REQUEST.cwd)).toBe("/tmp");
    expect(encoded.u32(REQUEST.flags)).toBe(0);
    expect(encoded.u32(REQUEST.set)).toBe(0);
  });

  it("inherits the environment by a flag", () => {
    const encoded = new Encoded(request({ env: undefined, shellFallback: true }));
    expect(encoded.u32(REQUEST.flags)).toBe(FLAG.inheritEnv | FLAG.shellFallback);
    expect(encoded.strings(REQUEST.envp)).toEqual([]);
  });

  it("is the same in a block that held another one", () => {
    const block = new Block();
    const large = request({ argv: Array.from({ length: 5000 }, (_, i) => `argument ${i}`) });
    expect(new Encoded(large, block).strings(REQUEST.argv)).toEqual(large.argv);
    expect(new Encoded(request(), block).bytes).toEqual(new Encoded(request()).bytes);
  });

  it("has each kind of slot", () => {
    const file = { kind: "file", path: "/etc/passwd", open: "a+", mode: 0o640 } as const;
    const encoded = new Encoded(
      request({
        slots: [
          { target: 0, kind: "null" },
          { target: 1, kind: "fd", fd: 7, given: false },
          { target: 2, kind: "pipe", direction: "in", raw: false },
          { target: 3, kind: "pipe", direction: "out", raw: false },
          { target: 9, ...file },
          { target: 10, kind: "socket", raw: false },
          { target: 11, kind: "pty", rows: 24, cols: 65_535, raw: false },
        ],
      }),
    );
    const rows = encoded.rows(REQUEST.slots, SLOT_SIZE);
    expect(rows.map((row) => [encoded.u32(row + SLOT.target), encoded.u32(row + SLOT.kind)])).toEqual([
      [0, SLOT_KIND.null],
      [1, SLOT_KIND.fd],
      [2, SLOT_KIND.pipeIn],
      [3, SLOT_KIND.pipeOut],
      [9, SLOT_KIND.file],
      [10, SLOT_KIND.socket],
      [11, SLOT_KIND.pty],
    ]);
    expect(rows.map((row) => encoded.u32(row + SLOT.flags))).toEqual(rows.map(() => 0));
    expect([encoded.u16(rows[6]! + SLOT.rows), encoded.u16(rows[6]! + SLOT.cols)]).toEqual([24, 65_535]);
    expect(encoded.i32(rows[1]! + SLOT.fd)).toBe(7);
    expect(encoded.string(rows[4]! + SLOT.path)).toBe(file.path);
    expect(encoded.u32(rows[4]! + SLOT.openFlags)).toBe(OPEN.O_RDWR | OPEN.O_CREAT | OPEN.O_APPEND);
    expect(encoded.u32(rows[4]! + SLOT.mode)).toBe(file.mode);
  });
});

it("has the flags of slots", () => {
  const encoded = new Encoded(
    request({
      slots: [
        { target: 3, kind: "pipe", direction: "in", raw: true },
        { target: 4, kind: "pipe", direction: "out", raw: true },
        { target: 5, kind: "socket", raw: true },
        { target: 6, kind: "pty", rows: 1, cols: 2, raw: true },
        { target: 7, kind: "fd", fd: 9, given: true },
      ],
    }),
  );
  const rows = encoded.rows(REQUEST.slots, SLOT_SIZE);
  const { raw, given } = SLOT_FLAGS;
  expect(rows.map((row) => encoded.u32(row + SLOT.flags))).toEqual([raw, raw, raw, raw, given]);
});

/** For each key: what it is in a request, and how that looks in the block. */
const KEYS: {
  readonly [K in SetupKey]-?: readonly [Partial<NormalSetup>, (encoded: Encoded) => unknown, unknown];
} = {
  session: [{ session: true }, (e) => e.u32(REQUEST.flags), FLAG.session],
  processGroup: field({ processGroup: 5 }, SET.processGroup, REQUEST.processGroup, 5),
  controllingTerminal: field({ controllingTerminal: 3 }, SET.controllingTerminal, REQUEST.controllingTerminal, 3),
  uid: field({ uid: 4_294_967_294 }, SET.uid, REQUEST.uid, -2),
  gid: field({ gid: 9 }, SET.gid, REQUEST.gid, 9),
  groups: [
    { groups: [1, 2, 4_294_967_294] },
    (e) => [e.u32(REQUEST.set), e.rows(REQUEST.groups, 4).map((row) => e.u32(row))],
    [SET.groups, [1, 2, 4_294_967_294]],
  ],
  umask: field({ umask: 0o27 }, SET.umask, REQUEST.umask, 0o27),
  priority: field({ priority: -20 }, SET.priority, REQUEST.priority, -20),
  ioPriority: field({ ioPriority: 0x4007 }, SET.ioPriority, REQUEST.ioPriority, 0x4007),
  affinity: [
    { affinity: [0, 9, 15] },
    (e) => e.rows(REQUEST.affinity, 1).map((row) => e.bytes[row]),
    [0b0000_0001, 0b1000_0010],
  ],
  scheduler: [
    { scheduler: { policy: 2, priority: 99 } },
    (e) => [e.u32(REQUEST.set), e.i32(REQUEST.schedPolicy), e.i32(REQUEST.schedPriority)],
    [SET.scheduler, 2, 99],
  ],
  limits: [
    {
      limits: [
        { resource: 7, soft: 2 ** 40, hard: Infinity },
        { resource: 4, soft: undefined, hard: 0 },
      ],
    },
    (e) =>
      e.rows(REQUEST.limits, LIMIT_SIZE).map((row) => [
        [e.u32(row + LIMIT.resource), e.u32(row + LIMIT.set)],
        [e.u64(row + LIMIT.soft), e.u64(row + LIMIT.hard)],
      ]),
    [
      [
        [7, LIMIT_SET.soft | LIMIT_SET.hard],
        [1n << 40n, (1n << 64n) - 1n],
      ],
      [
        [4, LIMIT_SET.hard],
        [0n, 0n],
      ],
    ],
  ],
  signals: [
    { signals: { default: 1n, ignore: 1n << 63n, mask: 6n } },
    (e) => [e.u64(REQUEST.signalsDefault), e.u64(REQUEST.signalsIgnore), e.u64(REQUEST.signalMask)],
    [1n, 1n << 63n, 6n],
  ],
  root: [{ root: "/r" }, (e) => e.string(REQUEST.root), "/r"],
  namespaces: [{ namespaces: 0x1000_0000 }, (e) => e.u32(REQUEST.namespaces), 0x1000_0000],
  cgroup: [{ cgroup: "/sys/fs/cgroup/x" }, (e) => e.string(REQUEST.cgroup), "/sys/fs/cgroup/x"],
  noNewPrivileges: [{ noNewPrivileges: true }, (e) => e.u32(REQUEST.flags), FLAG.noNewPrivileges],
  dieWithParent: field({ dieWithParent: 15 }, SET.dieWithParent, REQUEST.dieSignal, 15),
  closeFds: [{ closeFds: false }, (e) => e.u32(REQUEST.flags), FLAG.keepFds],
  // Slots, which are looked at above.
  fds: [{ fds: [] }, (e) => e.bytes, new Encoded(request()).bytes],
};

function field(setup: Partial<NormalSetup>, bit: number, at: number, value: number): (typeof KEYS)["uid"] {
  return [setup, (e) => [e.u32(REQUEST.set), e.i32(at)], [bit, value]];
}

describe("setup", () => {
  it.each(Object.entries(KEYS))("has %s", (key, [setup, look, expected]) => {
    const encoded = new Encoded(request({ setup: { signals: SIGNALS, ...setup } }));
    expect(look(encoded)).toEqual(expected);
    if (key !== "fds") expect(look(new Encoded(request()))).not.toEqual(expected);
  });

  it("has a cgroup by its fd", () => {
    const encoded = new Encoded(request({ setup: { signals: SIGNALS, cgroup: 8 } }));
    expect([encoded.u32(REQUEST.set), encoded.i32(REQUEST.cgroupFd)]).toEqual([SET.cgroupFd, 8]);
  });
});
