/** What a case may need of the machine. Each function gives the reason why the machine lacks it, or undefined. */
import { fs, parent, path, status } from "./tools.ts";

/** Mount point of the cgroup v2 hierarchy, from /proc/self/mountinfo. */
export function cgroup2(): string | undefined {
  for (const line of fs.readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const [left, right] = line.split(" - ");
    if (right?.startsWith("cgroup2 ")) return left?.split(" ")[4];
  }
  return undefined;
}

const tests = {
  root: () => (parent.getuid?.() === 0 ? undefined : "not root"),
  unprivileged: () => (parent.getuid?.() === 0 ? "root is allowed everything" : undefined),
  cgroup2: () => {
    const mount = cgroup2();
    if (mount === undefined) return "no cgroup v2 hierarchy is mounted";
    // Tried out, because root may write there whatever the mode is, and access() of some runtimes looks at the mode.
    const dir = path.join(mount, `ringspawn-needs-${parent.pid}`);
    try {
      fs.mkdirSync(dir);
      fs.rmdirSync(dir);
      return undefined;
    } catch (error) {
      return `no cgroup can be made in ${mount}: ${(error as Error).message}`;
    }
  },
  "two-cpus": () => (/^\d+$/.test(status("Cpus_allowed_list")) ? "only one CPU" : undefined),
  ptmx: () => (fs.existsSync("/dev/ptmx") && fs.existsSync("/dev/pts") ? undefined : "no /dev/ptmx"),
  "/bin/sh": () => (fs.existsSync("/bin/sh") ? undefined : "no /bin/sh"),
  "a checkout others may enter": () => {
    for (let dir = path.dirname(new URL(import.meta.url).pathname); dir !== "/"; dir = path.dirname(dir)) {
      if ((fs.statSync(dir).mode & 0o005) !== 0o005) return `other users may not enter ${dir}`;
    }
    return undefined;
  },
  strace: () =>
    (parent.env["PATH"] ?? "").split(":").some((dir) => fs.existsSync(path.join(dir, "strace")))
      ? undefined
      : "strace is not installed",
  "user namespaces": () => {
    try {
      const most = fs.readFileSync("/proc/sys/user/max_user_namespaces", "utf8").trim();
      if (most === "0") return "user namespaces are off";
    } catch {
      return "this kernel has no user namespaces";
    }
    return undefined;
  },
  "time namespaces": () => (fs.existsSync("/proc/self/ns/time") ? undefined : "this kernel has no time namespaces"),
  "static witness": () =>
    fs
      .readFileSync(new URL(import.meta.url.includes("/blanked/") ? "../witness" : "build/witness", import.meta.url))
      .subarray(0, 4096)
      .includes("/ld-")
      ? "the witness is not static: there is no static libc here"
      : undefined,
} satisfies Record<string, () => string | undefined>;

export type Need = keyof typeof tests;

/** Why the machine lacks the first of these that it lacks. */
export function lacking(needs: readonly Need[]): string | undefined {
  for (const need of needs) {
    const reason = tests[need]();
    if (reason !== undefined) return reason;
  }
  return undefined;
}
