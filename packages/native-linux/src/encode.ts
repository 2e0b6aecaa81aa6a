/** SpawnRequest → the block of `struct rs_request` (c/include/ringspawn.h). */
import type { NormalSetup, SetupKey, Slot, SpawnRequest } from "@ringspawn/core/seam";
import {
  ABI,
  EXECUTOR,
  FLAG,
  LIMIT,
  LIMIT_SET,
  LIMIT_SIZE,
  OPEN,
  REQUEST,
  SET,
  SLOT,
  SLOT_FLAGS,
  SLOT_KIND,
  SLOT_SIZE,
} from "./abi.gen.js";
import type { Block } from "./block.js";

export type NativeName = "vfork" | "io_uring";
const EXECUTORS: { readonly [name in NativeName]: number } = { vfork: EXECUTOR.vfork, io_uring: EXECUTOR.ioUring };

const OPEN_FLAG = {
  r: OPEN.O_RDONLY,
  "r+": OPEN.O_RDWR,
  w: OPEN.O_WRONLY | OPEN.O_CREAT | OPEN.O_TRUNC,
  "w+": OPEN.O_RDWR | OPEN.O_CREAT | OPEN.O_TRUNC,
  a: OPEN.O_WRONLY | OPEN.O_CREAT | OPEN.O_APPEND,
  "a+": OPEN.O_RDWR | OPEN.O_CREAT | OPEN.O_APPEND,
} as const;

const UNLIMITED = 0xffff_ffff_ffff_ffffn;

/** Fills the block and returns its length. `env` undefined: C's `environ` as it then is. */
export function encode(
  block: Block,
  executor: NativeName,
  request: SpawnRequest,
  env: Readonly<Record<string, string>> | undefined,
): number {
  const { setup, slots } = request;
  block.begin();
  block.u32(REQUEST.abi, ABI);
  block.u32(REQUEST.executor, EXECUTORS[executor]);

  const table = block.table(REQUEST.slots, slots.length, SLOT_SIZE);
  for (let i = 0; i < slots.length; i++) putSlot(block, table + i * SLOT_SIZE, slots[i] as Slot);
  block.strings(REQUEST.candidates, request.candidates);
  block.strings(REQUEST.argv, request.argv);
  if (env === undefined) block.or(REQUEST.flags, FLAG.inheritEnv);
  else putEnv(block, env);
  if (request.cwd !== undefined) block.u32(REQUEST.cwd, block.string(request.cwd));
  if (request.shellFallback) block.or(REQUEST.flags, FLAG.shellFallback);
  for (const key of Object.keys(setup) as SetupKey[]) putKey(block, key, setup);
  return block.length;
}

function putEnv(block: Block, env: Readonly<Record<string, string>>): void {
  const pairs = Object.entries(env);
  const table = block.table(REQUEST.envp, pairs.length, 4);
  for (let i = 0; i < pairs.length; i++) {
    const [name, value] = pairs[i] as [string, string];
    block.u32(table + i * 4, block.string(`${name}=${value}`));
  }
}

function putSlot(block: Block, at: number, slot: Slot): void {
  block.u32(at + SLOT.target, slot.target);
  switch (slot.kind) {
    case "null":
      block.u32(at + SLOT.kind, SLOT_KIND.null);
      break;
    case "fd":
      block.u32(at + SLOT.kind, SLOT_KIND.fd);
      block.u32(at + SLOT.fd, slot.fd);
      if (slot.given) block.u32(at + SLOT.flags, SLOT_FLAGS.given);
      break;
    case "pipe":
      block.u32(at + SLOT.kind, slot.direction === "in" ? SLOT_KIND.pipeIn : SLOT_KIND.pipeOut);
      if (slot.raw) block.u32(at + SLOT.flags, SLOT_FLAGS.raw);
      break;
    case "socket":
      block.u32(at + SLOT.kind, SLOT_KIND.socket);
      if (Object.hasOwn(slot, "buffer")) block.u32(at + SLOT.buffer, slot.buffer ?? 0);
      if (slot.raw) block.u32(at + SLOT.flags, SLOT_FLAGS.raw);
      break;
    case "pty":
      block.u32(at + SLOT.kind, SLOT_KIND.pty);
      if (slot.raw) block.u32(at + SLOT.flags, SLOT_FLAGS.raw);
      block.u16(at + SLOT.rows, slot.rows);
      block.u16(at + SLOT.cols, slot.cols);
      break;
    case "file":
      block.u32(at + SLOT.kind, SLOT_KIND.file);
      block.u32(at + SLOT.path, block.string(slot.path));
      block.u32(at + SLOT.openFlags, OPEN_FLAG[slot.open]);
      block.u32(at + SLOT.mode, slot.mode);
      break;
  }
}

function putKey(block: Block, key: SetupKey, setup: NormalSetup): void {
  const put = ENCODED[key] as (block: Block, value: unknown) => void;
  put(block, setup[key]);
}

/** What a key of `setup` has become in a request, where it is there. */
type Given<K extends SetupKey> = Exclude<NormalSetup[K], undefined>;

/** A field of the header, and the bit that tells that it was given. */
function putField(block: Block, bit: number, at: number, value: number): void {
  block.or(REQUEST.set, bit);
  block.u32(at, value);
}

/** How each key of `setup` is written. A key that is missing here does not compile. */
export const ENCODED: { readonly [K in SetupKey]-?: (block: Block, value: Given<K>) => void } = {
  session: (block) => block.or(REQUEST.flags, FLAG.session),
  processGroup: (block, group) => putField(block, SET.processGroup, REQUEST.processGroup, group),
  controllingTerminal: (block, fd) => putField(block, SET.controllingTerminal, REQUEST.controllingTerminal, fd),
  uid: (block, uid) => putField(block, SET.uid, REQUEST.uid, uid),
  gid: (block, gid) => putField(block, SET.gid, REQUEST.gid, gid),
  groups(block, groups) {
    block.or(REQUEST.set, SET.groups);
    const table = block.table(REQUEST.groups, groups.length, 4);
    groups.forEach((group, i) => block.u32(table + i * 4, group));
  },

  umask: (block, umask) => putField(block, SET.umask, REQUEST.umask, umask),
  priority: (block, nice) => putField(block, SET.priority, REQUEST.priority, nice),
  ioPriority: (block, priority) => putField(block, SET.ioPriority, REQUEST.ioPriority, priority),
  affinity(block, cpus) {
    const mask = new Uint8Array((Math.max(...cpus) >> 3) + 1);
    for (const cpu of cpus) mask[cpu >> 3]! |= 1 << (cpu & 7);
    const table = block.table(REQUEST.affinity, mask.length, 1);
    mask.forEach((bits, i) => block.u8(table + i, bits));
  },
  scheduler(block, { policy, priority }) {
    putField(block, SET.scheduler, REQUEST.schedPolicy, policy);
    block.u32(REQUEST.schedPriority, priority);
  },
  limits(block, limits) {
    const table = block.table(REQUEST.limits, limits.length, LIMIT_SIZE);
    limits.forEach(({ resource, soft, hard }, i) => {
      const at = table + i * LIMIT_SIZE;
      block.u32(at + LIMIT.resource, resource);
      putLimit(block, at, LIMIT_SET.soft, LIMIT.soft, soft);
      putLimit(block, at, LIMIT_SET.hard, LIMIT.hard, hard);
    });
  },
  signals(block, signals) {
    block.u64(REQUEST.signalsDefault, signals.default);
    block.u64(REQUEST.signalsIgnore, signals.ignore);
    block.u64(REQUEST.signalMask, signals.mask);
  },
  root: (block, path) => block.u32(REQUEST.root, block.string(path)),
  namespaces: (block, bits) => block.u32(REQUEST.namespaces, bits),
  cgroup(block, cgroup) {
    if (typeof cgroup === "number") putField(block, SET.cgroupFd, REQUEST.cgroupFd, cgroup);
    else block.u32(REQUEST.cgroup, block.string(cgroup));
  },
  noNewPrivileges: (block) => block.or(REQUEST.flags, FLAG.noNewPrivileges),
  dieWithParent: (block, signal) => putField(block, SET.dieWithParent, REQUEST.dieSignal, signal),
  closeFds: (block) => block.or(REQUEST.flags, FLAG.keepFds),
  // They are slots.
  fds() {},
};

function putLimit(block: Block, row: number, bit: number, at: number, value: number | undefined): void {
  if (value === undefined) return;
  block.or(row + LIMIT.set, bit);
  block.u64(row + at, value === Infinity ? UNLIMITED : BigInt(value));
}
