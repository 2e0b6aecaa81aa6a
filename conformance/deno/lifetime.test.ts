/** What keeps a program alive; the program in the README. */
import { fileURLToPath } from "node:url";
import { check, deno, equal, onTerminal } from "./run.ts";
import type { Run } from "./run.ts";

/** "long": the program lived as long as its child. */
const lives: Readonly<Record<string, readonly [long: boolean, said: string]>> = {
  nothing: [false, ""],
  "ref'd": [true, ""],
  "unref'd": [false, ""],
  "unref'd and ref'd again": [true, ""],
  "ref'd and read": [true, "late\n\n"],
  "read, then unref'd": [false, ""],
  "unref'd, then read": [false, ""],
  "awaited at the top": [true, "code 0\n"],
  "unref'd and awaited at the top": [true, "code 0\n"],
  "awaited at the top, and unref'd before that": [true, "code 0\n"],
  "unref'd and read at the top": [true, "late\n\n"],
  "unref'd, its output awaited at the top": [true, "late\n\n"],
  "unref'd and awaited at the top, while another ends": [true, "code 0\n"],
  "output awaited at the top": [true, "late\n\n"],
  "finished, its pipes untouched": [false, "code 0\n"],
  "finished, a grandchild has its pipe": [false, "code 0\n"],
  "unref'd, its end awaited by a program that lives": [true, "code 0\n"],
};

// What is expected of ours is what Deno's own does.
for (const engine of ["own", "vfork", "runtime"]) {
  for (const [name, [long, said]] of Object.entries(lives)) {
    Deno.test(`${engine}: a child that is ${name}`, async () => {
      const [args, env] = engine === "own" ? [[engine], {}] : [[], { RINGSPAWN_ENGINE: engine }];
      const { code, stdout, stderr } = await deno(["run", "-A", "./programs/lives.ts", name, ...args], { env });
      equal([code, stderr], [0, ""]);
      const [, words, ms] = /^([^]*?)(\d+)\n$/.exec(stdout) ?? [];
      equal(words, said);
      check(long === Number(ms) > 450, `it lived ${ms} ms`);
      check(Number(ms) < 3000, `it lived ${ms} ms`);
    });
  }
}

const line =
  'import { Command } from "ringspawn"; const o = await new Command("echo", { args: ["hi"] }).output();' +
  " console.log(new TextDecoder().decode(o.stdout), o.engine);";
const root = fileURLToPath(new URL("../../", import.meta.url));

Deno.test("the one-liner at the root: deno eval", async () => {
  equal(await deno(["eval", line], { cwd: root }), { code: 0, stdout: "hi\n vfork\n", stderr: "" });
});

Deno.test("the one-liner at the root: deno run", async () => {
  const file = await Deno.makeTempFile({ dir: root, prefix: ".one-liner-", suffix: ".mjs" });
  try {
    await Deno.writeTextFile(file, line);
    const run = (...flags: string[]): Promise<Run> => deno(["run", ...flags, file], { cwd: root });
    equal(await run("-A"), { code: 0, stdout: "hi\n vfork\n", stderr: "" });
    const flags = ["--no-prompt", "--allow-run", "--allow-read", "--allow-env"];
    equal(await run(...flags), { code: 0, stdout: "hi\n runtime\n", stderr: "" });
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("without the library: the runtime's engine, and why", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ringspawn-bare-" });
  try {
    // The packages as an install has them, without the native files.
    const own = `${dir}/node_modules/@ringspawn`;
    for (const name of ["core", "native-linux", "adapter-deno"]) await copy(name, `${own}/${name}`);
    await copy("ringspawn", `${dir}/node_modules/ringspawn`);
    const asked = 'import { engines } from "ringspawn"; console.log(engines()[1].reason);';
    await Deno.writeTextFile(`${dir}/line.mjs`, line + asked);
    await Deno.writeTextFile(`${dir}/package.json`, "{}");
    const { code, stdout, stderr } = await deno(["run", "-A", "line.mjs"], { cwd: dir });
    equal([code, stderr], [0, ""]);
    check(/^hi\n runtime\n.*engine\.so could not be loaded: .*No such file/.test(stdout), stdout);
    // Why it could not be loaded is not found out by reading it where that would make Deno prompt.
    await Deno.writeTextFile(`${dir}/load.mjs`, 'import "ringspawn"; console.log("loaded");');
    equal(await onTerminal(["run", "--allow-ffi", "load.mjs"], { cwd: dir }), "loaded\n");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("the command line explains with this runtime's own spawn", async () => {
  const cli = `${root}packages/ringspawn/dist/cli.js`;
  const { code, stdout, stderr } = await deno(["run", "-A", cli, "explain", "--", "true"]);
  equal([code, stderr], [0, ""]);
  check(/^ {2}Deno\.Command: file: "true"/m.test(stdout), stdout);
});

Deno.test("doctor shows the machine's libc, and not the one that this runtime was built on", async () => {
  const cli = `${root}packages/ringspawn/dist/cli.js`;
  const { stdout } = await deno(["run", "-A", cli, "doctor", "--json"]);
  const { stdout: ldd } = await new Deno.Command("ldd", { args: ["--version"] }).output();
  const version = new TextDecoder().decode(ldd).split("\n", 1)[0]?.split(" ").at(-1);
  equal((JSON.parse(stdout) as { libc: string }).libc, `glibc ${version}`);
});

async function copy(name: string, to: string): Promise<void> {
  await Deno.mkdir(`${to}/dist`, { recursive: true });
  const from = `${root}packages/${name}`;
  await Deno.copyFile(`${from}/package.json`, `${to}/package.json`);
  for await (const { name: file, isFile } of Deno.readDir(`${from}/dist`)) {
    if (isFile) await Deno.copyFile(`${from}/dist/${file}`, `${to}/dist/${file}`);
  }
}
