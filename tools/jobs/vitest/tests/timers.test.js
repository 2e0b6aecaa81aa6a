import { spawn } from "node:child_process";
import { once } from "node:events";

test("a child under timers that stand still", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "setImmediate", "Date", "performance"] });
  const child = spawn("echo", ["still"], { stdio: ["ignore", "pipe", "inherit"] });
  const [chunk] = await once(child.stdout, "data");
  vi.useRealTimers();
  expect(String(chunk)).toBe("still\n");
});
test("a test that fails", () => expect(1).toBe(2));
