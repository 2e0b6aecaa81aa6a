/**
 * Fails when a run of more than 8 lines stands twice in shipped code: `node scripts/duplicates.mjs`. What counts as
 * shipped stands in .jscpd.json. The last line says how many files were looked at.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { spawnSync } from "node:child_process";

const root = fileURLToPath(new URL("..", import.meta.url));
// jscpd's own report on a terminal has advertisements in it; the one for programs has not.
const out = mkdtempSync(join(tmpdir(), "ringspawn-duplicates-"));
process.on("exit", () => rmSync(out, { recursive: true, force: true }));

const { status, error } = spawnSync("jscpd", ["--config", ".jscpd.json", "--output", out], {
  cwd: root,
  stdio: ["ignore", "ignore", "inherit"],
});
if (error) throw error;
if (status !== 0) throw new Error(`jscpd ended with status ${status}`);

/**
 * @typedef {{ name: string, start: number, end: number }} Place
 * @type {{ duplicates: { firstFile: Place, secondFile: Place, lines: number }[],
 *   statistics: { total: { sources: number } } }}
 */
const { duplicates, statistics } = JSON.parse(readFileSync(join(out, "jscpd-report.json"), "utf8"));
const place = ({ name, start, end }) => `${name}:${start}-${end}`;
for (const { firstFile, secondFile, lines } of duplicates) {
  console.log(`${lines} lines stand twice: ${place(firstFile)} and ${place(secondFile)}`);
}
console.log(`looked at ${statistics.total.sources} files`);
process.exitCode = duplicates.length > 0 || statistics.total.sources === 0 ? 1 : 0;
