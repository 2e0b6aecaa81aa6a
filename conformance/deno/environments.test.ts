/** Environments that end while their thread goes on, as under --watch and in Deno's own test runner. */
import fs from "node:fs";
import path from "node:path";
import { inFolder } from "../in-folder.ts";
import { check, deno, equal } from "./run.ts";
import type { Held } from "./self.ts";

/** What an environment has: the engine, its loops and its listener, a child, and the ends of two pipes. */
const FDS = 12;

type Report = readonly [engine: string, held: Held, thread: string];

const imports = `
  import { readlinkSync } from "node:fs";
  import { Command } from "ringspawn";
  import { held } from ${JSON.stringify(new URL("self.ts", import.meta.url).href)};
`;

/** Leaves a child that waits for its input. */
const work = `
  const cat = new Command("cat", { stdin: "piped", stdout: "piped" }).spawn();
  cat.unref();
  await new Command("true").spawn().status;
  const report = JSON.stringify([cat.engine, held(), readlinkSync("/proc/thread-self")]);
`;

/** At most `environments` more than at first are open in the end. */
function isBounded(reports: readonly Report[], environments: number): void {
  for (const [engine] of reports) equal(engine, "vfork");
  const [first, last] = [reports[0], reports.at(-1)].map((report) => report?.[1]) as [Held, Held];
  const most = { fds: FDS * environments, threads: environments + 2, children: environments + 1 };
  for (const what of ["fds", "threads", "children"] as const) {
    check(last[what] <= first[what] + most[what], `${what} grow: ${JSON.stringify(reports)}`);
  }
}

Deno.test("a program that is restarted by --watch leaves nothing of its former run", async () => {
  await inFolder(import.meta.url, async (folder) => {
    const file = path.join(folder, "program.ts");
    const text = `${imports}${work} console.log(report); setInterval(() => {}, 1000);`;
    fs.writeFileSync(file, text);
    const watching = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--watch", file],
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reports: Report[] = [];
    let unread = "";
    // Deno does not see a change that comes before it watches the file.
    let changes = 0;
    const changing = setInterval(() => fs.writeFileSync(file, `${text} // ${changes++}`), 500);
    for await (const piece of watching.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (unread + piece).split("\n");
      unread = lines.pop() as string;
      reports.push(...lines.map((line) => JSON.parse(line) as Report));
      if (reports.length >= 10) watching.kill();
    }
    clearInterval(changing);
    await watching.status;
    reports.splice(10);
    isBounded(reports, 1);
  });
});

Deno.test("the files of a test run leave nothing", async () => {
  await inFolder(import.meta.url, async (folder) => {
    const out = path.join(folder, "out");
    const text = `${imports}
      Deno.test({ name: "one", sanitizeOps: false, sanitizeResources: false, async fn() {
        ${work} Deno.writeTextFileSync(${JSON.stringify(out)}, report + "\\n", { append: true });
      } });
    `;
    for (let i = 10; i < 40; i++) fs.writeFileSync(path.join(folder, `f${i}_test.ts`), text);
    const { code, stderr } = await deno(["test", "-A", "--no-check", folder]);
    equal(code, 0, stderr);
    const lines = fs.readFileSync(out, "utf8").trimEnd().split("\n");
    equal(lines.length, 30);
    // Deno has a pool of threads. What a file leaves is closed when its thread gets another one, or ends.
    const reports = lines.map((line) => JSON.parse(line) as Report);
    const threads = new Set(reports.map(([, , thread]) => thread)).size;
    check(threads < reports.length, "no thread had two files");
    isBounded(reports, threads - 1);
  });
});

Deno.test("what a program does in its last event still works", async () => {
  const program = `${imports}
    import process from "node:process";
    const cat = new Command("cat", { stdin: "piped" }).spawn();
    cat.unref();
    const say = (event) => {
      const { success } = new Command("echo", { args: [event], stdout: "inherit" }).outputSync();
      console.log(success, cat.engine);
    };
    addEventListener("unload", () => say("unload"));
    process.on("exit", () => {
      say("exit");
      cat.kill();
    });
  `;
  await inFolder(import.meta.url, async (folder) => {
    const file = path.join(folder, "program.ts");
    fs.writeFileSync(file, program);
    const { stdout, stderr } = await deno(["run", "-A", "--no-check", file]);
    equal([stdout, stderr], ["unload\ntrue vfork\nexit\ntrue vfork\n", ""]);
  });
});
