import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { type Case, finished, type T } from "../harness.ts";
import { assert } from "../tools.ts";

interface Told {
  readonly engine?: string;
  readonly exit?: number;
  readonly error?: { readonly name: string; readonly code: string; readonly message: string };
  readonly engines: readonly { readonly name: string; readonly available: boolean; readonly reason?: string }[];
}

/** A program that tells which engine carried out a spawn with these options, and which error was thrown. */
const PROGRAM = `
import { Command, engines, spawn, spawnSync } from "ringspawn";
const [witness, face, options] = process.argv.slice(2);
const told = {};
try {
  const given = JSON.parse(options);
  if (face === "spawn") {
    const child = spawn([witness, "exit", "7"], { stdout: "ignore", stderr: "ignore", ...given });
    told.engine = child.engine;
    told.exit = await child.exited;
  } else if (face === "output") {
    const output = await new Command(witness, { args: ["exit", "7"], ...given }).output();
    told.engine = output.engine;
    told.exit = output.code;
  } else {
    const result = spawnSync([witness, "exit", "7"], given);
    told.engine = result.engine;
    told.exit = result.exitCode;
  }
} catch ({ name, code, message }) {
  told.error = { name, code, message };
}
told.engines = engines();
console.log(JSON.stringify(told));
`;

/** What a user has after an install: the packages' own files, and nothing of the workspace. */
function install(t: T): { readonly main: string; readonly native: string } {
  const modules = path.join(t.dir, "node_modules");
  const packages = path.join(t.plan.build, "..", "..", "packages");
  let native = "";
  for (const name of ["core", "native-linux", "adapter-node", "ringspawn"]) {
    const from = path.join(packages, name);
    const to = path.join(modules, name === "ringspawn" ? name : `@ringspawn/${name}`);
    fs.mkdirSync(to, { recursive: true });
    fs.copyFileSync(path.join(from, "package.json"), path.join(to, "package.json"));
    for (const part of ["dist", "prebuilds"]) {
      const source = path.join(from, part);
      if (fs.existsSync(source)) fs.cpSync(source, path.join(to, part), { recursive: true });
    }
    if (name === "native-linux") native = path.join(to, "prebuilds");
  }
  const main = path.join(t.dir, "main.mjs");
  fs.writeFileSync(main, PROGRAM);
  const [target] = fs.readdirSync(native);
  return { main, native: path.join(native, target as string, "engine.node") };
}

async function tell(
  t: T,
  main: string,
  {
    flags = [],
    before = [],
    face = "spawn",
    options = {},
    env,
  }: {
    readonly flags?: readonly string[];
    readonly before?: readonly string[];
    readonly face?: "spawn" | "output" | "sync";
    readonly options?: unknown;
    readonly env?: Record<string, string>;
  } = {},
): Promise<Told> {
  const command = [...before, ...t.plan.command, ...flags, main, t.witness, face, JSON.stringify(options)];
  const child = t.spawn(command, {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    ...(env && { env: { ...process.env, ...env } }),
  });
  const { code, signal, stdout, stderr } = await finished(child);
  assert.equal(code, 0, `${String(signal)} ${stderr}`);
  return JSON.parse(stdout) as Told;
}

function reason(told: Told, engine: string): string {
  const line = told.engines.find(({ name }) => name === engine);
  assert.equal(line?.available, false, `${engine} is available`);
  return line?.reason ?? "";
}

function permission(t: T, ...allowed: string[]): string[] {
  const version = execFileSync(t.plan.command[0] as string, ["--version"], { encoding: "utf8" });
  const flag = Number(/^v(\d+)/.exec(version)?.[1]) < 23 ? "--experimental-permission" : "--permission";
  return [flag, "--allow-fs-read=*", ...allowed];
}

const faces = ["spawn", "output", "sync"] as const;

const cases: Case[] = [
  {
    name: "the installed packages choose vfork on an ordinary kernel, and tell why not io_uring",
    async run(t) {
      const { main } = install(t);
      for (const face of faces) {
        const told = await tell(t, main, { face });
        assert.deepEqual([told.engine, told.exit], ["vfork", 7]);
        assert.match(reason(told, "io_uring"), /this kernel has no io_uring_spawn/);
      }
    },
  },
  {
    name: "RINGSPAWN_ENGINE=runtime chooses engine runtime",
    async run(t) {
      const told = await tell(t, install(t).main, { env: { RINGSPAWN_ENGINE: "runtime" } });
      assert.deepEqual([told.engine, told.exit], ["runtime", 7]);
    },
  },
  {
    name: "without engine.node engine runtime is chosen, and the reason names the file",
    async run(t) {
      const { main, native } = install(t);
      fs.rmSync(native);
      for (const face of faces) {
        const told = await tell(t, main, { face });
        assert.deepEqual([told.engine, told.exit], ["runtime", 7]);
        assert.ok(reason(told, "vfork").includes("engine.node"), reason(told, "vfork"));
      }
      const asked = await tell(t, main, { options: { engine: "vfork" } });
      assert.deepEqual([asked.error?.name, asked.error?.code], ["Error", "ENOTSUP"]);
      assert.match(asked.error?.message ?? "", /vfork/);
      const setup = await tell(t, main, { options: { setup: { umask: 0 } } });
      assert.equal(setup.error?.name, "Error");
      assert.match(setup.error?.message ?? "", /setup\.umask/);
    },
  },
  {
    name: "without the directory of prebuilt files engine runtime is chosen",
    async run(t) {
      const { main, native } = install(t);
      fs.rmSync(path.dirname(path.dirname(native)), { recursive: true });
      assert.equal((await tell(t, main)).engine, "runtime");
    },
  },
  {
    name: "with a broken engine.node (garbage, empty, cut off, of another architecture) engine runtime is chosen",
    async run(t) {
      const { main, native } = install(t);
      const whole = fs.readFileSync(native);
      const foreign = Buffer.from(whole);
      foreign.writeUInt16LE(0x2a, 18); // e_machine: SuperH
      for (const bytes of [Buffer.from("garbage\n".repeat(1000)), Buffer.alloc(0), whole.subarray(0, 40), foreign]) {
        fs.rmSync(native);
        fs.writeFileSync(native, bytes);
        const told = await tell(t, main);
        assert.deepEqual([told.engine, told.exit], ["runtime", 7]);
        assert.match(reason(told, "vfork"), /engine\.node/);
        assert.ok(!reason(told, "vfork").includes("\n"), "one sentence");
      }
    },
  },
  {
    name: "with --no-addons engine runtime is chosen",
    async run(t) {
      const told = await tell(t, install(t).main, { flags: ["--no-addons"] });
      assert.deepEqual([told.engine, told.exit], ["runtime", 7]);
      assert.match(reason(told, "vfork"), /addons/);
    },
  },
  {
    name: "permission model: with addons and child processes allowed, vfork is chosen",
    async run(t) {
      const told = await tell(t, install(t).main, { flags: permission(t, "--allow-child-process", "--allow-addons") });
      assert.deepEqual([told.engine, told.exit], ["vfork", 7]);
    },
  },
  {
    name: "permission model: without addons, engine runtime is chosen",
    async run(t) {
      const { main } = install(t);
      const flags = permission(t, "--allow-child-process");
      for (const face of faces) {
        const told = await tell(t, main, { flags, face });
        assert.deepEqual([told.engine, told.exit], ["runtime", 7], JSON.stringify(told));
        assert.match(reason(told, "vfork"), /permission.*addons/);
      }
      const asked = await tell(t, main, { flags, options: { engine: "vfork" } });
      assert.equal(asked.error?.code, "ENOTSUP");
    },
  },
  {
    name: "permission model: without child processes, every start is refused with the runtime's own error",
    async run(t) {
      const { main } = install(t);
      for (const flags of [permission(t), permission(t, "--allow-addons")]) {
        for (const face of faces) {
          for (const options of face === "spawn" ? [{}, { engine: "vfork" }, { engine: "runtime" }] : [{}]) {
            const told = await tell(t, main, { flags, face, options });
            assert.equal(told.error?.code, "ERR_ACCESS_DENIED", JSON.stringify(told));
          }
        }
      }
    },
  },
  ...[
    ["container", "vfork"],
    ["no-pidfd", "runtime"],
    ["no-signal", "runtime"],
  ].map(
    ([mode, engine]): Case => ({
      name: `under the seccomp filter ${mode} engine ${engine} is chosen`,
      async run(t) {
        const { main } = install(t);
        const before = [path.join(t.plan.build, "seccomp"), mode as string, "--"];
        for (const face of faces) {
          const told = await tell(t, main, { before, face });
          assert.deepEqual([told.engine, told.exit], [engine, 7], JSON.stringify(told));
          if (engine === "runtime") assert.match(reason(told, "vfork"), /errno 1\)/);
        }
        // Only clone3 can make a child in a cgroup.
        const cgroup = await tell(t, main, { before, options: { setup: { cgroup: "/sys/fs/cgroup" } } });
        assert.equal(cgroup.error?.code, "ENOTSUP", JSON.stringify(cgroup));
        assert.match(cgroup.error?.message ?? "", /setup\.cgroup/);
      },
    }),
  ),
];
export default cases;
