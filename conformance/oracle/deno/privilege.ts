/** Gives up a privilege of this thread for a while: a child that it starts meanwhile has not got it before exec. */

/** _LINUX_CAPABILITY_VERSION_3 */
const VERSION = 0x2008_0522;
const CAP_SETGID = 6;
const CAP_SETUID = 7;

/** Calls this while the thread may not become another user or group. */
export async function withoutPrivilege(call: () => Promise<unknown>): Promise<unknown> {
  const type = { parameters: ["buffer", "buffer"], result: "i32" } as const;
  const libc = Deno.dlopen("libc.so.6", { capget: type, capset: type });
  const { symbols } = libc;
  // A process id of 0 is the calling thread; the sets are effective, permitted and inheritable, twice 32 bits each.
  const header = Uint32Array.of(VERSION, 0);
  const sets = new Uint32Array(6);
  const set = (effective: number): void => {
    sets[0] = effective;
    if (symbols.capset(header, sets) !== 0) throw new Error("capset failed");
  };
  if (symbols.capget(header, sets) !== 0) throw new Error("capget failed");
  const before = sets[0] as number;
  set(before & ~((1 << CAP_SETGID) | (1 << CAP_SETUID)));
  try {
    return await call();
  } finally {
    set(before);
    libc.close();
  }
}
