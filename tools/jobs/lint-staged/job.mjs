// A commit whose staged files are changed by a task, and one that a task stops.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const git = (...args) => execFileSync("git", args, { encoding: "utf8" });
git("init", "--quiet", "--initial-branch", "main");
git("add", "package.json", "task.mjs");
git("commit", "--quiet", "-m", "first");
const staged = (text) => {
  writeFileSync("a.txt", text);
  git("add", "a.txt");
  writeFileSync("a.txt", `${text}unstaged\n`);
  const { status, stdout, stderr } = spawnSync("lint-staged", ["--verbose"], { encoding: "utf8" });
  console.log(status, stdout, stderr);
  console.log(git("show", ":a.txt"), readFileSync("a.txt", "utf8"), git("stash", "list"));
};
staged("some text\n");
git("commit", "--quiet", "-m", "second");
staged("some bad text\n");
