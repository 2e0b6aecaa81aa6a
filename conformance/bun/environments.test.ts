/** Evaluations of the package that end while their thread goes on: bun --hot, and bun test --isolate. */
import { test } from "node:test";
import { spawn } from "ringspawn";
import { assert, fs, path } from "../tools.ts";
import { inFolder } from "../in-folder.ts";
import { type Held, run } from "./self.ts";

type Report = readonly [engine: string, held: Held];

/** How often there is a new one. */
const TIMES = 10;

const self = new URL("self.ts", import.meta.url).href;
const work = `
  const child = spawn(["true"]);
  await child.exited;
  for (let i = 0; i < 10; i++) {
    Bun.gc(true);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const report = JSON.stringify([child.engine, held()]);
`;

/** The first and the last ones may be open. */
function isSteady(reports: readonly Report[]): void {
  for (const [engine] of reports) assert.equal(engine, "vfork");
  const [first, last] = [reports[0], reports.at(-1)].map((report) => report?.[1]) as [Held, Held];
  const all = JSON.stringify(reports);
  assert.ok(last.fds <= first.fds + 20 && last.threads <= first.threads + 4, all);
  assert.ok(last.children <= first.children + 1, all);
}

void test("what --hot replaces is closed", { timeout: 60_000 }, async () => {
  await inFolder(import.meta.url, async (folder) => {
    const file = path.join(folder, "program.ts");
    const text = `
      import { spawn } from "ringspawn";
      import { held } from ${JSON.stringify(self)};
      ${work} console.log(report);
      globalThis.alive ??= setInterval(() => {}, 1000);
    `;
    fs.writeFileSync(file, text);
    const hot = spawn([process.execPath, "--hot", "--no-clear-screen", file], { stdout: "pipe", stderr: "ignore" });
    let changes = 0;
    const changing = setInterval(() => fs.writeFileSync(file, `${text} // ${changes++}`), 500);
    let said = "";
    const decoder = new TextDecoder();
    for await (const piece of hot.stdout) {
      said += decoder.decode(piece, { stream: true });
      if (said.split("\n").length > TIMES) hot.kill();
    }
    clearInterval(changing);
    await hot.exited;
    const lines = said.split("\n").slice(0, TIMES);
    isSteady(lines.map((line) => JSON.parse(line) as Report));
  });
});

void test("what the files of bun test --isolate leave is closed", { timeout: 60_000 }, async () => {
  await inFolder(import.meta.url, async (folder) => {
    const out = path.join(folder, "out");
    const text = `
      import { appendFileSync } from "node:fs";
      import { test } from "bun:test";
      import { spawn } from "ringspawn";
      import { held } from ${JSON.stringify(self)};
      test("one", async () => {
        spawn(["cat"], { stdin: "pipe" });
        ${work} appendFileSync(${JSON.stringify(out)}, report + "\\n");
      });
    `;
    for (let i = 0; i < TIMES; i++) fs.writeFileSync(path.join(folder, `f${i}.test.ts`), text);
    const { code, stderr } = await run(["test", "--isolate", folder]);
    assert.equal(code, 0, stderr);
    const lines = fs.readFileSync(out, "utf8").trimEnd().split("\n");
    assert.equal(lines.length, TIMES);
    isSteady(lines.map((line) => JSON.parse(line) as Report));
  });
});
