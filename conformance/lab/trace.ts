import { type Case, finished } from "../harness.ts";
import { assert, fs, path } from "../tools.ts";

const STARTS = 20;

const cases: Case[] = [
  {
    name: "20 starts in one turn take one io_uring_enter and no fork, and strace sees the execve of each child",
    timeout: 60_000,
    async run(t) {
      const log = path.join(t.dir, "strace");
      const script = path.join(t.plan.root, "programs", `burst${t.plan.extension}`);
      const traced = ["strace", "-f", "-s", "4096", "-e", "trace=%file,%process,io_uring_enter", "-o", log];
      const child = t.spawn([...traced, ...t.plan.command, script, t.ENGINE, t.witness, String(STARTS)], {
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
      });
      const { code, stderr } = await finished(child);
      assert.equal(code, 0, stderr);
      const lines = fs.readFileSync(log, "utf8").split("\n");
      const begin = lines.findIndex((line) => line.includes('"/mark/begin"'));
      const end = lines.findIndex((line) => line.includes('"/mark/end"'));
      assert.ok(begin > 0 && end > begin, "the marks are missing in the trace");
      const between = lines.slice(begin + 1, end);

      const submitting = between.filter((line) => /io_uring_enter\(\d+, [1-9]/.test(line));
      assert.equal(submitting.length, 1, `calls that submit:\n${submitting.join("\n")}`);
      // Births of threads are the runtime's own, which may start them at any time.
      const births = between.filter((line) => / (clone3?|v?fork)\(/.test(line) && !line.includes("CLONE_THREAD"));
      assert.deepEqual(births, []);
      const executed = between.filter((line) => line.includes(`execve("${t.witness}", ["${t.witness}", "exit", "7"]`));
      assert.equal(new Set(executed.map((line) => line.split(" ")[0])).size, STARTS, executed.join("\n"));
    },
  },
];
export default cases;
