/** What the tools need, installed when it is first asked for. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { capture } from "../scripts/stage.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The packages of pnpm-lock.yaml, into node_modules of this directory, by the workspace's own pnpm. */
export async function installPackages() {
  const mark = join(here, "node_modules", ".installed");
  const lock = createHash("sha256")
    .update(readFileSync(join(here, "pnpm-lock.yaml")))
    .digest("hex");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
  const pnpm = join(here, "..", "node_modules", ".bin", "pnpm");
  // CI=true: pnpm must never wait for an answer.
  const env = { ...process.env, CI: "true", PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) };
  const { code, output } = await capture(pnpm, ["install", "--frozen-lockfile"], { cwd: here, env });
  if (code !== 0) throw new Error(`pnpm install failed with status ${code}\n${output}`);
  writeFileSync(mark, lock);
}

/**
 * A program of the machine.
 * @param {string} name as Debian names the package, too
 * @param {boolean} mayInstall
 * @returns {Promise<{ path: string } | { why: string }>} `why` it is not there
 */
export async function machineProgram(name, mayInstall) {
  const find = () => (process.env.PATH ?? "").split(delimiter).find((dir) => existsSync(join(dir, name)));
  let directory = find();
  if (directory === undefined && mayInstall) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    for (const args of [["update"], ["install", "--no-install-recommends", name]]) {
      const { code, output } = await capture("apt-get", ["-q", "-y", ...args], { env });
      if (code !== 0) return { why: `apt-get ${args.join(" ")}: ${output.trim().split("\n").at(-1)}` };
    }
    directory = find();
  }
  if (directory !== undefined) return { path: join(directory, name) };
  return {
    why: `${name} is not on this machine${mayInstall ? "" : ", and only a run by name or of everything installs it"}`,
  };
}
