/** Names and numbers of the Linux kernel's interface, as they are on x86-64 and arm64. */

/** Standard signals by name. Real-time signals, 32 to 64, have numbers only. */
export const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
  // Other names of the above: they are understood, never given back.
  SIGIOT: 6,
  SIGPOLL: 29,
  SIGUNUSED: 31,
} as const;

export type SignalName = keyof typeof SIGNALS;

/** SIGRTMAX */
export const MAX_SIGNAL = 64;

const SIGNAL_NAMES: readonly (SignalName | undefined)[] = (() => {
  const names: (SignalName | undefined)[] = [];
  for (const name of Object.keys(SIGNALS) as SignalName[]) names[SIGNALS[name]] ??= name;
  return names;
})();

/** Undefined for what is no signal of Linux. */
export function signalNumber(name: string): number | undefined {
  return Object.hasOwn(SIGNALS, name) ? SIGNALS[name as SignalName] : undefined;
}

/** Undefined for a real-time signal and for what is no signal. */
export function signalName(number: number): SignalName | undefined {
  return SIGNAL_NAMES[number];
}

/** Resource limits by name: RLIMIT_*. Bytes, but for `cpu` (s), `rttime` (µs), `nice`, `rtprio` and the counts. */
export const LIMITS = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
} as const;

export type LimitName = keyof typeof LIMITS;

/** Undefined for what is no RLIMIT_* number. */
export function limitName(resource: number): LimitName | undefined {
  return (Object.keys(LIMITS) as LimitName[]).find((name) => LIMITS[name] === resource);
}

/** CLONE_NEW* */
export const NAMESPACES = {
  time: 0x0000_0080,
  mount: 0x0002_0000,
  cgroup: 0x0200_0000,
  uts: 0x0400_0000,
  ipc: 0x0800_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
  net: 0x4000_0000,
} as const;

/** SCHED_* */
export const POLICIES = { other: 0, fifo: 1, rr: 2, batch: 3, idle: 5 } as const;

/** IOPRIO_CLASS_*, which stand above the 13 bits of the level. */
export const IO_CLASSES = { realtime: 1, "best-effort": 2, idle: 3 } as const;
export const IO_CLASS_SHIFT = 13;

/** The errno of a request that no engine may serve. */
export const ENOTSUP = 95;

const ERRNOS: { readonly [errno: number]: readonly [code: string, text?: string] } = {
  1: ["EPERM", "not permitted"],
  2: ["ENOENT", "no such file or directory"],
  3: ["ESRCH", "no such process"],
  4: ["EINTR", "interrupted"],
  5: ["EIO", "input/output error"],
  6: ["ENXIO", "no such device or address"],
  7: ["E2BIG", "arguments and environment are too long"],
  8: ["ENOEXEC", "not a format that can be executed"],
  9: ["EBADF", "not an open fd"],
  10: ["ECHILD", "no child process"],
  11: ["EAGAIN", "resource not available now"],
  12: ["ENOMEM", "not enough memory"],
  13: ["EACCES", "permission denied"],
  14: ["EFAULT", "bad address"],
  16: ["EBUSY", "device or resource busy"],
  17: ["EEXIST", "exists already"],
  18: ["EXDEV", "on another filesystem"],
  19: ["ENODEV", "no such device"],
  20: ["ENOTDIR", "not a directory"],
  21: ["EISDIR", "is a directory"],
  22: ["EINVAL", "invalid argument"],
  23: ["ENFILE", "too many open files in the system"],
  24: ["EMFILE", "too many open files in this process"],
  25: ["ENOTTY", "not a terminal"],
  26: ["ETXTBSY", "program is being written to"],
  27: ["EFBIG", "file too large"],
  28: ["ENOSPC", "no space left"],
  29: ["ESPIPE", "cannot seek"],
  30: ["EROFS", "read-only filesystem"],
  32: ["EPIPE", "the pipe has no reader"],
  33: ["EDOM", "out of the domain"],
  34: ["ERANGE", "out of range"],
  35: ["EDEADLK", "deadlock would occur"],
  36: ["ENAMETOOLONG", "name too long"],
  38: ["ENOSYS", "not implemented by this kernel, or forbidden by a sandbox"],
  40: ["ELOOP", "too many symbolic links"],
  75: ["EOVERFLOW", "value too large"],
  79: ["ELIBACC", "a shared library cannot be reached"],
  80: ["ELIBBAD", "a shared library is damaged"],
  87: ["EUSERS", "too many users or nested namespaces"],
  95: ["ENOTSUP", "not supported"],
  104: ["ECONNRESET", "connection reset"],
  105: ["ENOBUFS", "no buffer space"],
  110: ["ETIMEDOUT", "timed out"],
  111: ["ECONNREFUSED", "connection refused"],
  122: ["EDQUOT", "quota exceeded"],
  125: ["ECANCELED", "cancelled"],
  15: ["ENOTBLK"],
  31: ["EMLINK"],
  37: ["ENOLCK"],
  39: ["ENOTEMPTY"],
  42: ["ENOMSG"],
  43: ["EIDRM"],
  44: ["ECHRNG"],
  45: ["EL2NSYNC"],
  46: ["EL3HLT"],
  47: ["EL3RST"],
  48: ["ELNRNG"],
  49: ["EUNATCH"],
  50: ["ENOCSI"],
  51: ["EL2HLT"],
  52: ["EBADE"],
  53: ["EBADR"],
  54: ["EXFULL"],
  55: ["ENOANO"],
  56: ["EBADRQC"],
  57: ["EBADSLT"],
  59: ["EBFONT"],
  60: ["ENOSTR"],
  61: ["ENODATA"],
  62: ["ETIME"],
  63: ["ENOSR"],
  64: ["ENONET"],
  65: ["ENOPKG"],
  66: ["EREMOTE"],
  67: ["ENOLINK"],
  68: ["EADV"],
  69: ["ESRMNT"],
  70: ["ECOMM"],
  71: ["EPROTO"],
  72: ["EMULTIHOP"],
  73: ["EDOTDOT"],
  74: ["EBADMSG"],
  76: ["ENOTUNIQ"],
  77: ["EBADFD"],
  78: ["EREMCHG"],
  81: ["ELIBSCN"],
  82: ["ELIBMAX"],
  83: ["ELIBEXEC"],
  84: ["EILSEQ"],
  85: ["ERESTART"],
  86: ["ESTRPIPE"],
  88: ["ENOTSOCK"],
  89: ["EDESTADDRREQ"],
  90: ["EMSGSIZE"],
  91: ["EPROTOTYPE"],
  92: ["ENOPROTOOPT"],
  93: ["EPROTONOSUPPORT"],
  94: ["ESOCKTNOSUPPORT"],
  96: ["EPFNOSUPPORT"],
  97: ["EAFNOSUPPORT"],
  98: ["EADDRINUSE"],
  99: ["EADDRNOTAVAIL"],
  100: ["ENETDOWN"],
  101: ["ENETUNREACH"],
  102: ["ENETRESET"],
  103: ["ECONNABORTED"],
  106: ["EISCONN"],
  107: ["ENOTCONN"],
  108: ["ESHUTDOWN"],
  109: ["ETOOMANYREFS"],
  112: ["EHOSTDOWN"],
  113: ["EHOSTUNREACH"],
  114: ["EALREADY"],
  115: ["EINPROGRESS"],
  116: ["ESTALE"],
  117: ["EUCLEAN"],
  118: ["ENOTNAM"],
  119: ["ENAVAIL"],
  120: ["EISNAM"],
  121: ["EREMOTEIO"],
  123: ["ENOMEDIUM"],
  124: ["EMEDIUMTYPE"],
  126: ["ENOKEY"],
  127: ["EKEYEXPIRED"],
  128: ["EKEYREVOKED"],
  129: ["EKEYREJECTED"],
  130: ["EOWNERDEAD"],
  131: ["ENOTRECOVERABLE"],
  132: ["ERFKILL"],
  133: ["EHWPOISON"],
};

/** Names that Linux does not use, or uses for the same number: those of other systems, and of the runtimes. */
const OTHER_CODES: { readonly [code: string]: number } = {
  EWOULDBLOCK: 11,
  EDEADLOCK: 35,
  EOPNOTSUPP: 95,
  // Of macOS.
  EBADARCH: 8,
  EBADEXEC: 8,
  EBADMACHO: 8,
  EFTYPE: 22,
  ENOATTR: 61,
  EPROCLIM: 11,
};
const EIO = 5;

let numbers: Map<string, number> | undefined;

/** `"ENOENT"` → `2`, whichever number the code has on this system. EIO for a code that Linux has no number for. */
export function errnoOf(code: string): number {
  numbers ??= new Map(Object.entries(ERRNOS).map(([errno, [code]]) => [code, Number(errno)]));
  return numbers.get(code) ?? (Object.hasOwn(OTHER_CODES, code) ? (OTHER_CODES[code] as number) : EIO);
}

/** `2` → `"ENOENT"` */
export function errnoCode(errno: number): string {
  return ERRNOS[errno]?.[0] ?? `E${errno}`;
}

/** `2` → `"no such file or directory"` */
export function errnoText(errno: number): string {
  return ERRNOS[errno]?.[1] ?? `error number ${errno}`;
}
