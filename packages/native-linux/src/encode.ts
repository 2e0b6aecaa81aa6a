/** SpawnRequest → the block of `struct rs_request` (c/include/ringspawn.h), in one buffer that is used again. */
import type { NormalLimit, SetupKey, Slot, SpawnRequest } from "@ringspawn/core/seam";
import { ABI } from "./binding.js";

const HEADER = 160;
const SLOT = 24;
const LIMIT = 24;
/** `enum rs_executor` */
const EXECUTOR = { vfork: 1, io_uring: 2 } as const;
export type NativeName = keyof typeof EXECUTOR;

// Byte offsets of the header's fields, in the order of the C struct.
const AT = {
  size: 0,
  abi: 4,
  executor: 8,
  flags: 12,
  set: 16,
  namespaces: 20,
  candidates: 24,
  argv: 32,
  envp: 40,
  slots: 48,
  limits: 56,
  groups: 64,
  affinity: 72,
  cwd: 80,
  root: 84,
  cgroup: 88,
  cgroupFd: 92,
  processGroup: 96,
  controllingTerminal: 100,
  uid: 104,
  gid: 108,
  umask: 112,
  priority: 116,
  ioPriority: 120,
  schedPolicy: 124,
  schedPriority: 128,
  dieSignal: 132,
  signalsDefault: 136,
  signalsIgnore: 144,
  signalMask: 152,
} as const;

const FLAG = { inheritEnv: 1, shellFallback: 2, keepFds: 4, session: 8, noNewPrivileges: 16 } as const;
const SET = {
  processGroup: 1,
  controllingTerminal: 2,
  uid: 4,
  gid: 8,
  groups: 16,
  umask: 32,
  priority: 64,
  ioPriority: 128,
  scheduler: 256,
  cgroupFd: 512,
  dieWithParent: 1024,
} as const;
const SLOT_KIND = { null: 0, fd: 1, pipeIn: 2, pipeOut: 3, file: 4 } as const;
// O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND of Linux on x86-64 and arm64
const OPEN = { r: 0, "r+": 2, w: 0o1101, "w+": 0o1102, a: 0o2101, "a+": 0o2102 } as const;
const UNLIMITED = 0xffff_ffff_ffff_ffffn;

const utf8 = new TextEncoder();
const NO_LIMITS: readonly NormalLimit[] = [];

/** What {@link Block} encodes. */
export const ENCODED: { readonly [K in SetupKey]: true } = {
  session: true,
  processGroup: true,
  controllingTerminal: true,
  uid: true,
  gid: true,
  groups: true,
  umask: true,
  priority: true,
  ioPriority: true,
  affinity: true,
  scheduler: true,
  limits: true,
  signals: true,
  root: true,
  namespaces: true,
  cgroup: true,
  noNewPrivileges: true,
  dieWithParent: true,
  closeFds: true,
  fds: true,
};

export class Block {
  bytes: Uint8Array = new Uint8Array(16 * 1024);
  #view: DataView = new DataView(this.bytes.buffer);
  #end = 0;

  /** Fills `bytes`, and returns how many of them are the request. `env` undefined: the `environ` of C is used. */
  encode(executor: NativeName, request: SpawnRequest, env: Readonly<Record<string, string>> | undefined): number {
    const { setup, slots } = request;
    const limits = setup.limits ?? NO_LIMITS;
    const pairs = env === undefined ? undefined : Object.entries(env);
    const words = request.candidates.length + request.argv.length + (pairs?.length ?? 0) + (setup.groups?.length ?? 0);
    this.#end = 0;
    this.#room(HEADER + slots.length * SLOT + limits.length * LIMIT + words * 4);
    this.bytes.fill(0, 0, HEADER);

    this.#u32(AT.size, HEADER);
    this.#u32(AT.abi, ABI);
    this.#u32(AT.executor, EXECUTOR[executor]);
    this.#u32(AT.namespaces, setup.namespaces ?? 0);
    this.#view.setBigUint64(AT.signalsDefault, setup.signals.default, true);
    this.#view.setBigUint64(AT.signalsIgnore, setup.signals.ignore, true);
    this.#view.setBigUint64(AT.signalMask, setup.signals.mask, true);

    // The tables come first, so that each begins where its type wants it. The strings come behind them.
    let at = HEADER;
    const slotTable = at;
    at = this.#span(AT.slots, at, slots.length, SLOT);
    const limitTable = at;
    at = this.#span(AT.limits, at, limits.length, LIMIT);
    const candidateTable = at;
    at = this.#span(AT.candidates, at, request.candidates.length, 4);
    const argvTable = at;
    at = this.#span(AT.argv, at, request.argv.length, 4);
    const envTable = at;
    at = this.#span(AT.envp, at, pairs?.length ?? 0, 4);
    const groupTable = at;
    at = this.#span(AT.groups, at, setup.groups?.length ?? 0, 4);
    this.#end = at;

    for (let i = 0; i < slots.length; i++) this.#slot(slotTable + i * SLOT, slots[i] as Slot);
    this.#strings(candidateTable, request.candidates);
    this.#strings(argvTable, request.argv);
    if (pairs !== undefined) {
      for (let i = 0; i < pairs.length; i++) {
        const [name, value] = pairs[i] as [string, string];
        this.#u32(envTable + i * 4, this.#string(`${name}=${value}`));
      }
    }
    if (request.cwd !== undefined) this.#u32(AT.cwd, this.#string(request.cwd));

    let flags = 0;
    if (env === undefined) flags |= FLAG.inheritEnv;
    if (request.shellFallback) flags |= FLAG.shellFallback;
    if (setup.closeFds === false) flags |= FLAG.keepFds;
    if (setup.session) flags |= FLAG.session;
    if (setup.noNewPrivileges) flags |= FLAG.noNewPrivileges;
    this.#u32(AT.flags, flags);
    if (request.given.length > 0) this.#setup(request, limitTable, groupTable);
    return this.#end;
  }

  #setup({ setup }: SpawnRequest, limitTable: number, groupTable: number): void {
    let set = 0;
    const number = (bit: number, at: number, value: number | undefined): void => {
      if (value === undefined) return;
      set |= bit;
      this.#view.setInt32(at, value, true);
    };
    number(SET.processGroup, AT.processGroup, setup.processGroup);
    number(SET.controllingTerminal, AT.controllingTerminal, setup.controllingTerminal);
    number(SET.uid, AT.uid, setup.uid);
    number(SET.gid, AT.gid, setup.gid);
    number(SET.umask, AT.umask, setup.umask);
    number(SET.priority, AT.priority, setup.priority);
    number(SET.ioPriority, AT.ioPriority, setup.ioPriority);
    number(SET.scheduler, AT.schedPolicy, setup.scheduler?.policy);
    number(SET.scheduler, AT.schedPriority, setup.scheduler?.priority);
    number(SET.dieWithParent, AT.dieSignal, setup.dieWithParent);
    if (setup.groups !== undefined) {
      set |= SET.groups;
      setup.groups.forEach((group, i) => this.#u32(groupTable + i * 4, group));
    }
    if (typeof setup.cgroup === "number") number(SET.cgroupFd, AT.cgroupFd, setup.cgroup);
    else if (setup.cgroup !== undefined) this.#u32(AT.cgroup, this.#string(setup.cgroup));
    if (setup.root !== undefined) this.#u32(AT.root, this.#string(setup.root));
    setup.limits?.forEach(({ resource, soft, hard }, i) => {
      const at = limitTable + i * LIMIT;
      this.#u32(at, resource);
      this.#u32(at + 4, (soft === undefined ? 0 : 1) | (hard === undefined ? 0 : 2));
      this.#view.setBigUint64(at + 8, limit(soft), true);
      this.#view.setBigUint64(at + 16, limit(hard), true);
    });
    if (setup.affinity !== undefined) {
      const length = (Math.max(...setup.affinity) >> 3) + 1;
      this.#room(length);
      const at = this.#span(AT.affinity, this.#end, length, 1) - length;
      this.bytes.fill(0, at, at + length);
      for (const cpu of setup.affinity) this.bytes[at + (cpu >> 3)]! |= 1 << (cpu & 7);
      this.#end = at + length;
    }
    this.#u32(AT.set, set);
  }

  #slot(at: number, slot: Slot): void {
    this.bytes.fill(0, at, at + SLOT);
    this.#u32(at, slot.target);
    switch (slot.kind) {
      case "null":
        break;
      case "fd":
        this.#u32(at + 4, SLOT_KIND.fd);
        this.#u32(at + 8, slot.fd);
        break;
      case "pipe":
        this.#u32(at + 4, slot.direction === "in" ? SLOT_KIND.pipeIn : SLOT_KIND.pipeOut);
        break;
      case "file":
        this.#u32(at + 4, SLOT_KIND.file);
        this.#u32(at + 12, this.#string(slot.path));
        this.#u32(at + 16, OPEN[slot.open]);
        this.#u32(at + 20, slot.mode);
        break;
      case "socket":
      case "pty":
        throw new Error(`the native engine makes no ${slot.kind} yet`);
    }
  }

  #span(field: number, at: number, count: number, size: number): number {
    if (count > 0) {
      this.#u32(field, at);
      this.#u32(field + 4, count);
    }
    return at + count * size;
  }

  #strings(table: number, list: readonly string[]): void {
    for (let i = 0; i < list.length; i++) this.#u32(table + i * 4, this.#string(list[i] as string));
  }

  #u32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Appends a NUL-terminated string and returns its offset. */
  #string(text: string): number {
    // UTF-8 takes at most three bytes for a UTF-16 code unit.
    this.#room(text.length * 3 + 1);
    const { bytes } = this;
    const start = this.#end;
    let at = start;
    // Most strings are short and ASCII. For them a loop is faster than the encoder with a subarray made for it.
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f || i === 256) {
        at += utf8.encodeInto(text.slice(i), bytes.subarray(at)).written;
        break;
      }
      bytes[at++] = unit;
    }
    bytes[at] = 0;
    this.#end = at + 1;
    return start;
  }

  /** Makes room for `more` bytes behind what is there. */
  #room(more: number): void {
    if (this.#end + more <= this.bytes.length) return;
    const larger = new Uint8Array((this.#end + more) * 2);
    larger.set(this.bytes.subarray(0, this.#end));
    this.bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

function limit(value: number | undefined): bigint {
  if (value === undefined) return 0n;
  return value === Infinity ? UNLIMITED : BigInt(value);
}
