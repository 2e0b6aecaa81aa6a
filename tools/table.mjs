/** docs/tools.md: what runs on ringspawn, made of the results of a run of everything. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { jobs } from "./tools.mjs";

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const [begin, end] = ["<!-- made by: npm run tools -- --write -->", "<!-- /made -->"];

/**
 * @typedef {object} Result
 * @property {string} name
 * @property {string} runtime
 * @property {string} [notRun] why
 * @property {string[]} [problems]
 * @property {number} [natives]
 * @property {string[]} [reasons]
 */

/** @param {Result[]} results */
export function writeTable(results) {
  const file = here("../docs/tools.md");
  const text = readFileSync(file, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/tools.md has no place for the tables: ${begin} … ${end}`);
  writeFileSync(file, `${text.slice(0, from)}${begin}\n\n${tablesOf(results)}\n\n${text.slice(to)}`);
}

/** @param {Result[]} results */
function tablesOf(results) {
  const versions = [...new Set(results.map(({ runtime }) => runtime))].filter((name) => name.startsWith("node"));
  const rows = jobs.map((job) => {
    const of = results.filter(({ name }) => name === job.name);
    return [job.name, versionsOf(job), ...versions.map((name) => cellOf(of.find(({ runtime }) => runtime === name)))];
  });
  const programs = results.filter(({ runtime }) => !runtime.startsWith("node"));
  return [
    markdown([["tool", "version", ...versions], ...rows]),
    markdown([["program", "children"], ...programs.map((result) => [`\`${result.name}\``, cellOf(result)])]),
  ].join("\n\n");
}

/** @param {Result | undefined} result */
function cellOf(result) {
  if (result === undefined) return "";
  const { notRun, problems = [], natives = 0, reasons = [] } = result;
  if (notRun !== undefined) return "not run";
  if (problems.length > 0) return "**differs**";
  if (reasons.length === 0) return "native";
  return `${natives > 0 ? "native, but for" : "none native:"} ${reasons.join("; ")}`;
}

/**
 * What docs/tools.md says of this job in this runtime, if that is another thing than what came of it.
 *
 * @param {Result} result
 * @returns {string | undefined}
 */
export function staleCell(result) {
  const rows = readFileSync(here("../docs/tools.md"), "utf8")
    .split("\n")
    .map((line) => line.split(" | "));
  const first = result.runtime.startsWith("node") ? result.name : `\`${result.name}\``;
  const row = rows.find(([cell]) => cell === `| ${first}`) ?? [];
  const heads = rows.find(([cell]) => cell === "| tool") ?? [];
  const column = heads.findIndex((head) => head.replace(" |", "") === result.runtime);
  const said = (row[column < 0 ? 1 : column] ?? "").replace(/ \|$/, "");
  return said === cellOf(result) ? undefined : said;
}

/** @param {import("./tools.mjs").Job} job */
function versionsOf(job) {
  const { dependencies } = JSON.parse(readFileSync(here("package.json"), "utf8"));
  const newest = dependencies[job.tool ?? job.name];
  return job.inNode20 === undefined ? newest : `${newest}, in Node 20 ${dependencies[job.inNode20].split("@")[1]}`;
}

/** @param {string[][]} rows */
function markdown([head = [], ...rows]) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
