/** What the tools need, installed when it is first asked for. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { capture } from "../scripts/stage.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** The packages of package-lock.json, into node_modules of this directory. */
export async function installPackages() {
  const mark = join(here, "node_modules", ".installed");
  const lock = createHash("sha256").update(readFileSync(join(here, "package-lock.json"))).digest("hex");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
  const { code, output } = await capture("npm", ["ci"], { cwd: here, env: cleanEnvironment() });
  if (code !== 0) throw new Error(`npm ci failed with status ${code}\n${output}`);
  writeFileSync(mark, lock);
}

/** npm tells what it starts about itself, and another npm would take that for its settings. */
function cleanEnvironment() {
  const reach = /^npm_config_(registry|@|\/\/|(https?_|no)?proxy$|noproxy$|cafile$|ca$|strict_ssl$|userconfig$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || reach.test(name)));
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
  return { why: `${name} is not on this machine${mayInstall ? "" : ", and only a run by name or of everything installs it"}` };
}
