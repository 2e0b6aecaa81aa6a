/** JavaScript that is cut off while it starts a process, and goes on elsewhere. Neither catch nor finally runs. */
import type { Case, T } from "../harness.ts";
import { assert, children, collector, openFds, until, vm } from "../tools.ts";

/** Calls until a timeout of node:vm ends that. */
function cutOff(ms: number, call: () => unknown): void {
  const cut = (): void => void vm.runInNewContext("while (true) call()", { call }, { timeout: ms });
  assert.throws(cut, { code: "ERR_SCRIPT_EXECUTION_TIMEOUT" });
}

/** Calls at the end of the stack, where there is too little room at first, until it has worked `times` times. */
function atTheEndOfTheStack(times: number, call: () => unknown): void {
  let worked = 0;
  let tried = 0;
  const recurse = (): void => {
    try {
      recurse();
    } catch (error) {
      if (worked < times && tried++ < 5000) {
        try {
          call();
          worked++;
        } catch {
          worked = 0;
        }
      }
      throw error;
    }
  };
  assert.throws(recurse, RangeError);
  assert.equal(worked, times);
}

/** Fails when children or fds stay of what `round` has had cut off. The next start clears away what one has left. */
async function leavesNothing(t: T, round: () => void): Promise<void> {
  // What the runtime's own spawn leaves of such a call nobody else can clear away.
  if (!t.native) return;
  const clear = async (): Promise<void> => {
    await until("no child stays", async () => {
      assert.equal(await t.spawn(["true"]).exited, 0);
      return children().size === 0;
    });
  };
  // In the first round the runtime takes what it keeps.
  round();
  await clear();
  const fds = openFds().size;
  for (let i = 0; i < 3; i++) round();
  await clear();
  const collect = await collector();
  await until("no fd stays", () => {
    // The pipes of a handle that nobody got are closed with it.
    collect();
    return openFds().size <= fds;
  });
}

const cases: Case[] = [
  {
    name: "a spawn that a timeout of node:vm cuts off leaves no child and no fd",
    timeout: 20_000,
    run: (t) =>
      leavesNothing(t, () => {
        const handles: unknown[] = [];
        for (let i = 0; i < 10; i++) cutOff(5, () => handles.push(t.spawn(["true"], { stdin: "ignore" })));
      }),
  },
  {
    name: "a spawnSync that a timeout of node:vm cuts off leaves no child and no fd",
    timeout: 20_000,
    run: (t) => leavesNothing(t, () => cutOff(20, () => t.spawnSync(["sleep", "0.05"]))),
  },
  {
    name: "spawn and spawnSync at the end of the stack leave no child and no fd, and do not hang",
    timeout: 30_000,
    run: (t) =>
      leavesNothing(t, () => {
        // Without pipes: the collector closes those of a handle that nobody got, and may take a stale word of this very
        // stack for the handle.
        const none = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
        atTheEndOfTheStack(5, () => t.spawn(["true"], none));
        atTheEndOfTheStack(5, () => t.spawnSync(["true"], none));
      }),
  },
];

export default cases;
