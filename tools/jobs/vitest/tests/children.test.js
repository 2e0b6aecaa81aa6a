import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";

test("a child's output", () => {
  expect(execFileSync("echo", ["from a test"], { encoding: "utf8" })).toBe("from a test\n");
});
test("a child's end", async () => {
  expect(await once(spawn("sh", ["-c", "exit 3"]), "exit")).toEqual([3, null]);
});
test("a forked child", async () => {
  const child = fork("echo-child.mjs", { execArgv: [] });
  child.send({ some: "thing" });
  expect((await once(child, "message"))[0]).toEqual({ some: "thing" });
  child.disconnect();
  expect(await once(child, "exit")).toEqual([0, null]);
});
