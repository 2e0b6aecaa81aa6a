// Scripts with dependencies: built, found fresh, failed, and one that needs a service.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

process.env.WIREIT_LOGGER = "simple";
for (const script of ["build", "build", "fails", "uses"]) {
  const { status, stdout, stderr } = spawnSync("npm", ["run", script], { encoding: "utf8" });
  console.log(script, status, stdout.split("\n").sort(), stderr.split("\n").sort());
}
console.log(readFileSync("build.out", "utf8"));
