// A repository from its first commit on: commits, branches, diffs, a merge with conflict, a clone, and an error.
import { writeFileSync } from "node:fs";
import { simpleGit } from "simple-git";

const git = simpleGit({ maxConcurrentProcesses: 2 });
await git.init(["--initial-branch", "main"]);
const commit = async (text, message) => {
  writeFileSync("file.txt", text);
  await git.add("file.txt");
  const { branch, summary } = await git.commit(message);
  return [branch, summary];
};
console.log(await commit("one\n", "first"));
await git.checkoutLocalBranch("side");
console.log(await commit("two\n", "of the side"));
await git.checkout("main");
console.log(await commit("three\n", "of main"));
console.log(
  (await git.log()).all.map(({ message }) => message),
  (await git.branch()).all,
);
console.log(await git.diff(["main", "side"]));
console.log(await git.merge(["side"]).catch((error) => [error.constructor.name, error.git?.conflicts]));
console.log((await git.status()).conflicted);
await git.raw(["merge", "--abort"]);
console.log(await Promise.all([git.revparse(["--abbrev-ref", "HEAD"]), git.show(["side:file.txt"]), git.version()]));
await simpleGit().clone(process.cwd(), "copy");
console.log((await simpleGit("copy").log()).total);
console.log(await git.checkout("no-such-branch").catch((error) => error.message));
const stopped = new AbortController();
const aborting = simpleGit({ abort: stopped.signal }).log();
stopped.abort();
console.log(await aborting.catch((error) => error.constructor.name));
