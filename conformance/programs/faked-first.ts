/** A test framework stops the clocks and timers before the package is loaded. Tells whether children still end. */
import { argv } from "node:process";
import type { EngineName } from "ringspawn";
import { childrenEnd } from "./children-end.ts";

const [engine, , framework] = argv.slice(2) as [EngineName, string, "sinon" | "node:test"];
if (framework === "sinon") {
  const { install } = await import("@sinonjs/fake-timers");
  const timers = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate"] as const;
  install({ toFake: [...timers, "Date", "hrtime", "performance", "queueMicrotask"] });
} else {
  const { mock } = await import("node:test");
  mock.timers.enable();
}
for (const line of await childrenEnd(engine)) console.log(line);
