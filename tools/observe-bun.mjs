/** Preloaded into the run without register: writes down what Bun.spawn and Bun.spawnSync are asked to start. */
import { appendFileSync } from "node:fs";

const file = process.env.TOOLS_OBSERVED;
const { spawn, spawnSync } = Bun;

function observed(original) {
  return (...given) => {
    const [first] = given;
    const argv = Array.isArray(first) ? first : first.cmd;
    appendFileSync(file, `${JSON.stringify({ argv })}\n`);
    return Reflect.apply(original, Bun, given);
  };
}
Bun.spawn = observed(spawn);
Bun.spawnSync = observed(spawnSync);
