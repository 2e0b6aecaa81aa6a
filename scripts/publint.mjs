/** Would each package, as it would be packed, work for those who install it? `node scripts/publint.mjs NAME…` */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const folder = fileURLToPath(new URL("../packages", import.meta.url));
let failed = 0;
const names = process.argv.slice(2);
for (const name of names) {
  const pkgDir = join(folder, name);
  const pkg = JSON.parse(readFileSync(join(pkgDir, "package.json"), "utf8"));
  const { messages } = await publint({ pkgDir, pack: "pnpm", level: "warning", strict: true });
  if (messages.length > 0) failed += 1;
  for (const message of messages) console.log(`${name}: ${formatMessage(message, pkg, { color: false })}`);
}
console.log(`${names.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
