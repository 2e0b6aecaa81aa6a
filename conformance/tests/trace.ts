import fs from "node:fs";
import path from "node:path";
import { type Case, finished, type T } from "../harness.ts";
import { assert } from "../tools.ts";

const SPAWNS = 20;

/** The lines of strace between the program's marks: of its own threads, and of the children before their exec. */
interface Traced {
  readonly parent: readonly string[];
  readonly child: readonly string[];
}

async function trace(t: T, stdio: "ignore" | "pipe"): Promise<Traced> {
  const log = path.join(t.dir, "strace");
  const script = path.join(t.plan.root, "programs", "node", `twenty${t.plan.extension}`);
  const child = t.spawn(["strace", "-f", "-o", log, ...t.plan.command, script, "vfork", t.witness, stdio], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const { code, stderr } = await finished(child);
  assert.equal(code, 0, stderr);
  const lines = fs.readFileSync(log, "utf8").split("\n");
  const begin = lines.findIndex((line) => line.includes('"/mark/begin"'));
  const end = lines.findIndex((line) => line.includes('"/mark/end"'));
  assert.ok(begin > 0 && end > begin, "the marks are missing in the trace");
  const main = lines[begin]?.split(" ")[0];
  const executed = new Set<string>();
  const threads = new Set(lines.slice(0, begin).map((line) => line.split(" ")[0]));
  const traced = { parent: [] as string[], child: [] as string[] };
  for (const line of lines.slice(begin + 1, end)) {
    const [, pid, call] = /^(\d+) +(?:<\.\.\. )?(\w+)/.exec(line) ?? [];
    // strace shows a call twice when another thread's call came in between.
    if (pid === undefined || call === undefined || line.includes(" resumed>") || /^\d+ +[-+]/.test(line)) continue;
    if (pid === main || threads.has(pid)) traced.parent.push(line);
    else if (!executed.has(pid)) {
      traced.child.push(line);
      if (call === "execve") executed.add(pid);
    }
  }
  assert.equal(executed.size, SPAWNS, "as many children as spawns");
  return traced;
}

function calls(lines: readonly string[], name: RegExp): string[] {
  return lines.filter((line) => name.test(line));
}

/** How often each call is made per spawn. */
function counts(lines: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of lines) {
    const name = /^\d+ +(?:<\.\.\. )?(\w+)/.exec(line)?.[1] ?? "?";
    found.set(name, (found.get(name) ?? 0) + 1 / SPAWNS);
  }
  return found;
}

/** Calls by which threads of the runtime wake each other, or get memory: their number changes from run to run. */
const CHANGING = ["futex", "madvise", "mmap", "munmap", "mprotect", "sched_yield"];

function budget(what: string, lines: readonly string[], limit: number): void {
  const found = counts(lines);
  for (const name of CHANGING) found.delete(name);
  const each = [...found.values()].reduce((sum, count) => sum + count, 0);
  const list = [...found].map(([name, count]) => `${name} ${count.toFixed(1)}`).join(", ");
  assert.ok(each <= limit, `${each.toFixed(1)} system calls of the ${what} for each spawn, ${limit} allowed: ${list}`);
}

// Observed: 13 in the parent without pipes and 20 with one, 9 in the child. The rest is for one more turn of the loop.
const cases: Case[] = [
  {
    name: "every child is made with CLONE_VM and CLONE_VFORK, none by fork",
    needs: ["strace"],
    timeout: 60_000,
    async run(t) {
      const { parent, child } = await trace(t, "ignore");
      const births = calls(parent, /^\d+ +(clone3?|v?fork)\(/);
      assert.equal(births.length, SPAWNS);
      for (const birth of births) {
        assert.match(birth, /^\d+ +clone3?\(/);
        for (const flag of ["CLONE_VM", "CLONE_VFORK", "CLONE_PIDFD"]) assert.ok(birth.includes(flag), birth);
      }
      assert.equal(calls(child, / (clone3?|v?fork)\(/).length, 0, "a child that forks");
    },
  },
  {
    name: "a spawn without pipes makes no more system calls than it should",
    needs: ["strace"],
    timeout: 60_000,
    async run(t) {
      const { parent, child } = await trace(t, "ignore");
      budget("parent", parent, 15);
      budget("child", child, 10);
    },
  },
  {
    name: "a spawn with one pipe makes no more system calls than it should",
    needs: ["strace"],
    timeout: 60_000,
    async run(t) {
      const { parent, child } = await trace(t, "pipe");
      budget("parent", parent, 22);
      budget("child", child, 10);
    },
  },
];
export default cases;
