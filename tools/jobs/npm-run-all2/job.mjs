// npm runs run-s, which runs npm, which runs run-p, which runs npm: every one a Node child of a Node program.
import { spawnSync } from "node:child_process";

for (const script of ["all", "fails"]) {
  const { status, stdout, stderr } = spawnSync("npm", ["run", script], { encoding: "utf8" });
  console.log(status, stdout.split("\n").sort(), stderr);
}
