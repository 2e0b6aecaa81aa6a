/** The fds above 2 that the command line itself was given, and hands on as env(1) and nice(1) do. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { runtime } from "./runtime.js";

interface OpenFd {
  readonly fd: number;
  /** What it is open on, as /proc/self/fd names it. */
  readonly link: string;
  readonly cloexec: boolean;
  /** Whether it is for reading, for writing or for both, in the kernel's words. */
  readonly access: number;
}

const CLOEXEC = 0o2000000;
const ACCESS = 3;

/**
 * The fds that this program was started with, to be asked before it has opened any. Whatever a runtime opens has
 * CLOEXEC, so what has it not was given. But Node also sets CLOEXEC for the fds from 3 on that it was given itself:
 * for all up to 15, and beyond as far as no number is free. Of these, what may be Node's own is not handed on.
 */
export function givenFds(): number[] {
  // Deno.Command has no fds beyond 2: it would refuse each that a careless parent has left open.
  if (runtime().name === "deno") return [];
  const open = openFds();
  // A new fd has the lowest free number, and the first that a runtime opens and keeps is one of epoll.
  const first = open.find(({ link, cloexec }) => cloexec && link.startsWith("anon_inode:"))?.fd ?? 0;
  const isGiven = ({ fd, link, cloexec, access }: OpenFd): boolean => {
    if (!cloexec || fd < first) return true;
    // An option can have it open anything, as --inspect does with a socket and --require whatever it likes.
    if (runtime().name !== "node" || process.execArgv.length > 0 || process.env.NODE_OPTIONS) return false;
    if (link.startsWith("anon_inode:") || link === "/dev/null") return false;
    // Of its own pipes it has both ends.
    return !link.startsWith("pipe:") || !open.some((other) => other.link === link && other.access !== access);
  };
  return open.filter(isGiven).map(({ fd }) => fd);
}

/** In the order of their numbers. None where there is no /proc. */
function openFds(): OpenFd[] {
  const open: OpenFd[] = [];
  for (const fd of numbers()) {
    try {
      const link = readlinkSync(`/proc/self/fd/${fd}`);
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, "latin1");
      const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? "0", 8);
      open.push({ fd, link, cloexec: (flags & CLOEXEC) !== 0, access: flags & ACCESS });
    } catch {
      // It was the one by which the directory was read.
    }
  }
  return open;
}

function numbers(): number[] {
  try {
    return readdirSync("/proc/self/fd")
      .map(Number)
      .filter((fd) => fd > 2)
      .sort((a, b) => a - b);
  } catch {
    return [];
  }
}
