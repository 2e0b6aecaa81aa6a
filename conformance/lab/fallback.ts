import { type Case, finished, type T } from "../harness.ts";
import type { Chosen } from "../programs/chosen.ts";
import { assert, path } from "../tools.ts";

/**
 * What a program tells about its engines. `before` are words in front of its command; after the shell command `mounts`
 * it runs in a mount namespace of its own.
 */
async function chosen(t: T, before: readonly string[], mounts?: string): Promise<Chosen> {
  const script = path.join(t.plan.root, "programs", `chosen${t.plan.extension}`);
  const command = [...before, ...t.plan.command, script, t.ENGINE, t.witness];
  const all = mounts === undefined ? command : ["/bin/sh", "-ec", `${mounts}; exec "$@"`, "sh", ...command];
  const child = t.spawn(all, {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(mounts !== undefined && { setup: { namespaces: ["mount"] } }),
  });
  const { code, stdout, stderr } = await finished(child);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Chosen;
}

function fellBack(t: T, told: Chosen, why: RegExp): void {
  const line = told.engines.find(({ name }) => name === t.ENGINE);
  assert.equal(line?.available, false, JSON.stringify(told));
  assert.match(line?.reason ?? "", why);
  assert.deepEqual([told.engine, told.exit], ["vfork", 7]);
  assert.equal(told.refused?.code, "ENOTSUP");
  assert.ok(told.refused?.message.includes(line?.reason ?? "?"), told.refused?.message);
}

const cases: Case[] = [
  ...["all", "container"].map(
    (mode): Case => ({
      name: `under the seccomp filter ${mode} vfork is chosen, and engines() says why`,
      async run(t) {
        fellBack(t, await chosen(t, [path.join(t.plan.build, "seccomp"), mode, "--"]), /errno 1\)/);
      },
    }),
  ),
  {
    name: "where the sysctl is hidden vfork is chosen, and engines() says why",
    async run(t) {
      const told = await chosen(t, [], "mount -t tmpfs none /proc/sys/kernel");
      fellBack(t, told, /no io_uring_spawn.*errno 2\)/);
    },
  },
];
export default cases;
