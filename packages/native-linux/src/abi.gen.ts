/** The C ABI. Made from c/include/ringspawn.h by `node abi.mjs`, and not to be edited. */

export const ABI = 8;
export const MAX_SLOTS = 256;
export const MAX_REQUEST = 16777216;

/** enum rs_step */
export const STEP = {
  none: 0,
  request: 1,
  memory: 2,
  stdio: 3,
  cgroup: 4,
  birth: 5,
  namespaces: 16,
  session: 17,
  processGroup: 18,
  fds: 19,
  controllingTerminal: 20,
  limits: 21,
  priority: 22,
  ioPriority: 23,
  affinity: 24,
  scheduler: 25,
  umask: 26,
  root: 27,
  cwd: 28,
  groups: 29,
  gid: 30,
  uid: 31,
  dieWithParent: 32,
  noNewPrivileges: 33,
  closeFds: 34,
  signals: 35,
  mask: 36,
  file: 48,
  interpreter: 49,
  open: 64,
  foreground: 65,
} as const;

/** enum rs_executor */
export const EXECUTOR = {
  vfork: 1,
  ioUring: 2,
} as const;

/** enum rs_slot_kind */
export const SLOT_KIND = {
  null: 0,
  fd: 1,
  pipeIn: 2,
  pipeOut: 3,
  file: 4,
  socket: 5,
  pty: 6,
} as const;

/** enum rs_slot_flags */
export const SLOT_FLAGS = {
  raw: 1,
  given: 2,
} as const;

/** enum rs_flag */
export const FLAG = {
  inheritEnv: 1,
  shellFallback: 2,
  keepFds: 4,
  session: 8,
  noNewPrivileges: 16,
} as const;

/** enum rs_set */
export const SET = {
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

/** enum rs_limit_set */
export const LIMIT_SET = {
  soft: 1,
  hard: 2,
} as const;

/** enum rs_probe_part */
export const PROBE_PART = {
  ok: 0,
  clone: 1,
  pidfd: 2,
  memory: 3,
  closeRange: 4,
  signal: 5,
  noSpawnAbi: 16,
  spawnAbi: 17,
  ring: 18,
  chain: 19,
} as const;

/** enum rs_ready */
export const READY = {
  readable: 1,
  writable: 2,
} as const;

/** enum rs_ring */
export const RING = {
  starts: 0,
  prespawns: 1,
} as const;

/** Byte offsets in a struct rs_span */
export const SPAN = {
  offset: 0,
  count: 4,
} as const;

export const SPAN_SIZE = 8;

/** Byte offsets in a struct rs_slot */
export const SLOT = {
  target: 0,
  kind: 4,
  flags: 8,
  fd: 12,
  path: 16,
  openFlags: 20,
  mode: 24,
  rows: 28,
  cols: 30,
  buffer: 32,
} as const;

export const SLOT_SIZE = 36;

/** Byte offsets in a struct rs_limit */
export const LIMIT = {
  resource: 0,
  set: 4,
  soft: 8,
  hard: 16,
} as const;

export const LIMIT_SIZE = 24;

/** Byte offsets in a struct rs_request */
export const REQUEST = {
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

export const REQUEST_SIZE = 160;

/** Byte offsets in a struct rs_end */
export const END = {
  read: 0,
  write: 4,
} as const;

export const END_SIZE = 8;

/** Byte offsets in a struct rs_terminal */
export const TERMINAL = {
  size: 0,
  read: 4,
  write: 8,
  terminal: 12,
} as const;

export const TERMINAL_SIZE = 16;

/** Byte offsets in a struct rs_terminal_mode */
export const TERMINAL_MODE = {
  size: 0,
  input: 4,
  output: 8,
  control: 12,
  local: 16,
} as const;

export const TERMINAL_MODE_SIZE = 20;

/** Byte offsets in a struct rs_outcome */
export const OUTCOME = {
  size: 0,
  takes: 4,
  error: 8,
  step: 12,
  index: 16,
  pid: 20,
  pidfd: 24,
  count: 28,
  ends: 32,
} as const;

export const OUTCOME_SIZE = 2080;

/** Byte offsets in a struct rs_exit */
export const EXIT = {
  size: 0,
  known: 4,
  code: 8,
  signal: 12,
  coreDumped: 16,
  hasUsage: 20,
  userUs: 24,
  systemUs: 32,
  maxRss: 40,
  voluntarySwitches: 48,
  involuntarySwitches: 56,
  minorFaults: 64,
  majorFaults: 72,
  blocksIn: 80,
  blocksOut: 88,
} as const;

export const EXIT_SIZE = 96;

/** Byte offsets in a struct rs_probe */
export const PROBE = {
  size: 0,
  part: 4,
  error: 8,
  clone3: 12,
} as const;

export const PROBE_SIZE = 16;

/** Byte offsets in a struct rs_started */
export const STARTED = {
  ticket: 0,
  over: 4,
  error: 8,
  step: 12,
  index: 16,
  pid: 20,
  pidfd: 24,
  pad: 28,
} as const;

export const STARTED_SIZE = 32;

/** Byte offsets in a struct rs_explained */
export const EXPLAINED = {
  step: 0,
  index: 4,
  args: 8,
} as const;

export const EXPLAINED_SIZE = 32;

/** Byte offsets in a struct rs_event */
export const EVENT = {
  token: 0,
  ready: 4,
} as const;

export const EVENT_SIZE = 8;

/** Byte offsets in a struct rs_opened */
export const OPENED = {
  size: 0,
  socket: 4,
  engine: 8,
  turning: 16,
  blocking: 24,
} as const;

export const OPENED_SIZE = 32;

/** Of the system's headers; the same on every machine that an engine is built for */
export const ERRNO = {
  EPERM: 1,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  E2BIG: 7,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EPIPE: 32,
  EOPNOTSUPP: 95,
  ECONNRESET: 104,
} as const;

/** Of the system's headers; the same on every machine that an engine is built for */
export const OPEN = {
  O_RDONLY: 0,
  O_WRONLY: 1,
  O_RDWR: 2,
  O_CREAT: 64,
  O_TRUNC: 512,
  O_APPEND: 1024,
} as const;

/** Of the system's headers; the same on every machine that an engine is built for */
export const SIGNAL = {
  SIGKILL: 9,
} as const;

/** Of the system's headers; the same on every machine that an engine is built for */
export const TERMIOS = {
  BRKINT: 2,
  ICRNL: 256,
  INPCK: 16,
  ISTRIP: 32,
  IXON: 1024,
  ONLCR: 4,
  CS8: 48,
  ECHO: 8,
  ICANON: 2,
  IEXTEN: 32768,
  ISIG: 1,
} as const;

/** The functions that take integers and pointers only */
export const SYMBOLS = {
  rs_abi: { args: [], returns: "u32" },
  rs_started_with: { args: ["bytes"], returns: "i32" },
  rs_probe: { args: ["bytes"], returns: "i32" },
  rs_probe_io_uring: { args: ["bytes"], returns: "i32" },
  rs_engine_open: { args: ["bytes"], returns: "i32" },
  rs_engine_close: { args: ["handle"], returns: "void" },
  rs_spawn: { args: ["handle", "bytes", "u32", "bytes"], returns: "i32" },
  rs_queue: { args: ["handle", "bytes", "u32", "bytes"], returns: "i32" },
  rs_submit: { args: ["handle", "u32", "u32", "bytes", "u32"], returns: "i32" },
  rs_notify_fd: { args: ["handle", "u32"], returns: "i32" },
  rs_prespawn: { args: ["handle", "bytes", "u32", "u32", "bytes"], returns: "i32" },
  rs_prespawn_exec: { args: ["handle", "u32", "i32", "bytes", "u32"], returns: "i32" },
  rs_eventfd: { args: [], returns: "i32" },
  rs_inherited_hash: { args: ["bytes"], returns: "i32" },
  rs_explain: { args: ["handle", "bytes", "u32", "bytes", "u32"], returns: "i32" },
  rs_kill: { args: ["i32", "i32"], returns: "i32" },
  rs_reap: { args: ["i32", "bytes"], returns: "i32" },
  rs_read: { args: ["i32", "bytes", "u32"], returns: "i32" },
  rs_write: { args: ["i32", "bytes", "u32"], returns: "i32" },
  rs_close: { args: ["i32"], returns: "i32" },
  rs_hung_up: { args: ["i32"], returns: "i32" },
  rs_send: { args: ["i32", "bytes", "u32"], returns: "i32" },
  rs_shutdown_write: { args: ["i32"], returns: "i32" },
  rs_shutdown_read: { args: ["i32"], returns: "i32" },
  rs_terminal_open: { args: ["handle", "u32", "u32", "bytes"], returns: "i32" },
  rs_terminal_resize: { args: ["i32", "u32", "u32"], returns: "i32" },
  rs_terminal_get_mode: { args: ["i32", "bytes"], returns: "i32" },
  rs_terminal_set_mode: { args: ["i32", "bytes"], returns: "i32" },
  rs_release: { args: ["i32"], returns: "i32" },
  rs_abandon: { args: ["i32"], returns: "i32" },
  rs_loop_open: { args: ["bytes"], returns: "i32" },
  rs_loop_close: { args: ["handle"], returns: "void" },
  rs_loop_watch: { args: ["handle", "i32", "u32", "u32"], returns: "i32" },
  rs_loop_forget: { args: ["handle", "i32"], returns: "i32" },
  rs_loop_take: { args: ["handle", "bytes", "u32", "i32"], returns: "i32" },
  rs_loop_alarm: { args: ["handle", "u32"], returns: "i32" },
  rs_now: { args: ["bytes"], returns: "i32" },
  rs_loop_fd: { args: ["handle"], returns: "i32" },
  rs_loop_start_fd: { args: ["handle"], returns: "i32" },
  rs_thread_open: { args: ["bytes"], returns: "i32" },
  rs_thread_close: { args: ["handle"], returns: "i32" },
  rs_thread_entered: { args: ["bytes"], returns: "i32" },
} as const;
