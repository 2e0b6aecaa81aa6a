/** What one package needs to collect the output of a child: `package.mjs NAME PATH ROUNDS` */
import { packages } from "../peers/packages.mjs";

const [name, path, number] = process.argv.slice(2);
const rounds = Number(number);
const AT_ONCE = 64;

const run = await packages[name]();
let all = 0;
async function once() {
  all++;
  const output = await run(path);
  if (output !== "hi") throw new Error(`lost output: ${output}`);
}

async function perChild(work, count) {
  const before = performance.now();
  await work();
  return ((performance.now() - before) * 1e6) / count;
}

const after = async () => {
  for (let i = 0; i < rounds; i++) await once();
};
const together = async () => {
  for (let i = 0; i < Math.ceil(rounds / AT_ONCE); i++) await Promise.all(Array.from({ length: AT_ONCE }, once));
};

for (let i = 0; i < Math.ceil(rounds / 10); i++) await once();
const readings = {
  "one after another": await perChild(after, rounds),
  "64 at once": await perChild(together, Math.ceil(rounds / AT_ONCE) * AT_ONCE),
};
console.log(JSON.stringify({ readings, own: globalThis.ownSpawns, all }));
